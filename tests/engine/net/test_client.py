"""Requests over real sockets: what came back, and how far they got when nothing did."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import ssl
import subprocess
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeAlias, TypeVar

import pytest

from runner.engine.net.client import HttpClient
from runner.model.requests import Reach, Reply, Request

T = TypeVar("T")
Handle: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serving: TypeAlias = Callable[..., AbstractAsyncContextManager[int]]
Exchange: TypeAlias = Callable[..., Reply]
KEY = "vda_secret_0123456789"
LARGE = b"x" * 20_000_000
"""More than the buffers between two sockets hold."""


async def head_of(reader: asyncio.StreamReader) -> tuple[bytes, int]:
    """A request's head and the length of body it announces."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    return head, int(lengths[0].split(b":")[1]) if lengths else 0


async def take(reader: asyncio.StreamReader) -> bytes:
    """A whole request; its head."""
    head, length = await head_of(reader)
    await reader.readexactly(length)
    return head


def answer(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def request(
    port: int, *, method: str = "POST", body: bytes | None = b"{}", tls: bool = False
) -> Request:
    return Request(
        method=method,
        url=f"http{'s' if tls else ''}://127.0.0.1:{port}/x",
        headers={"Authorization": f"Token {KEY}"},
        body=body,
    )


def run(main: Coroutine[None, None, T]) -> T:
    return asyncio.run(main)


@pytest.fixture
def exchange(serving: Serving) -> Callable[..., Reply]:
    """Send one request to a server that `handle` makes; the reply."""

    def one(
        handle: Handle,
        *,
        body: bytes = b"{}",
        idle_s: float = 10,
        receive_buffer: int | None = None,
    ) -> Reply:
        async def main() -> Reply:
            async with (
                serving(handle, receive_buffer=receive_buffer) as port,
                HttpClient(trust_env=False, idle_timeout_s=idle_s) as http,
            ):
                sent = request(port, body=body)
                return await http.send(sent, submission=True, max_bytes=2**20)

        return run(main())

    return one


def replying(
    *pieces: bytes,
) -> Handle:
    """A server that takes the whole request and then writes `pieces`, and closes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await take(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return handle


# ---------------------------------------------------------------------------------- answered


def test_an_answer_is_read_whole(exchange: Exchange) -> None:
    reply = exchange(replying(answer(b'{"a":1}', "201 Created", "X-Trace: t", "X-Trace: u")))
    assert (reply.reach, reply.status, reply.body) == (Reach.ANSWERED, 201, b'{"a":1}')
    assert reply.headers["x-trace"] == "t"
    assert reply.error == ""


@pytest.mark.parametrize("status", ["302 Found", "400 Bad", "429 Slow", "500 Oh", "503 No"])
def test_every_status_is_an_answer(exchange: Exchange, status: str) -> None:
    reply = exchange(replying(answer(b"no", status, "Location: http://127.0.0.1:1/")))
    assert (reply.reach, reply.status) == (Reach.ANSWERED, int(status[:3]))


def test_a_large_body_arrives_whole(exchange: Exchange) -> None:
    assert exchange(replying(answer()), body=LARGE).reach is Reach.ANSWERED


def test_a_compressed_answer_is_unpacked(exchange: Exchange) -> None:
    packed = gzip.compress(b'{"a":1}')
    reply = exchange(replying(answer(packed, "200 OK", "Content-Encoding: gzip")))
    assert reply.body == b'{"a":1}'


def test_urls_are_sent_byte_for_byte(serving: Serving) -> None:
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await take(reader))
        writer.write(answer())

    async def main() -> None:
        async with serving(handle) as port, HttpClient(trust_env=False) as http:
            url = f"http://127.0.0.1:{port}/a%2fb%7E/../c?S=%2f+%20&e=~"
            await http.send(Request(method="GET", url=url, headers={}), submission=False)

    run(main())
    assert heads[0].startswith(b"GET /a%2fb%7E/../c?S=%2f+%20&e=~ HTTP/1.1\r\n")


# --------------------------------------------------------------------------------- not sent


def test_a_refused_connection_is_not_sent() -> None:
    async def main() -> Reply:
        async with HttpClient(trust_env=False) as http:
            return await http.send(request(1), submission=True)

    reply = run(main())
    assert reply.reach is Reach.NOT_SENT
    assert "cannot connect to 127.0.0.1:1" in reply.error


@pytest.mark.parametrize(
    "url",
    ["http://no-such-host.invalid/x", "ftp://127.0.0.1/x", "nonsense", "http://[::1", "http://"],
)
@pytest.mark.parametrize("body", [b"{}", None])
def test_an_unusable_address_is_not_sent(url: str, body: bytes | None) -> None:
    async def main() -> Reply:
        async with HttpClient(trust_env=False) as http:
            return await http.send(
                Request(method="POST", url=url, headers={}, body=body), submission=True
            )

    reply = run(main())
    assert reply.reach is Reach.NOT_SENT
    assert reply.error


def test_an_invalid_header_is_neither_sent_nor_shown() -> None:
    async def main() -> Reply:
        async with HttpClient(trust_env=False) as http:
            bad = Request(method="GET", url="http://127.0.0.1:1/", headers={"A": f"{KEY}\r\nB: c"})
            return await http.send(bad, submission=False)

    reply = run(main())
    assert reply.reach is Reach.NOT_SENT
    assert KEY not in reply.error


def test_a_body_cut_half_way_is_not_sent(exchange: Exchange) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        await reader.readexactly(100_000)
        writer.transport.abort()

    reply = exchange(handle, body=LARGE)
    assert reply.reach is Reach.NOT_SENT


def test_a_body_that_nobody_reads_is_not_sent(exchange: Exchange) -> None:
    async def handle(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        await asyncio.sleep(60)

    reply = exchange(handle, body=LARGE, idle_s=0.3)
    assert reply.reach is Reach.NOT_SENT
    assert "no progress" in reply.error


@pytest.mark.parametrize("status", ["503 Busy", "408 Too Slow"])
def test_a_server_error_before_the_whole_body_is_not_sent(exchange: Exchange, status: str) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(answer(b"", status))
        await writer.drain()
        await asyncio.sleep(60)

    assert exchange(handle, body=LARGE).reach is Reach.NOT_SENT


def test_a_refusal_before_the_whole_body_is_an_answer(exchange: Exchange) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(answer(b"too large", "413 Too Large"))
        await writer.drain()
        await asyncio.sleep(60)

    reply = exchange(handle, body=LARGE)
    assert (reply.reach, reply.status) == (Reach.ANSWERED, 413)


# ------------------------------------------------------------------------------------- sent


def test_a_connection_closed_after_the_request_is_sent(exchange: Exchange) -> None:
    reply = exchange(replying())
    assert reply.reach is Reach.SENT
    assert "closed without an answer" in reply.error


def test_a_small_body_counts_as_sent_though_half_read(exchange: Exchange) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        await reader.readexactly(500)
        writer.transport.abort()

    assert exchange(handle, body=b"x" * 1_000).reach is Reach.SENT


@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"], "cut short"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"], "cut short"),
        ([b"HTTP/1.1 200 OK\r\nContent-"], "closed without an answer"),
        ([b"hello\r\n\r\n"], "not proper HTTP"),
        (
            [b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"],
            "its header X has 100,004 bytes",
        ),
        ([answer(b"z" * 3_000_000)], "longer than 1048576 bytes"),
        (
            [answer(gzip.compress(bytes(50_000_000), 1), "200 OK", "Content-Encoding: gzip")],
            "longer than 1048576 bytes",
        ),
        ([answer(gzip.compress(b"{}")[:-1])], "cut short"),
    ],
)
def test_an_unreadable_answer_counts_as_sent(
    exchange: Exchange, pieces: list[bytes], error: str
) -> None:
    reply = exchange(replying(*pieces))
    assert reply.reach is Reach.SENT
    assert error in reply.error
    assert KEY not in reply.error


def test_a_missing_answer_counts_as_sent(exchange: Exchange) -> None:
    async def handle(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await take(reader)
        await asyncio.sleep(60)

    reply = exchange(handle, idle_s=0.2)
    assert (reply.reach, reply.error) == (Reach.SENT, "no progress within the time limit")


def test_an_answer_that_drips_forever_is_given_up(exchange: Exchange) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await take(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            writer.write(b"{")
            await asyncio.sleep(0.02)

    assert exchange(handle, idle_s=0.1).reach is Reach.SENT


# ----------------------------------------------------------------------- pace and connections


def test_a_slow_uplink_makes_progress(exchange: Exchange) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, left = await head_of(reader)
        while left:
            left -= len(await reader.read(65_536))
            await asyncio.sleep(0.02)
        writer.write(answer())

    reply = exchange(handle, body=LARGE[:4_000_000], idle_s=0.6, receive_buffer=32_768)
    assert reply.reach is Reach.ANSWERED


class Counting:
    """A server that keeps connections alive and counts them and the requests."""

    def __init__(self, *, close_after: bool = False):
        self.connections = 0
        self.requests = 0
        self._close = close_after

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            await take(reader)
            self.requests += 1
            if self._close and self.requests > 1:
                return
            writer.write(answer())


def exchanges(serving: Serving, server: Counting, *, submission: bool, method: str) -> list[Reply]:
    async def main() -> list[Reply]:
        async with serving(server) as port, HttpClient(trust_env=False) as http:
            body = b"{}" if method == "POST" else None
            return [
                await http.send(request(port, method=method, body=body), submission=submission)
                for _ in range(3)
            ]

    return run(main())


def test_a_submission_never_uses_a_kept_connection(serving: Serving) -> None:
    server = Counting()
    exchanges(serving, server, submission=True, method="POST")
    assert (server.connections, server.requests) == (3, 3)


def test_other_requests_share_a_connection(serving: Serving) -> None:
    server = Counting()
    exchanges(serving, server, submission=False, method="GET")
    assert (server.connections, server.requests) == (1, 3)


def test_a_submission_is_sent_once_whatever_happens(serving: Serving) -> None:
    server = Counting(close_after=True)
    replies = exchanges(serving, server, submission=True, method="POST")
    assert [reply.reach for reply in replies] == [Reach.ANSWERED, Reach.SENT, Reach.SENT]
    assert server.requests == 3


def test_a_request_on_a_kept_connection_is_not_repeated(serving: Serving) -> None:
    server = Counting(close_after=True)
    replies = exchanges(serving, server, submission=False, method="POST")
    assert replies[1].reach is Reach.SENT
    assert server.requests == 3


def test_cancellation_passes_through(serving: Serving) -> None:
    arrived = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await take(reader)
        arrived.set()
        await asyncio.sleep(60)

    async def main() -> None:
        async with serving(handle) as port, HttpClient(trust_env=False) as http:
            sending = asyncio.create_task(http.send(request(port), submission=True))
            await arrived.wait()
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending

    run(main())


# -------------------------------------------------------------------------------------- TLS


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's side of TLS with a certificate that nobody vouches for."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    wanted = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    subprocess.run(
        [openssl, *wanted, "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_a_certificate_that_does_not_verify_is_untrusted(
    serving: Serving, certificate: ssl.SSLContext
) -> None:
    async def main() -> Reply:
        async with (
            serving(replying(answer()), tls=certificate) as port,
            HttpClient(trust_env=False) as http,
        ):
            return await http.send(request(port, tls=True), submission=True)

    reply = run(main())
    assert reply.reach is Reach.UNTRUSTED
    assert "certificate of 127.0.0.1 cannot be verified" in reply.error


def test_a_server_without_tls_is_not_sent(serving: Serving) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def main() -> Reply:
        async with serving(handle) as port, HttpClient(trust_env=False) as http:
            return await http.send(request(port, tls=True), submission=True)

    assert run(main()).reach is Reach.NOT_SENT


def test_a_connection_that_is_never_made_is_not_sent(serving: Serving) -> None:
    async def handle(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def main() -> Reply:
        async with (
            serving(handle) as port,
            HttpClient(trust_env=False, connect_timeout_s=0.2) as http,
        ):
            return await http.send(request(port, tls=True), submission=True)

    reply = run(main())
    assert (reply.reach, reply.error) == (Reach.NOT_SENT, "no connection within the time limit")


# ---------------------------------------------------------------------------------- proxies


@pytest.fixture
def through(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> Exchange:
    """Send one submission to `url` through a proxy that `handle` makes."""

    def one(handle: Handle, url: str, *, userinfo: str = "") -> Reply:
        async def main() -> Reply:
            async with serving(handle) as port, HttpClient(trust_env=True) as http:
                for scheme in ("http", "https"):
                    monkeypatch.setenv(f"{scheme}_proxy", f"http://{userinfo}127.0.0.1:{port}")
                headers = {"Authorization": f"Token {KEY}"}
                sent = Request(method="POST", url=url, headers=headers, body=b"{}")
                return await http.send(sent, submission=True)

        return run(main())

    return one


def test_a_proxy_of_the_environment_is_used(through: Exchange) -> None:
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await take(reader))
        writer.write(answer())

    reply = through(handle, "http://api.test/x", userinfo="me:pw@")
    assert reply.reach is Reach.ANSWERED
    assert heads[0].startswith(b"POST http://api.test/x HTTP/1.1")
    assert b"Proxy-Authorization: Basic bWU6cHc=" in heads[0]
    assert f"Authorization: Token {KEY}".encode() in heads[0]


@pytest.mark.parametrize("status", ["403 Forbidden", "407 Who", "502 Bad Gateway"])
def test_a_proxy_that_refuses_to_connect_is_not_sent(through: Exchange, status: str) -> None:
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await take(reader))
        writer.write(answer(b"no", status))

    reply = through(handle, "https://api.test/x")
    assert reply.reach is Reach.NOT_SENT
    assert f"proxy refused to connect (HTTP {status[:3]})" in reply.error
    assert heads[0].startswith(b"CONNECT api.test:443 ")
    assert KEY.encode() not in heads[0]


def test_a_proxy_that_closes_before_the_tunnel_is_not_sent(through: Exchange) -> None:
    reply = through(replying(), "https://api.test/x")
    assert reply.reach is Reach.NOT_SENT


def test_a_tunnel_that_breaks_during_tls_is_not_sent(through: Exchange) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await take(reader)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await reader.read(10)

    assert through(handle, "https://api.test/x").reach is Reach.NOT_SENT


def test_a_missing_proxy_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://me:pw@127.0.0.1:1")

    async def main() -> Reply:
        async with HttpClient(trust_env=True) as http:
            sent = Request(method="POST", url="http://api.test/x", headers={}, body=b"{}")
            return await http.send(sent, submission=True)

    reply = run(main())
    assert reply.reach is Reach.NOT_SENT
    assert "cannot connect to the proxy" in reply.error
    assert "pw" not in reply.error


def test_a_proxy_that_closes_after_a_plain_request_is_sent(through: Exchange) -> None:
    assert through(replying(), "http://api.test/x").reach is Reach.SENT


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://[::1"])
def test_an_unusable_proxy_is_not_sent(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("http_proxy", proxy)

    async def main() -> Reply:
        async with HttpClient(trust_env=True) as http:
            sent = Request(method="POST", url="http://api.test/x", headers={}, body=b"{}")
            return await http.send(sent, submission=True)

    assert run(main()).reach is Reach.NOT_SENT


def test_a_netrc_file_is_ignored(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await take(reader))
        writer.write(answer())

    assert exchange(handle).reach is Reach.ANSWERED
    assert f"Authorization: Token {KEY}\r\n".encode() in heads[0]


def test_without_trust_env_proxies_are_ignored(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert exchange(replying(answer())).reach is Reach.ANSWERED


@pytest.mark.parametrize("exempt", ["127.0.0.1", "*"])
def test_no_proxy_hosts_are_reached_directly(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, exempt: str
) -> None:
    monkeypatch.setenv("http_proxy", "127.0.0.1:1")
    monkeypatch.setenv("no_proxy", exempt)

    async def main() -> Reply:
        async with serving(replying(answer())) as port, HttpClient(trust_env=True) as http:
            return await http.send(request(port), submission=True)

    assert run(main()).reach is Reach.ANSWERED


def test_nothing_is_sent_through_a_socks_proxy(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = asyncio.Event()

    async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        writer.close()

    async def main() -> Reply:
        async with serving(handle) as port, HttpClient(trust_env=True) as http:
            monkeypatch.setenv("all_proxy", f"socks5://127.0.0.1:{port}")
            return await http.send(request(port), submission=True)

    reply = run(main())
    assert reply.reach is Reach.NOT_SENT
    assert "all_proxy names a SOCKS proxy" in (reply.error or "")
    assert not connected.is_set()


# ---------------------------------------------------------------------------------- called back


def test_a_submission_not_sent_in_full_is_aborted(serving: Serving) -> None:
    begun = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await head_of(reader)
        begun.set()
        await asyncio.sleep(60)

    async def main() -> Reply:
        async with (
            serving(handle, receive_buffer=4096) as port,
            HttpClient(trust_env=False) as http,
        ):
            leaving = http.send(request(port, body=LARGE), submission=True)
            sending = asyncio.create_task(leaving)
            await begun.wait()
            assert http.abort_unsent() == 1
            return await sending

    assert run(main()).reach is Reach.NOT_SENT


def test_a_submission_sent_in_full_is_not_aborted(serving: Serving) -> None:
    arrived, called = asyncio.Event(), asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await take(reader)
        arrived.set()
        await called.wait()
        writer.write(answer())

    async def main() -> Reply:
        async with serving(handle) as port, HttpClient(trust_env=False) as http:
            sending = asyncio.create_task(http.send(request(port), submission=True))
            await arrived.wait()
            assert http.abort_unsent() == 0
            called.set()
            return await sending

    assert run(main()).reach is Reach.ANSWERED


def test_other_requests_are_never_aborted(serving: Serving) -> None:
    async def main() -> Reply:
        async with serving(replying(answer())) as port, HttpClient(trust_env=False) as http:
            asking = http.send(request(port, method="GET", body=None), submission=False)
            sending = asyncio.create_task(asking)
            await asyncio.sleep(0)
            assert http.abort_unsent() == 0
            return await sending

    assert run(main()).reach is Reach.ANSWERED
