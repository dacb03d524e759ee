"""The first bytes of a file in, its media type out; and the types' names for people and files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

HEAD_BYTES = 512
"""How much of a file `sniff` wants to see."""

EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
    "image/heic": "heic",
    "image/avif": "avif",
    "image/svg+xml": "svg",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "application/pdf": "pdf",
    "text/html": "html",
}
"""Media type to the extension (without its dot) that a file of that type gets."""

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"%PDF-", "application/pdf"),
)

_BRANDS = {b"qt": "video/quicktime", b"avif": "image/avif", b"avis": "image/avif"} | dict.fromkeys(
    (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "image/heic"
)
"""Major brands of ISO base media files (ISO/IEC 14496-12); any other brand is taken for MP4."""


def sniff(head: bytes) -> str | None:
    """The media type that the first bytes tell, whatever the file's name says; None if unknown.

    Pages and drawings are told too: a saved error page is a common mistake worth naming.
    """
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12].rstrip(b" \0"), "video/mp4")
    return _markup(head)


def _markup(head: bytes) -> str | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not text.startswith(b"<"):
        return None
    if b"<svg" in text:
        return "image/svg+xml"
    return "text/html" if text.startswith((b"<!doctype html", b"<html")) else None


def described(media_type: str) -> str:
    """The type as a sentence names it, with its article: "a GIF", "an SVG", "an HTML page"."""
    if media_type == "text/html":
        return "an HTML page"
    name = "JPEG" if media_type == "image/jpeg" else EXTENSIONS.get(media_type, media_type).upper()
    return f"{'an' if name[0] in 'AEIOSH' and name != 'HEIC' else 'a'} {name}"


def list_types(media_types: tuple[str, ...]) -> str:
    """The types as a list to choose from: "png, jpeg or webp"."""
    names = [media_type.partition("/")[2] for media_type in media_types]
    return " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


TAIL_BYTES = 64 * 1024
"""An end mark stands in the last bytes: some programs add to a finished picture."""

_MARKS = {
    "image/png": b"IEND\xaeB`\x82",
    "image/jpeg": b"\xff\xd9",
}
_BOXED = frozenset({"video/mp4", "video/quicktime", "image/avif"})


def is_cut(path: Path, media_type: str) -> bool:
    """Whether the file ends too soon; False where its format does not tell. Raises OSError."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if media_type in _MARKS:
            file.seek(max(0, size - TAIL_BYTES))
            return _MARKS[media_type] not in file.read()
        if media_type == "image/webp":
            return size < 8 + int.from_bytes(file.read(8)[4:], "little")
        return media_type in _BOXED and _boxes_end(file, size) > size


def _boxes_end(file: BinaryIO, size: int) -> int:
    """Where the boxes of an ISO base media file (ISO/IEC 14496-12) end by what they say."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 0 and len(head) >= 8:  # to the end of the file, wherever that is
            return size
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        at += max(8, length)
    return at
