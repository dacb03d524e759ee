"""Media types: detects a file's type by its first bytes, names it, finds truncated files."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

HEAD_BYTES = 512
"""How much of a file `sniff` needs."""

EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
    "image/heic": "heic",
    "image/avif": "avif",
    "image/jxl": "jxl",
    "image/jp2": "jp2",
    "image/vnd.adobe.photoshop": "psd",
    "image/svg+xml": "svg",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "application/pdf": "pdf",
    "text/html": "html",
}
"""Media type to the extension (without its dot) of a file of that type."""

_PNG = b"\x89PNG\r\n\x1a\n"
_MAGIC = (
    (_PNG, "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"%PDF-", "application/pdf"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\xff\x0a", "image/jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
)

# Major brands of ISO base media files (ISO/IEC 14496-12); any other brand counts as MP4.
_BRANDS = {b"qt": "video/quicktime", b"avif": "image/avif", b"avis": "image/avif"} | dict.fromkeys(
    (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "image/heic"
)

# First boxes of QuickTime files that have no brand, as editors and cameras still write them.
_QUICKTIME = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})

END_MARKS = {"image/png": b"IEND\xaeB`\x82", "image/jpeg": b"\xff\xd9"}
"""What a complete file of that type contains near its end."""


def sniff(head: bytes) -> str | None:
    """The media type by the first bytes, whatever the file's name; None if unknown."""
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    if head[4:8] == b"ftyp":
        return _by_brands(head)
    # The length comes first: at most 16 MiB, or 1 for one of 64 bits, unlike letters of a text.
    if head[4:8] in _QUICKTIME and (head[0] == 0 or head[4:8] == b"mdat"):
        return "video/quicktime"
    return _markup(head)


def _by_brands(head: bytes) -> str:
    major = _BRANDS.get(head[8:12].rstrip(b" \0"), "video/mp4")
    # The general brands of HEIF (mif1, msf1) say nothing of the codec; the brands behind them do.
    size = int.from_bytes(head[:4], "big")
    others = {head[at : at + 4] for at in range(16, min(size, len(head)) - 3, 4)}
    return "image/avif" if major == "image/heic" and others & {b"avif", b"avis"} else major


def _markup(head: bytes) -> str | None:
    # A saved error page is a common mistake that is worth its own message.
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not text.startswith(b"<"):
        return None
    if b"<svg" in text:
        return "image/svg+xml"
    return "text/html" if text.startswith((b"<!doctype html", b"<html")) else None


def describe_type(media_type: str) -> str:
    """The type with its article, for messages: "a GIF", "an SVG", "an HTML page"."""
    if media_type == "text/html":
        return "an HTML page"
    name = "JPEG" if media_type == "image/jpeg" else EXTENSIONS.get(media_type, media_type).upper()
    return f"{'an' if name[0] in 'AEIOSHM' and name != 'HEIC' else 'a'} {name}"


_TAIL_BYTES = 64 * 1024


def is_truncated(path: Path, media_type: str) -> bool:
    """Whether the file ends too early; False for formats without an end mark. Raises OSError."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if media_type in END_MARKS:
            # Not exactly at the end: some programs append data of their own.
            file.seek(max(0, size - _TAIL_BYTES))
            return END_MARKS[media_type] not in file.read()
        if media_type == "image/webp":
            # The header of a RIFF file gives the length of all that follows its first 8 bytes.
            return size < 8 + int.from_bytes(file.read(8)[4:], "little")
        boxed = media_type in {"video/mp4", "video/quicktime", "image/avif"}
        return boxed and _boxes_end(file, size) > size


def _boxes_end(file: BinaryIO, size: int) -> int:
    """Where the boxes of an ISO base media file (ISO/IEC 14496-12) end by their own lengths."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 0 and len(head) >= 8:  # "to the end of the file", wherever that is
            return size
        if length == 1:  # it did not fit into 32 bits, and follows in 64
            length = int.from_bytes(head[8:], "big")
        at += max(8, length)  # in a damaged file the length may be less than the header's
    return at


# -------------------------------------------------------------------------------- the size of a PNG

_PNG_HEADER_BYTES = 13
_PNG_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
"""Colour type to the bits per sample that the standard allows (ISO/IEC 15948, 11.2.1)."""


def png_size(file: BinaryIO) -> tuple[int, int]:
    """Width and height in pixels; raises ValueError unless chunks lead from the header to pixels.

    Text, colour profiles and other data between them are skipped: compressed, they may hold any
    amount, such as the graph of a node editor, and none of it matters here.
    """
    if file.read(8) != _PNG:
        raise ValueError("no signature")
    name, length = _chunk(file)
    data = file.read(_PNG_HEADER_BYTES)
    checksum = zlib.crc32(name + data).to_bytes(4, "big")
    if (name, length) != (b"IHDR", _PNG_HEADER_BYTES) or file.read(4) != checksum:
        raise ValueError("no header")
    width, height, depth, colour = struct.unpack(">IIBB", data[:10])
    if not (width and height and depth in _PNG_DEPTHS.get(colour, ())):
        raise ValueError("a header that the standard forbids")
    while (chunk := _chunk(file)) and chunk[0] != b"IDAT":
        file.seek(chunk[1] + 4, 1)  # and its checksum
    return width, height


def _chunk(file: BinaryIO) -> tuple[bytes, int]:
    """Name and bytes of the next chunk."""
    head = file.read(8)
    name = head[4:]
    if len(head) < 8 or not name.isalpha():
        raise ValueError("no chunk")
    return name, int.from_bytes(head[:4], "big")
