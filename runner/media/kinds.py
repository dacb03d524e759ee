"""The first bytes of a file in, its media type out; and the types' names for people and files."""

from __future__ import annotations

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


def spoken(media_type: str) -> str:
    """The type as a sentence names it, with its article: "a GIF", "an SVG", "an HTML page"."""
    if media_type == "text/html":
        return "an HTML page"
    name = "JPEG" if media_type == "image/jpeg" else EXTENSIONS.get(media_type, media_type).upper()
    return f"{'an' if name[0] in 'AEIOSH' and name != 'HEIC' else 'a'} {name}"


def listed(media_types: tuple[str, ...]) -> str:
    """The types as a list to choose from: "png, jpeg or webp"."""
    names = [media_type.partition("/")[2] for media_type in media_types]
    return " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
