"""Broken transmission: cuts connections, sends other lengths than announced, slowly, or no HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator

from aiohttp import web

from runner.emulator.faults.responses import content_of
from runner.emulator.request_log import context_of

_PIECE = 1 << 16


def reset(request: web.Request) -> web.Response:
    """Reset the connection instead of answering."""
    if request.transport:
        with contextlib.suppress(OSError):  # the client has closed it already
            linger = struct.pack("ii", 1, 0)
            request.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
        request.transport.abort()
    return _unanswered(request)


def send_raw(request: web.Request, content: bytes) -> web.Response:
    """Send these bytes instead of an HTTP response, and close the connection."""
    _write_and_close(request, content)
    return _unanswered(request)


def _unanswered(request: web.Request) -> web.Response:
    """A response for aiohttp, which does not mind that the connection is closed."""
    context_of(request).cut = True
    return web.Response()


def _write_and_close(request: web.Request, content: bytes) -> None:
    transport = request.transport
    if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
        transport.write(content)
        transport.close()


async def send_with_length(
    request: web.Request, response: web.Response, length: int
) -> web.StreamResponse:
    """Send a response that announces another length than it has, then close the connection."""
    content = content_of(response)
    sent = await _send(request, response, _pieces(content[:length], _PIECE, 0), length)
    # aiohttp sends no more than announced, so the excess bypasses it.
    _write_and_close(request, content[length:])
    return sent


async def send_slowly(
    request: web.Request, response: web.Response, size: int, pause_s: float
) -> web.StreamResponse:
    """Send a response in pieces of `size` bytes with a pause after each."""
    content = content_of(response)
    return await _send(request, response, _pieces(content, size, pause_s), len(content))


async def send_huge(request: web.Request, response: web.Response, size: int) -> web.StreamResponse:
    """Send a body of `size` bytes in chunks, for as long as the client reads."""
    return await _send(request, response, _huge(size), None)


async def _send(
    request: web.Request,
    response: web.Response,
    pieces: AsyncIterator[bytes],
    length: int | None,
) -> web.StreamResponse:
    headers = {"Content-Type": response.headers["Content-Type"]}
    stream = web.StreamResponse(status=response.status, headers=headers)
    if length is None:
        stream.enable_chunked_encoding()
    else:
        stream.content_length = length
    with contextlib.suppress(ConnectionError):  # the client has gone
        await stream.prepare(request)
        async for piece in pieces:
            await stream.write(piece)
    return stream


async def _pieces(content: bytes, size: int, pause_s: float) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]
        if pause_s:
            await asyncio.sleep(pause_s)


async def _huge(size: int) -> AsyncIterator[bytes]:
    """A JSON object with one long text."""
    head, tail = b'{"task_id":"', b'"}'
    yield head
    for left in range(size - len(head) - len(tail), 0, -_PIECE):
        yield b"9" * min(left, _PIECE)
    yield tail
