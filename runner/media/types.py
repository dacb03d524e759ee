"""Media types: detects a file's type by its first bytes, and names types and kinds."""

from __future__ import annotations

from types import MappingProxyType

from runner.model.operations import MediaKind

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
    "video/matroska": "mkv",
    "video/x-msvideo": "avi",
    "video/x-flv": "flv",
    "video/mp2t": "ts",
    "video/mpeg": "mpg",
    "video/ogg": "ogv",
    "video/x-ms-wmv": "wmv",
    "application/mxf": "mxf",
    "application/vnd.apple.mpegurl": "m3u8",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/wav": "wav",
    "audio/aac": "aac",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/x-ms-wma": "wma",
    "application/pdf": "pdf",
    "text/html": "html",
}
"""Media type to the extension (without its dot) of a file of that type."""

ALIASES = MappingProxyType(
    {
        "image/jpg": "image/jpeg",
        "video/mov": "video/quicktime",
        "video/avi": "video/x-msvideo",
        "video/x-matroska": "video/matroska",
        "video/mkv": "video/matroska",
        "video/ts": "video/mp2t",
        "audio/mp3": "audio/mpeg",
        "audio/x-mp3": "audio/mpeg",
        "audio/x-wav": "audio/wav",
        "audio/wave": "audio/wav",
        "audio/m4a": "audio/mp4",
        "audio/x-m4a": "audio/mp4",
        "audio/x-aac": "audio/aac",
        "audio/wma": "audio/x-ms-wma",
    }
)
"""Other names of types, which documents and programs write, to the name used here."""

AS_AUDIO = MappingProxyType(
    {
        "video/mp4": "audio/mp4",
        "video/quicktime": "audio/mp4",
        "video/ogg": "audio/ogg",
        "video/x-ms-wmv": "audio/x-ms-wma",
    }
)
"""Type of a container to its type where it holds sound alone; the first bytes do not show that."""

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\xff\x0a", "image/jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"FLV\x01", "video/x-flv"),
    (b"\0\0\x01\xba", "video/mpeg"),
    (b"\0\0\x01\xb3", "video/mpeg"),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02", "application/mxf"),
    # The header of ASF, which WMV and WMA share.
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", "video/x-ms-wmv"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
)

_RIFF = {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo", b"WAVE": "audio/wav"}

# Major brands of ISO base media files (ISO/IEC 14496-12); any other brand counts as MP4.
_BRANDS = {
    b"qt": "video/quicktime",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"M4A": "audio/mp4",
    b"M4B": "audio/mp4",
} | dict.fromkeys(
    (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "image/heic"
)

# First boxes of QuickTime files that have no brand, as editors and cameras still write them.
_QUICKTIME = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})


def sniff(head: bytes) -> str | None:
    """The media type by the first bytes, whatever the file's name; None if unknown."""
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "video/matroska" if b"matroska" in head[:64] else "video/webm"
    if head[:4] == b"OggS":
        return "video/ogg" if b"\x80theora" in head[:64] else "audio/ogg"
    if head[4:8] == b"ftyp":
        return _by_brands(head)
    # The length comes first: at most 16 MiB, or 1 for one of 64 bits, unlike letters of a text.
    if head[4:8] in _QUICKTIME and (head[0] == 0 or head[4:8] == b"mdat"):
        return "video/quicktime"
    return _by_frames(head) or _text(head)


def _by_brands(head: bytes) -> str:
    major = _BRANDS.get(head[8:12].rstrip(b" \0"), "video/mp4")
    # The general brands of HEIF (mif1, msf1) do not name the codec; the brands behind them do.
    size = int.from_bytes(head[:4], "big")
    others = {head[at : at + 4] for at in range(16, min(size, len(head)) - 3, 4)}
    return "image/avif" if major == "image/heic" and others & {b"avif", b"avis"} else major


_TS_START = 0x47

_LAYER_3_RATES = range(1, 15)
"""Indexes of an MP3 frame's bits a second; 0 stands for any rate, 15 is not allowed."""


def _by_frames(head: bytes) -> str | None:
    """Formats without a header of their own: one packet or frame follows the other."""
    for start, packet in ((0, 188), (4, 192)):  # the latter with a time before each packet
        starts = head[start::packet]
        if len(starts) > 1 and set(starts) == {_TS_START}:
            return "video/mp2t"
    if len(head) < 4 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    is_layer_3 = head[1] & 0xE6 == 0xE2 and head[1] & 0x18 != 0x08
    is_frame = head[2] >> 4 in _LAYER_3_RATES and head[2] & 0x0C != 0x0C
    return "audio/mpeg" if is_layer_3 and is_frame else None


def _text(head: bytes) -> str | None:
    # A saved error page is a common mistake that is worth its own message.
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"#extm3u"):
        return "application/vnd.apple.mpegurl"
    if not text.startswith(b"<"):
        return None
    if b"<svg" in text:
        return "image/svg+xml"
    return "text/html" if text.startswith((b"<!doctype html", b"<html")) else None


_BY_EXTENSION = {f".{name}": media_type for media_type, name in EXTENSIONS.items()} | {
    ".jpeg": "image/jpeg",
    ".m4v": "video/mp4",
}
_LONGEST_EXTENSION = max(map(len, _BY_EXTENSION))


def by_extension(name: str) -> str | None:
    """The media type that the end of a file's name stands for; None if unknown."""
    return _BY_EXTENSION.get(f".{name[-_LONGEST_EXTENSION:].rpartition('.')[2].lower()}")


_VIDEO_APPLICATIONS = frozenset({"application/mxf", "application/vnd.apple.mpegurl"})


def kind_of(media_type: str) -> MediaKind | None:
    """The kind of what is in a file of that type; None for a document."""
    if media_type in _VIDEO_APPLICATIONS:
        return "video"
    match media_type.partition("/")[0]:
        case "image" | "video" | "audio" as kind:
            return kind
    return None


def short_name(media_type: str) -> str:
    """The type as documents list it: "png", "jpeg", "mp4", "mov"."""
    if media_type.startswith("image/"):
        return media_type.partition("/")[2]
    return EXTENSIONS.get(media_type, media_type)


_NAMES = {
    "text/html": "an HTML page",
    "image/jpeg": "a JPEG",
    "application/vnd.apple.mpegurl": "an HLS playlist",
}
_SPOKEN_VOWELS = frozenset("AEFHILMNORSX")
"""Letters whose names begin with a vowel."""
_WORDS = frozenset({"HEIC", "FLAC"})
"""Spoken as words, though they begin with such a letter."""


def describe_type(media_type: str) -> str:
    """The type with its article, for messages: "a GIF", "an SVG", "an HTML page"."""
    if media_type in _NAMES:
        return _NAMES[media_type]
    name = EXTENSIONS.get(media_type, media_type).upper()
    return f"{'an' if name[0] in _SPOKEN_VOWELS and name not in _WORDS else 'a'} {name}"


_KINDS = {"image": "an image", "video": "a video", "audio": "an audio file"}


def with_article(kind: str) -> str:
    """The kind of a medium, for messages: "an image", "a video", "an audio file"."""
    return _KINDS[kind]
