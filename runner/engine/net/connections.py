"""Connections of submissions: each carries one request, and some are open before it is there.

A new connection takes two or three round trips before its request arrives, one each for TCP and
TLS. At the distance of a real provider a place in flight is empty for so long. So connections are
opened ahead and wait, for a few seconds at most, with nothing sent on them but the handshake.
"""

from __future__ import annotations

import asyncio
import math
import select
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from runner.timestamps import suspended_s

READY_S = 5.0
"""Age at which an unused connection is closed; servers wait longer than that for a request."""
RENEW_SHARE = 0.2
"""The last part of that age, in which another one is opened to follow it without a gap."""
SUSPENDED_S = 1.0
"""A longer suspension of the machine ends them; less is the time between two readings."""
MAX_AHEAD = 16
"""Connections to one server that wait for a request, or are being opened for one."""
NEAR_S = 0.01
"""A server whose connections open within this time is near: opening ahead would gain nothing."""


@dataclass(slots=True, eq=False)
class _Ahead:
    """A connection without a request, open or being opened."""

    opening: asyncio.Task[Connection]
    expires_at: float = math.inf
    """When it is closed, on the event loop's clock; infinite before it is open."""


@dataclass(slots=True, kw_only=True)
class _Server:
    """What is known of one server, and the connections to it that have no request yet."""

    ahead: deque[_Ahead] = field(default_factory=deque)
    """The first one begun is used first: a server may handle them one at a time, in this order."""
    setup_s: float = math.inf
    """How long the latest connection took to open; infinite before the first."""
    keeps: bool = True
    """Whether idle connections do no harm, by the latest answer. They do to a server that closes
    each connection after an answer: it may handle one at a time, and wait for a request on ours."""


class SubmissionConnector(aiohttp.TCPConnector):
    """Gives each submission a connection that has never carried a request; for one event loop.

    Not for use with a proxy, whose connections are left to aiohttp.
    """

    def __init__(
        self,
        resolver: AbstractResolver,
        timeout: aiohttp.ClientTimeout,
        ready_s: float = READY_S,
        suspended_s: Callable[[], float] = suspended_s,
    ) -> None:
        super().__init__(limit=0, resolver=resolver, force_close=True)
        self._timeout = timeout
        self._ready_s = ready_s
        self._suspended_s = suspended_s
        self._suspended_before_s = suspended_s()
        self._servers: defaultdict[URL, _Server] = defaultdict(_Server)
        """By the origin of their addresses."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's signature
    ) -> Connection:
        """Return the oldest connection that was opened ahead and is unused, or else a new one."""
        if req.proxy is not None:
            return await super().connect(req, traces, timeout)
        self._discard_after_suspension()
        server = self._servers[req.url.origin()]
        while server.ahead:
            opening = server.ahead.popleft().opening
            if opening.done() and _failed(opening):
                continue  # that was then
            connection = await _opened(opening)
            if _is_unused(connection):
                return connection
            connection.close()
        return await self._open(server, req)

    def open_ahead(self, url: URL, count: int) -> None:
        """Have at least `count` connections, up to `MAX_AHEAD`, wait for submissions to `url`.

        One that is about to be closed does not count, so that whoever asks again and again never
        finds all of them gone at once.
        """
        server = self._servers[url.origin()]
        if not server.keeps or server.setup_s < NEAR_S:
            return
        loop = asyncio.get_running_loop()
        old_at = loop.time() + RENEW_SHARE * self._ready_s
        lasting = sum(each.expires_at > old_at for each in server.ahead)
        for _ in range(lasting, min(count, MAX_AHEAD)):
            request = aiohttp.ClientRequest("POST", url, loop=loop)
            ahead = _Ahead(loop.create_task(self._open(server, request)))
            ahead.opening.add_done_callback(partial(self._wait_for_request, server, ahead))
            server.ahead.append(ahead)

    def setup_s(self, url: URL) -> float:
        """Seconds that the latest connection took to open; infinite before the first."""
        return self._servers[url.origin()].setup_s

    def note_answer(self, url: URL, *, keeps: bool) -> None:
        """Note whether the server keeps a connection open after an answer."""
        server = self._servers[url.origin()]
        server.keeps = keeps
        if not keeps:
            _discard(server.ahead)

    def discard_ahead(self) -> None:
        """Close every connection without a request."""
        for server in self._servers.values():
            _discard(server.ahead)

    def _discard_after_suspension(self) -> None:
        """Close what was opened before the machine was suspended, if it was."""
        # Its age is wrong, and its end may have been sent while nobody was there to receive it.
        before_s, self._suspended_before_s = self._suspended_before_s, self._suspended_s()
        if self._suspended_before_s - before_s > SUSPENDED_S:
            self.discard_ahead()

    async def _open(self, server: _Server, request: aiohttp.ClientRequest) -> Connection:
        loop = asyncio.get_running_loop()
        began = loop.time()
        connection = await super().connect(request, [], self._timeout)
        server.setup_s = loop.time() - began
        return connection

    def _wait_for_request(
        self, server: _Server, ahead: _Ahead, opening: asyncio.Task[Connection]
    ) -> None:
        """Limit the time for which a connection waits."""
        if ahead not in server.ahead:
            return
        if _failed(opening):
            # Not an error yet: a submission opens its own connection, and reports its failure.
            server.keeps = False
            server.ahead.remove(ahead)
            return
        loop = asyncio.get_running_loop()
        ahead.expires_at = loop.time() + self._ready_s
        loop.call_at(ahead.expires_at, _expire, server.ahead, ahead)


def _failed(opening: asyncio.Task[Connection]) -> bool:
    """Whether an attempt that is over has opened nothing."""
    return opening.cancelled() or opening.exception() is not None


def _expire(waiting: deque[_Ahead], ahead: _Ahead) -> None:
    if ahead in waiting:
        waiting.remove(ahead)
        ahead.opening.result().close()


def _discard(waiting: deque[_Ahead]) -> None:
    while waiting:
        _close(waiting.popleft().opening)


def _close(opening: asyncio.Task[Connection]) -> None:
    if not opening.done():
        opening.cancel()
    elif not _failed(opening):
        opening.result().close()


async def _opened(task: asyncio.Task[Connection]) -> Connection:
    """Wait for a connection; a cancelled caller leaves none open."""
    try:
        return await task
    except asyncio.CancelledError:
        # The task may have ended in the same turn of the loop, then nobody else closes it.
        _close(task)
        raise


def _is_unused(connection: Connection) -> bool:
    """Whether nothing has come on a connection since it was opened, neither bytes nor its end.

    A server that gave up waiting has sent a 408 or closed it: a request would be lost, and with it
    the knowledge whether it arrived.
    """
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or connection.closed or protocol.should_close:
        return False
    # What has arrived by now, but was not read by the event loop yet.
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return not poll.poll(0)
