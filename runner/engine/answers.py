"""An answer's body: read piece by piece, unpacked, never larger than allowed."""

from __future__ import annotations

import zlib

import aiohttp

from runner.engine.sending import Watch
from runner.engine.trouble import Broken


async def content_of(response: aiohttp.ClientResponse, watch: Watch, max_bytes: int) -> bytes:
    """The whole body, decompressed; raises Broken above `max_bytes` of either."""
    content = bytearray()
    async for piece in response.content.iter_any():
        watch.progress()
        content += piece
        if len(content) > max_bytes:
            raise Broken(f"the answer is longer than {max_bytes} bytes")
    return decoded(bytes(content), response.headers.get("Content-Encoding", ""), max_bytes)


def decoded(content: bytes, encoding: str, max_bytes: int) -> bytes:
    """A body without its compression, which nobody asked for; raises Broken.

    A few bytes can stand for gigabytes: no more than `max_bytes` are ever unpacked.
    """
    if encoding.strip().lower() in {"", "identity"} or not content:
        return content
    if encoding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        raise Broken(f"the answer is compressed in a way that was not asked for: {encoding!r:.40}")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by its head
    try:
        unpacked = unpacker.decompress(content, max_bytes + 1)
    except zlib.error as error:
        raise Broken("the answer's compression is broken") from error
    if len(unpacked) > max_bytes:
        raise Broken(f"the answer is longer than {max_bytes} bytes")
    if not unpacker.eof:
        raise Broken("the answer was cut short")
    return unpacked
