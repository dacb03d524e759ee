"""HTTP client: sends a request once, and reports the answer or how far the request got."""

from __future__ import annotations

import asyncio
import socket
import string
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import lru_cache
from typing import Self
from urllib.parse import quote

import aiohttp
from yarl import URL

from runner.engine.net import heads, resolve
from runner.engine.net.bodies import is_json, unpacked
from runner.engine.net.connections import SubmissionConnector
from runner.engine.net.errors import NETWORK_ERRORS, NetworkFailure, describe, reach
from runner.engine.net.exchange import Exchange, Purpose, Report
from runner.engine.net.upload import CountedBody, IdleTimeout
from runner.model.requests import Reach, Reply, Request

MIB = 1024 * 1024
MAX_REDIRECTS = 5  # to a file; API calls follow none
CONNECT_LIMIT_S = 20.0
_URL_SAFE = string.punctuation
"""Characters that a URL keeps as they are; letters and digits it keeps anyway."""
_HEADERS = {"User-Agent": "vidu-run", "Accept-Encoding": "identity"}


class HttpClient:
    """All HTTP of one event loop; an async context manager.

    `trust_env`: whether proxies are taken from the environment. `idle_timeout_s` limits the time
    without progress, `connect_timeout_s` name lookup, connection, proxy and TLS together. `report`
    is called with each exchange, and must not block.
    """

    def __init__(
        self,
        *,
        trust_env: bool,
        idle_timeout_s: float = 60,
        connect_timeout_s: float = CONNECT_LIMIT_S,
        report: Report = lambda _exchange: None,
    ):
        self._report = report
        self._trust_env = trust_env
        self._proxy_for = lru_cache(maxsize=1024)(resolve.proxy_for)
        self._idle_s = idle_timeout_s
        self._connect_s = connect_timeout_s
        self._timeout = aiohttp.ClientTimeout(total=None, connect=connect_timeout_s)
        self._open = AsyncExitStack()
        self._sending: set[CountedBody] = set()
        """The bodies of submissions without an answer."""

    async def __aenter__(self) -> Self:
        self._connections = SubmissionConnector(resolve.Resolver(), self._timeout)
        self._submit = await self._session(self._connections)
        self._open.callback(self._connections.discard_ahead)
        self._ask = await self._session(_pooled(resolve.Resolver()))
        # aiohttp would send a GET again when a kept-alive connection has just closed: outside the
        # rate of status requests, as a second layer of retries. There is no public switch.
        self._ask._retry_connection = False  # noqa: SLF001
        # Sessions of their own for file hosts: no key ever passes through them.
        self._files = await self._session(_pooled(resolve.Resolver()))
        exempt = resolve.proxy_hosts() if self._trust_env else ()
        self._public = await self._session(_pooled(resolve.PublicResolver(exempt)))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def _session(self, connector: aiohttp.BaseConnector) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            timeout=self._timeout,
            auto_decompress=False,  # see `bodies`
            max_line_size=heads.MAX_HEADER,
            max_field_size=heads.MAX_HEADER,
            trust_env=False,
        )
        heads.accept_equal_lengths(session)
        return await self._open.enter_async_context(session)

    async def send(
        self,
        request: Request,
        *,
        submission: bool,
        max_bytes: int = 8 * MIB,
        idle_s: float | None = None,
        may_send: Callable[[], bool] = lambda: True,
    ) -> Reply:
        """Send a request once and read its whole answer; a network error is part of the reply.

        Nothing is sent twice: a `submission` uses a connection that has carried no request before,
        and aiohttp's retry of a GET is off. Redirects are not followed: they would take the key to
        another host. An answer above `max_bytes` counts as none. `idle_s`: the limit on the time
        without progress, where it is not the client's. `may_send` is asked before each piece of
        the body leaves; where it is false, the request ends there, as not sent.
        """
        purpose, began = Purpose.SUBMISSION if submission else Purpose.QUERY, time.monotonic()
        reply = await self._send(
            request,
            submission=submission,
            max_bytes=max_bytes,
            idle_s=idle_s or self._idle_s,
            may_send=may_send,
        )
        self._report_since(began, purpose, request, reply)
        return reply

    def _report_since(self, began: float, purpose: Purpose, request: Request, reply: Reply) -> None:
        seconds = time.monotonic() - began
        self._report(Exchange(purpose=purpose, request=request, reply=reply, seconds=seconds))

    async def _send(
        self,
        request: Request,
        *,
        submission: bool,
        max_bytes: int,
        idle_s: float,
        may_send: Callable[[], bool],
    ) -> Reply:
        idle = IdleTimeout(self._connect_s + idle_s, idle_s)
        body = CountedBody(request.body, idle, may_send) if request.body else None
        session = self._submit if submission else self._ask
        if submission and body:
            self._sending.add(body)
        try:
            async with idle:
                reply = await self._exchange(session, request, body, idle, max_bytes)
        except NETWORK_ERRORS as error:
            handed, announced = (body.handed, body.announced) if body else (0, 0)
            return Reply(reach=reach(error, handed, announced), error=describe(error))
        finally:
            if body:
                self._sending.discard(body)
        # A server error before the request was sent in full is what it looks like: not sent.
        if body and not body.is_sent and (reply.status == 408 or reply.status >= 500):
            text = f"HTTP {reply.status} came before the request was sent in full"
            return Reply(reach=Reach.NOT_SENT, status=reply.status, error=text)
        return reply

    def open_ahead(self, base_url: str, count: int) -> None:
        """Have at least `count` connections wait for submissions to an API, where that gains time.

        Not through a proxy.
        """
        url = URL(base_url, encoded=True)
        if self._proxy(url) is None:
            self._connections.open_ahead(url, count)

    def setup_s(self, base_url: str) -> float:
        """Seconds that the latest connection for a submission took to open; infinite before."""
        return self._connections.setup_s(URL(base_url, encoded=True))

    def abort_unsent(self) -> int:
        """Abort the submissions that are not sent in full, as not sent; returns how many.

        They end at once, even during a name lookup or while a connection is made.
        """
        unsent = [body for body in self._sending if not body.is_sent]
        for body in unsent:
            body.idle.expire()
        return len(unsent)

    async def _exchange(
        self,
        session: aiohttp.ClientSession,
        request: Request,
        body: CountedBody | None,
        idle: IdleTimeout,
        max_bytes: int,
    ) -> Reply:
        url = URL(request.url, encoded=True)
        async with session.request(
            request.method,
            url,
            # Asked of submissions, too, although theirs is closed: the answer shows what kind of
            # server this is, see `SubmissionConnector`.
            headers={**request.headers, "Connection": "keep-alive"},
            data=body,
            allow_redirects=False,
            proxy=self._proxy(url),
        ) as response:
            # The answer has begun: a provider that drips must not hold a place in flight.
            idle.limit_total(5 * self._idle_s)
            self._connections.note_answer(url, keeps=_keeps_open(response))
            content = await _content_of(response, idle, max_bytes)
            if session is self._submit:
                response.close()  # ends the writing of a body that was answered early
            return Reply(
                reach=Reach.ANSWERED,
                status=response.status,
                # The first of those that come twice.
                headers={name.lower(): response.headers[name] for name in response.headers},
                body=content,
            )

    def _proxy(self, url: URL) -> URL | None:
        return self._proxy_for(url.scheme, url.host or "", url.port) if self._trust_env else None

    async def is_private_api(self, base_url: str) -> bool:
        """Whether an API has a private address; the URLs of its results may then have one too."""
        url = URL(base_url, encoded=True)
        if not url.host or resolve.is_private(url.host):
            return bool(url.host)
        try:
            async with asyncio.timeout(self._connect_s):
                resolver = resolve.Resolver()
                found = await resolver.resolve(url.host, url.port or 0, socket.AF_UNSPEC)
        except (OSError, ValueError):  # TimeoutError is an OSError; ValueError: no host name
            return False
        return any(resolve.is_private(row["host"]) for row in found)

    @asynccontextmanager
    async def get(
        self, url: str, *, private: bool = False
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Stream a file from exactly `url`, without any key; follows redirects.

        Raises one of `errors.NETWORK_ERRORS`, also for an address that is not http or, unless
        `private`, one of this machine or its network. Only connecting has a time limit here: the
        reader limits the time without progress.
        """
        session = self._files if private else self._public
        address = URL(url, encoded=True)
        for _ in range(MAX_REDIRECTS + 1):
            if address.scheme not in {"http", "https"} or not address.host:
                raise NetworkFailure("the address of the file is neither http nor https")
            # A literal address is never looked up, so the resolver does not see it.
            if not private and resolve.is_private(address.host):
                raise NetworkFailure(resolve.PRIVATE)
            async with await self._get_once(session, address) as response:
                location = response.headers.get("Location")
                if response.status not in {301, 302, 303, 307, 308} or not location:
                    yield response
                    return
                address = address.join(URL(_encoded(location), encoded=True))
        raise NetworkFailure(f"more than {MAX_REDIRECTS} redirects")

    async def _get_once(
        self, session: aiohttp.ClientSession, address: URL
    ) -> aiohttp.ClientResponse:
        request, began = Request(method="GET", url=str(address), headers={}), time.monotonic()
        try:
            proxy = self._proxy(address)
            response = await session.get(address, allow_redirects=False, proxy=proxy)
        except NETWORK_ERRORS as error:
            reply = Reply(reach=reach(error, 0, 0), error=describe(error))
            self._report_since(began, Purpose.FILE, request, reply)
            raise
        reply = Reply(reach=Reach.ANSWERED, status=response.status)
        self._report_since(began, Purpose.FILE, request, reply)
        return response


def _encoded(location: str) -> str:
    """A `Location` with what no URL can contain percent-encoded, whatever its bytes are."""
    raw = location.encode("utf-8", "surrogateescape")  # as aiohttp has decoded it
    return quote(raw, safe=_URL_SAFE)


def _pooled(resolver: resolve.Resolver) -> aiohttp.TCPConnector:
    # Without a limit: how much is sent at once is limited elsewhere.
    return aiohttp.TCPConnector(limit=0, resolver=resolver)


def _keeps_open(response: aiohttp.ClientResponse) -> bool:
    """Whether the server keeps the connection open after this answer (RFC 9112, 9.3)."""
    keeps = response.version == aiohttp.HttpVersion11
    return keeps and response.headers.get("Connection", "").lower() != "close"


async def _content_of(response: aiohttp.ClientResponse, idle: IdleTimeout, max_bytes: int) -> bytes:
    """Read a whole body, decompressed; raises NetworkFailure above `max_bytes`."""
    content = bytearray()
    async for size, pieces in unpacked(response, is_json):
        if size:
            idle.progress()
        for piece in pieces:
            content += piece
            # `Content-Length` may be missing or wrong, and a few bytes can expand to gigabytes.
            if len(content) > max_bytes:
                raise NetworkFailure(f"the answer is longer than {max_bytes} bytes")
    return bytes(content)
