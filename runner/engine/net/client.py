"""Requests out, replies in, over aiohttp: what came back, or how far the request got."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from runner.engine.net.errors import NETWORK_ERRORS, NetworkFailure, describe, reach
from runner.engine.net.resolve import (
    PRIVATE,
    Proxies,
    PublicResolver,
    Resolver,
    addresses,
    is_private,
    proxy_hosts,
)
from runner.engine.net.upload import Body, Watch
from runner.model import Reach, Reply, Request


async def content_of(response: aiohttp.ClientResponse, watch: Watch, max_bytes: int) -> bytes:
    """The whole body, decompressed; raises Broken above `max_bytes` of either."""
    content = bytearray()
    async for piece in response.content.iter_any():
        watch.progress()
        content += piece
        if len(content) > max_bytes:
            raise NetworkFailure(f"the answer is longer than {max_bytes} bytes")
    return decoded(bytes(content), response.headers.get("Content-Encoding", ""), max_bytes)


def decoded(content: bytes, encoding: str, max_bytes: int) -> bytes:
    """A body without its compression, which nobody asked for; raises Broken.

    A few bytes can stand for gigabytes: no more than `max_bytes` are ever unpacked.
    """
    if encoding.strip().lower() in {"", "identity"} or not content:
        return content
    if encoding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        raise NetworkFailure(
            f"the answer is compressed in a way that was not asked for: {encoding!r:.40}"
        )
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by its head
    try:
        unpacked = unpacker.decompress(content, max_bytes + 1)
    except zlib.error as error:
        raise NetworkFailure("the answer's compression is broken") from error
    if len(unpacked) > max_bytes:
        raise NetworkFailure(f"the answer is longer than {max_bytes} bytes")
    if not unpacker.eof:
        raise NetworkFailure("the answer was cut short")
    return unpacked


MIB = 1024 * 1024
REDIRECTS = 5
"""The most that are followed to a file; API calls follow none."""
_HEADERS = {"User-Agent": "vidu-run", "Accept-Encoding": "identity"}


class Http:
    """The program's way to the network, for one event loop; an async context manager.

    `trust_env`: whether proxies are taken from the environment. `idle_timeout_s` limits
    standstill, `connect_timeout_s` name resolution, connection, proxy and TLS together.
    """

    def __init__(
        self, *, trust_env: bool, idle_timeout_s: float = 60, connect_timeout_s: float = 20
    ):
        self._proxies = Proxies() if trust_env else None
        self._idle_s = idle_timeout_s
        self._connect_s = connect_timeout_s
        self._open = AsyncExitStack()
        self._leaving: dict[Body, Watch] = {}
        """The bodies of submissions that are on their way."""

    async def __aenter__(self) -> Self:
        public = PublicResolver(proxy_hosts() if self._proxies else ())
        plain = Resolver()
        # A submission never travels on a connection that a server may just have closed.
        self._submit = await self._session(_connector(plain, force_close=True))
        self._ask = await self._session(_connector(plain))
        # aiohttp would ask again, unseen, when a kept-alive connection has just gone: past the
        # pace of status requests, and in a second layer of retries. There is no public switch.
        self._ask._retry_connection = False  # noqa: SLF001
        # The file hosts' sessions have never seen a key.
        self._files = await self._session(_connector(plain), decompress=True)
        self._public = await self._session(_connector(public), decompress=True)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._open.aclose()

    async def _session(
        self, connector: aiohttp.TCPConnector, *, decompress: bool = False
    ) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            timeout=aiohttp.ClientTimeout(total=None, connect=self._connect_s),
            auto_decompress=decompress,
            trust_env=False,
        )
        return await self._open.enter_async_context(session)

    async def send(self, request: Request, *, submission: bool, max_bytes: int = 8 * MIB) -> Reply:
        """Send a request once and read its whole answer; trouble is told in the reply.

        Nothing is sent twice: `submission` takes a connection of its own, and aiohttp's second
        try of a GET is off. Redirects are not followed: they would carry the key to another
        host. An answer above `max_bytes` is no answer.
        """
        watch = Watch(self._connect_s + self._idle_s, self._idle_s)
        body = Body(request.body, watch) if request.body else None
        session = self._submit if submission else self._ask
        if submission and body is not None:
            self._leaving[body] = watch
        try:
            async with watch:
                reply = await self._exchange(session, request, body, watch, max_bytes)
        except NETWORK_ERRORS as error:
            handed, announced = (body.handed, body.announced) if body else (0, 0)
            return Reply(reach=reach(error, handed, announced), trouble=describe(error))
        finally:
            if body is not None:
                self._leaving.pop(body, None)
        return _unheard(reply) if body and body.handed < body.announced else reply

    def recall(self) -> int:
        """Take back the submissions that have not left in full, as not sent; their number.

        They end at once, also while a host's name is looked up or a connection is made.
        """
        early = [watch for body, watch in self._leaving.items() if body.handed < body.announced]
        for watch in early:
            watch.end()
        return len(early)

    async def _exchange(
        self,
        session: aiohttp.ClientSession,
        request: Request,
        body: Body | None,
        watch: Watch,
        max_bytes: int,
    ) -> Reply:
        url = URL(request.url, encoded=True)
        async with session.request(
            request.method,
            url,
            headers=request.headers,
            data=body,
            allow_redirects=False,
            proxy=self._proxy(url),
        ) as response:
            watch.within(5 * self._idle_s)
            content = await content_of(response, watch, max_bytes)
            if session is self._submit:
                response.close()  # ends the writing of a body that was answered early
            return Reply(
                reach=Reach.ANSWERED,
                status=response.status,
                headers=_lowered(response.headers),
                body=content,
            )

    def _proxy(self, url: URL) -> URL | None:
        return self._proxies.of(url) if self._proxies else None

    async def is_near(self, base_url: str) -> bool:
        """Whether an API lives at a private address; its results may then do so as well."""
        url = URL(base_url, encoded=True)
        if not url.host or is_private(url.host):
            return bool(url.host)
        try:
            async with asyncio.timeout(self._connect_s):
                found = await addresses(url.host, url.port)
        except (OSError, ValueError):  # TimeoutError is an OSError; ValueError: no host name
            return False
        return any(is_private(address) for address in found)

    @asynccontextmanager
    async def get(
        self, url: str, *, private: bool = False, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A file's streamed response, asked for byte for byte as `url` stands, without any key.

        Follows redirects. Raises one of `trouble.BROKEN`, also for an address that is not http
        or, without `private`, one of this machine or its network. Limits connecting only: the
        reader limits standstill.
        """
        session = self._files if private else self._public
        at = URL(url, encoded=True)
        for _ in range(REDIRECTS + 1):
            if at.scheme not in {"http", "https"} or not at.host:
                raise NetworkFailure("the address of the file is neither http nor https")
            if not private and is_private(at.host):
                raise NetworkFailure(PRIVATE)
            async with session.get(
                at, headers=headers, allow_redirects=False, proxy=self._proxy(at)
            ) as response:
                to = response.headers.get("Location")
                if response.status not in {301, 302, 303, 307, 308} or not to:
                    yield response
                    return
                at = at.join(URL(to, encoded=True))
        raise NetworkFailure(f"more than {REDIRECTS} redirects")


def _connector(resolver: Resolver, *, force_close: bool = False) -> aiohttp.TCPConnector:
    """As many connections as are asked for: what is under way is limited elsewhere."""
    return aiohttp.TCPConnector(limit=0, resolver=resolver, force_close=force_close)


def _unheard(reply: Reply) -> Reply:
    """An answer to a request that was not sent in full: a server's failure then leaves no doubt."""
    if reply.status == 408 or reply.status >= 500:
        trouble = f"HTTP {reply.status} came before the request was sent in full"
        return Reply(reach=Reach.NOT_SENT, status=reply.status, trouble=trouble)
    return reply


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Names in lower case; of a header that comes twice, the first."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        found.setdefault(name.lower(), value)
    return found
