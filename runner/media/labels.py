"""Labels: reads which marks of generated content a file carries; none is ever written or removed.

`aigc` is the label of GB 45438-2025: the property `TC260:AIGC` in XMP, or metadata with the key
`AIGC`. `iptc` is IPTC's digital source type of generated media in XMP. `c2pa` is that a manifest of
C2PA is there; it is not verified. Metadata of other formats (Matroska, AVIF, GIF) is not looked
into.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TypeAlias

from runner.model.file_facts import Label, in_order

_MOST_BYTES = 4 << 20
"""So much of one piece of metadata is read: XMP and lists of keys have kilobytes."""
_MOST_PIECES = 10_000
"""So many pieces of a file are looked at: a hostile one may have a billion empty ones."""

_BOX_KEY = re.compile(rb"mdta(?:[\w-]+\.)*AIGC|name\0\0\0\0AIGC")
"""The key in a list of keys, or of a value with a name of its own."""
_ID3_KEY = re.compile(rb"TXXX.{0,9}AIGC", re.DOTALL)
_AIGC_XMP = (b"TC260:AIGC", b"tc260.org.cn/ns/AIGC")
_IPTC_XMP = b"trainedAlgorithmicMedia"
"""Also the end of `compositeWithTrainedAlgorithmicMedia`, in another case."""

_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")

_Piece: TypeAlias = tuple[bytes, bytes]
"""What a piece of a file is by its format, and its content or the beginning of that."""


def labels_of(path: Path, media_type: str) -> tuple[Label, ...]:
    """The labels in a file of that type; raises OSError. Blocks."""
    read = _READERS.get(media_type)
    if read is None:
        return ()
    with path.open("rb") as file:
        return in_order(label for piece in read(file) for label in _labels_in(*piece))


def _labels_in(name: bytes, content: bytes) -> Iterator[Label]:
    if name == b"c2pa":
        yield "c2pa"
    elif name == b"aigc":
        yield "aigc"
    elif name == b"xmp":
        if any(mark in content for mark in _AIGC_XMP):
            yield "aigc"
        if _IPTC_XMP.lower() in content.lower():
            yield "iptc"


def _png(file: BinaryIO) -> Iterator[_Piece]:
    """Text chunks by their keywords, and `caBX`, in which C2PA has its manifests."""
    file.seek(8)
    for _ in range(_MOST_PIECES):
        head = file.read(8)
        if len(head) < 8:
            return
        name, length = head[4:], int.from_bytes(head[:4], "big")
        after = file.tell() + length + 4
        if name == b"caBX":
            yield b"c2pa", b""
        elif name in (b"tEXt", b"zTXt", b"iTXt"):
            keyword, _, text = file.read(min(length, _MOST_BYTES)).partition(b"\0")
            if keyword == b"XML:com.adobe.xmp":
                yield b"xmp", _international_text(text)
            elif keyword == b"AIGC":
                yield b"aigc", b""
        file.seek(after)


def _international_text(text: bytes) -> bytes:
    """The text of an `iTXt` chunk, from its compression flag on."""
    is_compressed = text[:1] == b"\1"
    content = text[2:].split(b"\0", 2)[-1]  # after language and translated keyword
    if not is_compressed:
        return content
    try:
        return zlib.decompressobj().decompress(content, _MOST_BYTES)
    except zlib.error:
        return b""


def _jpeg(file: BinaryIO) -> Iterator[_Piece]:
    """XMP in APP1, and boxes of JUMBF in APP11, up to the pixels."""
    file.seek(2)
    for _ in range(_MOST_PIECES):
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] == 0xDA:
            return
        content = file.read(max(0, int.from_bytes(head[2:], "big") - 2))
        if head[1] == 0xE1 and content.startswith(b"http://ns.adobe.com/"):
            yield b"xmp", content
        elif head[1] == 0xEB and b"jumb" in content and b"c2pa" in content:
            yield b"c2pa", b""


def _riff(file: BinaryIO) -> Iterator[_Piece]:
    """Chunks of WebP, WAV and AVI."""
    file.seek(12)
    for _ in range(_MOST_PIECES):
        head = file.read(8)
        if len(head) < 8:
            return
        name, length = head[:4], int.from_bytes(head[4:], "little")
        after = file.tell() + length + length % 2
        if name == b"C2PA":
            yield b"c2pa", b""
        elif name in (b"XMP ", b"_PMX"):
            yield b"xmp", file.read(min(length, _MOST_BYTES))
        file.seek(after)


def _boxes(file: BinaryIO) -> Iterator[_Piece]:
    """Boxes of an ISO base media file (ISO/IEC 14496-12) that hold metadata."""
    yield from _boxes_in(file, 0, file.seek(0, os.SEEK_END), _HOLDERS)


_HOLDERS = (b"moov", b"udta")
"""Boxes with boxes of metadata inside: the second one is in the first."""


def _boxes_in(file: BinaryIO, at: int, end: int, holders: tuple[bytes, ...]) -> Iterator[_Piece]:
    for _ in range(_MOST_PIECES):
        if at + 8 > end:
            return
        file.seek(at)
        head = file.read(16)
        length, name, start = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if length == 1:  # it did not fit into 32 bits, and follows in 64
            length, start = int.from_bytes(head[8:], "big"), at + 16
        after = end if length == 0 else min(end, at + max(8, length))
        if name in holders:
            yield from _boxes_in(file, start, after, holders[holders.index(name) + 1 :])
        else:
            yield from _box(file, name, start, after)
        at = after


def _box(file: BinaryIO, name: bytes, start: int, end: int) -> Iterator[_Piece]:
    if name not in (b"uuid", b"meta", b"XMP_", b"c2pa"):
        return
    file.seek(start)
    content = file.read(min(end - start, _MOST_BYTES))
    if name == b"c2pa" or content.startswith(_C2PA_UUID):
        yield b"c2pa", b""
    elif name == b"XMP_" or content.startswith(_XMP_UUID):
        yield b"xmp", content
    elif name == b"meta" and _BOX_KEY.search(content):
        yield b"aigc", b""


def _id3(file: BinaryIO) -> Iterator[_Piece]:
    """The ID3 tag at the beginning of an MP3."""
    file.seek(0)
    head = file.read(10)
    if head[:3] != b"ID3" or len(head) < 10:
        return
    length = 0
    for byte in head[6:]:
        length = length << 7 | byte & 0x7F
    content = file.read(min(length, _MOST_BYTES))
    if _ID3_KEY.search(content.replace(b"\0", b"")):  # texts may be in UTF-16
        yield b"aigc", b""
    if b"c2pa" in content.lower():
        yield b"c2pa", b""


_READERS: Mapping[str, Callable[[BinaryIO], Iterator[_Piece]]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    **dict.fromkeys(("image/webp", "audio/wav", "video/x-msvideo"), _riff),
    **dict.fromkeys(("video/mp4", "video/quicktime", "audio/mp4"), _boxes),
    "audio/mpeg": _id3,
}
