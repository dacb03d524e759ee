"""A request's body on its way: written in pieces, each counted and each a sign of progress."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
from types import TracebackType
from typing import Self, cast

from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import StreamWriter
from aiohttp.payload import Payload

PIECE = 64 * 1024
"""Bytes written at a time."""


class Watch:
    """A time limit on standstill: it starts anew at every sign of progress.

    Raises TimeoutError in the block it guards. Progress is frequent and costs no timer: the one
    that runs looks, when it is due, whether there was any.
    """

    def __init__(self, first_s: float, idle_s: float):
        self._loop = asyncio.get_running_loop()
        self._timeout = asyncio.timeout(None)
        self._idle_s = idle_s
        self._until = self._loop.time() + first_s
        self._latest = math.inf
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        # Not later than any progress may make it due.
        self._look_at(min(self._until, self._loop.time() + self._idle_s))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The task that writes a body may outlive the block by a moment.
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        await self._timeout.__aexit__(kind, error, trace)

    def progress(self) -> None:
        """Something moved."""
        self._until = min(self._loop.time() + self._idle_s, self._latest)

    def within(self, seconds: float) -> None:
        """From now on, no progress buys more than so many seconds in all: answers may drip."""
        self._latest = self._loop.time() + seconds
        self.progress()
        if self._timer is not None and self._until < self._timer.when():
            self._look_at(self._until)

    def end(self) -> None:
        """Raise the TimeoutError now."""
        if self._timer is not None and not self._timeout.expired():
            self._timeout.reschedule(self._loop.time())

    def _look(self) -> None:
        """End the block where nothing moved for too long, otherwise look again when it may be."""
        if self._loop.time() < self._until:
            self._look_at(self._until)
        else:
            self.end()

    def _look_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._look)


class Body(Payload):
    """A body that knows how many of its bytes the transport was given."""

    def __init__(self, content: bytes, watch: Watch):
        super().__init__(content)
        self._size = len(content)
        self._watch = watch
        self.handed = 0
        """Bytes given to the transport: from then on they may arrive."""

    @property
    def announced(self) -> int:
        """Bytes of the whole body."""
        return len(self._value)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The body as text, for aiohttp's own use."""
        return bytes(self._value).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Hand the body over piece by piece; aiohttp calls this once a connection is made."""
        stream = cast("StreamWriter", writer)
        _keep_queue_short(stream)
        self._watch.progress()
        content = memoryview(self._value)
        for start in range(0, len(content), PIECE):
            piece = content[start : start + PIECE]
            transport = stream.transport
            if transport is None or transport.is_closing():
                raise ConnectionResetError("closed before the body was written")
            # Nothing is awaited between this count and the hand-over inside write().
            self.handed += len(piece)
            await stream.write(piece)
            self._watch.progress()


def _keep_queue_short(writer: StreamWriter) -> None:
    """Let the kernel queue little that is unsent, so that a written piece is one that moved.

    Otherwise megabytes would seem gone at once, and a slow uplink like an answer that stays out.
    """
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)  # Linux and macOS have it
    transport = writer.transport
    connection = transport.get_extra_info("socket") if transport is not None else None
    if option is not None and connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, option, PIECE)
