"""Answers that go out broken: cut, slowly, too long, too short, or as no HTTP at all."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from runner.emulator.request_log import REQUEST_CONTEXT

_PIECE = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A whole answer in memory."""

    status: int = 200
    media_type: str = "application/json"
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """Its JSON value; None where it is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    def response(self) -> web.Response:
        """The answer, to be sent as it should be."""
        headers = {"Content-Type": self.media_type, **self.headers}
        return web.Response(status=self.status, body=self.content, headers=headers)


def of_json(body: Mapping[str, Any], status: int = 200) -> Plain:
    """A JSON answer."""
    return Plain(status=status, content=json.dumps(body, ensure_ascii=False).encode())


def cut(request: web.Request) -> web.StreamResponse:
    """Reset the connection: whoever asked gets no answer."""
    transport = request.transport
    if transport:
        with contextlib.suppress(OSError):  # gone already
            linger = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
        transport.abort()
    return _unanswered()


def raw(request: web.Request, content: bytes) -> web.StreamResponse:
    """Send these bytes instead of an answer, and close the connection."""
    _write_raw(request, content)
    return _unanswered()


def _unanswered() -> web.StreamResponse:
    """A response that cannot be sent, for the connection is closed; the server minds nothing."""
    REQUEST_CONTEXT.get().cut = True
    return web.Response()


def _write_raw(request: web.Request, content: bytes) -> None:
    transport = request.transport
    if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
        transport.write(content)
        transport.close()


async def announced(request: web.Request, plain: Plain, length: int) -> web.StreamResponse:
    """Send an answer that announces another length than it has, then close the connection."""
    response = _begun(plain)
    response.content_length = length
    await _sent(request, response, _pieces(plain.content[:length], _PIECE, 0))
    _write_raw(request, plain.content[length:])
    return response


async def dripped(
    request: web.Request, plain: Plain, size: int, pause_s: float
) -> web.StreamResponse:
    """Send an answer in pieces with a pause after each."""
    response = _begun(plain)
    response.content_length = len(plain.content)
    await _sent(request, response, _pieces(plain.content, size, pause_s))
    return response


async def endless(request: web.Request, plain: Plain, size: int) -> web.StreamResponse:
    """Send an answer of `size` bytes, in chunks, for as long as somebody listens."""
    response = _begun(plain)
    response.enable_chunked_encoding()
    await _sent(request, response, _much(size))
    return response


def _begun(plain: Plain) -> web.StreamResponse:
    headers = {"Content-Type": plain.media_type, **plain.headers}
    return web.StreamResponse(status=plain.status, headers=headers)


async def _sent(
    request: web.Request, response: web.StreamResponse, pieces: AsyncIterator[bytes]
) -> None:
    with contextlib.suppress(ConnectionError):  # nobody listens any more
        await response.prepare(request)
        async for piece in pieces:
            await response.write(piece)


async def _pieces(content: bytes, size: int, pause_s: float) -> AsyncIterator[bytes]:
    if not content:
        yield b""  # the head alone
    for start in range(0, len(content), size):
        yield content[start : start + size]
        if pause_s:
            await asyncio.sleep(pause_s)


async def _much(size: int) -> AsyncIterator[bytes]:
    """A JSON object with one long text, unless it is too short for that."""
    for part in _parts(size):
        yield part


def _parts(size: int) -> Iterable[bytes]:
    head, tail = b'{"task_id":"', b'"}'
    left = size - len(head) - len(tail)
    yield head
    while left > 0:
        yield b"9" * min(left, _PIECE)
        left -= _PIECE
    yield tail
