"""A request's body on its way: written in pieces, each counted and each a sign of progress."""

from __future__ import annotations

import asyncio
import contextlib
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

    Raises TimeoutError in the block it guards.
    """

    def __init__(self, first_s: float, idle_s: float):
        self._timeout = asyncio.timeout(first_s)
        self._idle_s = idle_s
        self._latest: float | None = None
        self._on = False

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        self._on = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The task that writes a body may outlive the block by a moment.
        self._on = False
        await self._timeout.__aexit__(kind, error, trace)

    def progress(self) -> None:
        """Something moved."""
        if self._on and not self._timeout.expired():
            until = asyncio.get_running_loop().time() + self._idle_s
            self._timeout.reschedule(min(until, self._latest or until))

    def within(self, seconds: float) -> None:
        """From now on, no progress buys more than so many seconds in all: answers may drip."""
        self._latest = asyncio.get_running_loop().time() + seconds
        self.progress()


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
