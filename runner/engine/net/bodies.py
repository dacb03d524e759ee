"""Bodies: unpacks answers that were compressed although nobody asked for it.

Labels lie: a plain file comes as `Content-Encoding: gzip`, a packed one without any, JSON as
`utf-8`. So the first bytes decide, and the label only where they cannot.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Iterator

import aiohttp

from runner.engine.net.errors import NetworkFailure

_MIB = 1024 * 1024
_HEAD = 16
"""So many bytes decide what a body is."""
_GZIP = b"\x1f\x8b\x08"
_FOREIGN = frozenset({"br", "zstd", "compress", "x-compress", "dcb", "dcz"})
"""Compressions that only a client which asks for them has to understand."""


def is_json(head: bytes) -> bool:
    """Whether bytes can be the first ones of a JSON object or array, or of a page in its place."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"[", b"<", b""}


async def unpacked(
    response: aiohttp.ClientResponse, is_plain: Callable[[bytes], bool]
) -> AsyncIterator[tuple[int, Iterator[bytes]]]:
    """The body in pieces as they come: the bytes read, and what they unpack to, a MiB at most each.

    `is_plain` recognizes the first bytes of a body that is not packed. Raises NetworkFailure, and
    ClientPayloadError where a packed body is cut short.
    """
    unpacker = Unpacker(response.headers.get("Content-Encoding", ""), is_plain)
    async for piece in response.content.iter_any():
        yield len(piece), unpacker.feed(piece)
    yield 0, unpacker.end()


class Unpacker:
    """Unpacks one body that comes in pieces; a plain one passes as it is."""

    def __init__(self, encoding: str, is_plain: Callable[[bytes], bool]) -> None:
        """`encoding`: the value of `Content-Encoding`; empty without one."""
        self._labels = [label.strip().lower() for label in encoding.split(",") if label.strip()]
        self._is_plain = is_plain
        self._head: bytes | None = b""
        """What has come of a body of which is not known yet what it is; None once it is known."""
        self._zlib: zlib._Decompress | None = None

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """What the next bytes unpack to; the caller must take all of it. Raises NetworkFailure."""
        if self._head is not None:
            self._head += piece
            if len(self._head) < _HEAD:
                return
            piece = self._decide(self._head)
        yield from self._unpack(piece)

    def end(self) -> Iterator[bytes]:
        """The rest; raises ClientPayloadError where the end of a packed body is missing."""
        if self._head:
            yield from self._unpack(self._decide(self._head))
        if self._zlib is not None and not self._zlib.eof:
            raise aiohttp.ClientPayloadError

    def _decide(self, head: bytes) -> bytes:
        self._head = None
        if head.startswith(_GZIP):
            self._zlib = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        elif "deflate" in self._labels and not self._is_plain(head):
            # By the standard a zlib stream, by the custom of some servers without its head.
            has_head = head[0] & 0xF == 8 and int.from_bytes(head[:2], "big") % 31 == 0
            self._zlib = zlib.decompressobj(wbits=zlib.MAX_WBITS * (1 if has_head else -1))
        elif (foreign := _FOREIGN & set(self._labels)) and not self._is_plain(head):
            name = min(foreign)
            raise NetworkFailure(f"the answer is compressed with {name}, which was not asked for")
        return head

    def _unpack(self, piece: bytes) -> Iterator[bytes]:
        if self._zlib is None:
            yield piece
            return
        while piece and not self._zlib.eof:
            try:
                yield self._zlib.decompress(piece, _MIB)
            except zlib.error as error:
                raise NetworkFailure("the answer's compression is broken") from error
            piece = self._zlib.unconsumed_tail
