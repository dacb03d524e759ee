"""Heads of answers: accepts a `Content-Length` that comes too often, and large headers.

RFC 9110 (8.6) lets a client take equal values for one; aiohttp refuses the whole answer, and with
it perhaps the id of a task that is paid for.
"""

from __future__ import annotations

import asyncio
import functools
import re
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

from runner.engine.net.errors import NetworkFailure

MAX_HEADER = 64 * 1024
"""Bytes of one header; gateways send policies and cookies above the 8 KiB that are usual."""

_MOST = 128 * MAX_HEADER
"""Bytes of a head that is looked at as a whole; aiohttp refuses more headers."""
_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"content-length[ \t]*:([0-9, \t]*)\r?", re.IGNORECASE)
_CHUNKED = re.compile(rb"transfer-encoding[ \t]*:[ \t]*chunked[ \t]*\r?", re.IGNORECASE)
_NAME = re.compile(rb"[A-Za-z0-9-]{1,60}")
_INTERIM = re.compile(rb"HTTP/1\.1 1(?!01)")


def accept_equal_lengths(session: aiohttp.ClientSession) -> None:
    """Have the connections of a session read the heads of answers as this module does."""
    # There is no public way to give a connector another protocol.
    factory: Any = functools.partial(AnswerProtocol, loop=asyncio.get_running_loop())
    assert session.connector is not None
    session.connector._factory = factory  # noqa: SLF001


def with_one_length(head: bytes) -> bytes:
    """The head of an answer with its `Content-Length` once, where all values of it are equal.

    Without it where the body comes in chunks, which then count alone (RFC 9112, 6.3).
    """
    lines = head.split(b"\n")
    found = [(n, match[1]) for n, line in enumerate(lines) if (match := _LENGTH.fullmatch(line))]
    values = [value.strip() for _, text in found for value in text.split(b",")]
    chunked = any(map(_CHUNKED.fullmatch, lines))
    if len(set(values)) != 1 or not values[0] or (len(values) == 1 and not chunked):
        return head
    first, *others = (number for number, _ in found)
    lines[first] = b"Content-Length: " + values[0] + b"\r"
    left_out = {first, *others} if chunked else set(others)
    return b"\n".join(line for number, line in enumerate(lines) if number not in left_out)


def too_large(head: bytes) -> str | None:
    """The name and size of a header that is not read, for the user; None if there is none."""
    line = max(head.split(b"\n"), key=len)
    if len(line) <= MAX_HEADER:
        return None
    name = line.partition(b":")[0]
    what = f"its header {name.decode()}" if _NAME.fullmatch(name) else "a header"
    return f"the answer is not read: {what} has {len(line):,} bytes, more than {MAX_HEADER:,}"


class AnswerProtocol(ResponseHandler):
    """aiohttp's protocol, which gets each head in one piece and with one `Content-Length`."""

    _head: bytes | None = None
    """What has come of a head; None before a request and within a body."""

    def set_response_params(self, **params: Any) -> None:
        """The next answer begins."""
        self._head = b""
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        """Hold a head back until it is whole; whatever is no head of HTTP passes as it comes."""
        if self._head is None:
            super().data_received(data)
            return
        self._head += data
        is_http = b"HTTP/1.".startswith(self._head[:7])
        end = _END.search(self._head)
        if is_http and end is None and len(self._head) <= _MOST:
            return
        head, rest = (
            (self._head[: end.end()], self._head[end.end() :]) if end else (self._head, b"")
        )
        self._head = b"" if _INTERIM.match(head) else None
        if is_http and (problem := too_large(head)):
            self.set_exception(NetworkFailure(problem))
            self.close()
            return
        super().data_received(with_one_length(head) + rest if self._head is None else head)
        if self._head is not None and rest:
            self.data_received(rest)

    def eof_received(self) -> None:
        """The server sends nothing more."""
        self._release()
        super().eof_received()

    def connection_lost(self, exc: BaseException | None) -> None:
        """The connection ended, perhaps within a head."""
        self._release()
        super().connection_lost(exc)

    def _release(self) -> None:
        held, self._head = self._head, None
        if held:
            super().data_received(held)
