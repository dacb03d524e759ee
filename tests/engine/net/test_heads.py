"""Heads of answers that are unusual and readable all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from runner.engine.net.client import HttpClient
from runner.engine.net.heads import MAX_HEADER, too_large, with_one_length
from runner.model.requests import Reach, Reply, Request

Send = Callable[..., Reply]


@pytest.fixture
def reply_to(serving: Callable[..., object]) -> Send:
    """Have a server send these pieces as its answer, one after the other; the reply."""

    def one(*pieces: bytes) -> Reply:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)

        async def main() -> Reply:
            async with serving(handle) as port, HttpClient(trust_env=False) as http:  # type: ignore[attr-defined]
                url = f"http://127.0.0.1:{port}/"
                request = Request(method="GET", url=url, headers={})
                return await http.send(request, submission=False)

        return asyncio.run(main())

    return one


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([b"Content-Length: 2", b"content-length: 2"], [b"Content-Length: 2"]),
        ([b"Content-Length: 2, 2"], [b"Content-Length: 2"]),
        ([b"Content-Length:2", b"Content-Length: 2,2"], [b"Content-Length: 2"]),
        ([b"Content-Length: 2", b"Content-Length: 3"], None),
        ([b"Content-Length: 2, 3"], None),
        ([b"Content-Length: 2"], None),
        ([b"Content-Length: ,"], None),
        ([b"X-Content-Length: 2", b"Content-Length: 2"], None),
    ],
)
def test_only_equal_lengths_become_one(lengths: list[bytes], expected: list[bytes] | None) -> None:
    def head(values: list[bytes]) -> bytes:
        return b"\r\n".join([b"HTTP/1.1 200 OK", *values, b"X: y", b"", b""])

    assert with_one_length(head(lengths)) == head(expected or lengths)


def test_a_header_is_too_large_above_the_limit() -> None:
    assert too_large(b"HTTP/1.1 200 OK\r\nX: " + b"y" * (MAX_HEADER - 4)) is None
    problem = too_large(b"HTTP/1.1 200 OK\r\nX-Policy: " + b"y" * MAX_HEADER)
    assert problem is not None
    assert "its header X-Policy has 65,546 bytes, more than 65,536" in problem


TWICE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}"


def test_an_answer_with_two_equal_lengths_is_read(reply_to: Send) -> None:
    reply = reply_to(TWICE)
    assert (reply.reach, reply.body) == (Reach.ANSWERED, b"{}")


def test_a_head_in_single_bytes_is_read(reply_to: Send) -> None:
    assert reply_to(*(bytes([byte]) for byte in TWICE)).body == b"{}"


def test_two_different_lengths_are_no_answer(reply_to: Send) -> None:
    reply = reply_to(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}")
    assert reply.reach is Reach.SENT


def test_chunks_count_beside_a_length(reply_to: Send) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: Chunked\r\n\r\n"
    assert reply_to(head + b"2\r\n{}\r\n0\r\n\r\n").body == b"{}"


def test_an_interim_answer_comes_before_the_real_one(reply_to: Send) -> None:
    assert reply_to(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + TWICE).body == b"{}"


def test_a_head_with_bare_line_feeds_is_read(reply_to: Send) -> None:
    assert reply_to(TWICE.replace(b"\r\n", b"\n")).body == b"{}"


def test_a_header_of_60_kib_is_read(reply_to: Send) -> None:
    large = b"HTTP/1.1 200 OK\r\nX-Policy: " + b"y" * 60_000 + b"\r\nContent-Length: 2\r\n\r\n{}"
    reply = reply_to(large)
    assert (reply.body, len(reply.headers["x-policy"])) == (b"{}", 60_000)


def test_what_is_not_http_is_noticed_at_once(reply_to: Send) -> None:
    reply = reply_to(b"SSH-2.0-OpenSSH_9.9\r\n")
    assert (reply.reach, reply.error) == (Reach.SENT, "the answer is not proper HTTP")
