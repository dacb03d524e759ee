"""Uploads: a request body that counts its written bytes, and a limit on the idle time."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self, cast

from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import StreamWriter
from aiohttp.payload import Payload

PIECE = 64 * 1024  # bytes written at once
STALL_S = 20.0
"""Long before the limit: whoever waits wants to know what for."""


class IdleTimeout:
    """A time limit on a block that makes no progress; raises TimeoutError in it."""

    def __init__(
        self, first_s: float, idle_s: float, *, on_stall: Callable[[], None] | None = None
    ):
        """`first_s` limits the time until the first progress, `idle_s` that between two.

        `on_stall` is called once there was no progress for `STALL_S`.
        """
        self._on_stall = on_stall
        self._stall: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._timeout = asyncio.timeout(first_s)
        self._idle_s = idle_s
        self._latest = math.inf
        self._is_active = False

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        self._is_active = True
        self._watch_for_stall()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The task that writes a body may outlive the block for a moment.
        self._is_active = False
        self._watch_for_stall()
        await self._timeout.__aexit__(kind, error, trace)

    def progress(self) -> None:
        """Restart the limit."""
        self._watch_for_stall()
        self._end_at(min(self._loop.time() + self._idle_s, self._latest))

    def _watch_for_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
        if self._on_stall is not None and self._is_active:
            self._stall = self._loop.call_later(STALL_S, self._on_stall)

    def limit_total(self, seconds: float) -> None:
        """Let progress extend the limit no further than so far from now: answers may drip."""
        self._latest = self._loop.time() + seconds
        self.progress()

    def expire(self) -> None:
        """Raise the TimeoutError now."""
        self._end_at(self._loop.time())

    def _end_at(self, when: float) -> None:
        if self._is_active and not self._timeout.expired():
            self._timeout.reschedule(when)


class CountedBody(Payload):
    """A request body that knows how many of its bytes the transport was given."""

    def __init__(
        self, content: bytes, idle: IdleTimeout, may_send: Callable[[], bool] = lambda: True
    ):
        """`may_send` is asked before each piece: a request that lacks one has not arrived."""
        super().__init__(content)
        self._may_send = may_send
        self.announced = self._size = len(content)
        """Bytes of the whole body."""
        self.idle = idle
        self.handed = 0
        """Bytes given to the transport: these may arrive."""

    @property
    def is_sent(self) -> bool:
        """Whether the transport was given the whole body."""
        return self.handed >= self.announced

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The body as text, for aiohttp."""
        return bytes(self._value).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write the body piece by piece; aiohttp calls this once there is a connection."""
        stream = cast("StreamWriter", writer)
        _keep_queue_short(stream)
        self.idle.progress()
        content = memoryview(self._value)
        for start in range(0, len(content), PIECE):
            piece = content[start : start + PIECE]
            transport = stream.transport
            if transport is None or transport.is_closing():
                raise ConnectionResetError("closed before the body was written")
            if not self._may_send():
                raise ConnectionAbortedError("held back before the body was written")
            # Counted first: nothing is awaited between this line and the write itself.
            self.handed += len(piece)
            await stream.write(piece)
            self.idle.progress()


def _keep_queue_short(writer: StreamWriter) -> None:
    """Let the kernel queue little unsent data, so that a written piece is real progress.

    Otherwise megabytes would seem sent at once, and a slow uplink like a missing answer.
    """
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)  # Linux and macOS have it
    transport = writer.transport
    connection = transport.get_extra_info("socket") if transport is not None else None
    if option is not None and connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, option, PIECE)
