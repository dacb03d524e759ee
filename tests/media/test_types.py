"""Media types by content, their names, and truncated files."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from runner.media.endings import is_truncated
from runner.media.types import describe_type, sniff


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"\x00\x00\x00\x18ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", "video/quicktime"),
        (b"\x00\x01\x02\x03moov", "video/quicktime"),
        (b"The free city", None),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"\x00\x00\x00\x18ftypavif", "image/avif"),
        (b"\x1a\x45\xdf\xa3\x01", "video/webm"),
        (b"BM\x00\x00\x00\x00\x00\x00\x00\x00", "image/bmp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"II*\x00", "image/tiff"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><p>404", "text/html"),
        (b"<?xml version='1.0'?><svg>", "image/svg+xml"),
        (b"<?xml version='1.0'?><Error>", None),
        (b"a note", None),
        (b"", None),
    ],
)
def test_the_first_bytes_decide_the_type(head: bytes, media_type: str | None) -> None:
    assert sniff(head) == media_type


@pytest.mark.parametrize(
    ("media_type", "words"),
    [("text/html", "an HTML page"), ("image/svg+xml", "an SVG"), ("image/heic", "a HEIC")],
)
def test_types_are_named_as_people_name_them(media_type: str, words: str) -> None:
    assert describe_type(media_type) == words


def drawn(kind: str) -> bytes:
    content = BytesIO()
    Image.effect_noise((200, 200), 50).convert("RGB").save(content, kind)
    return content.getvalue()


def boxes(*sizes: int) -> bytes:
    """An MP4 whose last box goes by its header to the end of the file where its size is 0."""
    first = struct.pack(">I", 16) + b"ftypmp42" + bytes(4)
    return first + b"".join(struct.pack(">I", n) + b"mdat" + bytes(max(n, 8) - 8) for n in sizes)


LARGE_BOX = struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 100) + bytes(84)


ENDING = [
    ("image/png", drawn("PNG")),
    ("image/jpeg", drawn("JPEG")),
    ("image/gif", drawn("GIF")),
    ("image/webp", drawn("WEBP")),
    ("video/mp4", boxes(100, 5000)),
    ("video/quicktime", boxes() + LARGE_BOX),
    ("image/avif", boxes(20)),
]


@pytest.mark.parametrize(("media_type", "content"), ENDING)
def test_a_complete_file_is_not_truncated(tmp_path: Path, media_type: str, content: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    assert not is_truncated(path, media_type)


@pytest.mark.parametrize(("media_type", "content"), [e for e in ENDING if "gif" not in e[0]])
@pytest.mark.parametrize("left", [0.5, 0.99])
def test_a_file_that_ends_too_early_is_truncated(
    tmp_path: Path, media_type: str, content: bytes, left: float
) -> None:
    path = tmp_path / "f"
    path.write_bytes(content[: int(left * len(content))])
    assert is_truncated(path, media_type)


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("video/mp4", boxes(0)),
        ("video/webm", b"\x1aE\xdf\xa3"),
        ("image/png", drawn("PNG") + b"more"),
    ],
)
def test_a_format_without_an_end_mark_is_never_truncated(
    tmp_path: Path, media_type: str, content: bytes
) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    assert not is_truncated(path, media_type)


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "image/avif"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf", "image/heic"),
        (b"\0\0\0\x14ftypmif1\0\0\0\0mif1avif", "image/heic"),
        (b"\xff\x0a\xfa", "image/jxl"),
        (b"8BPS\0\x01", "image/vnd.adobe.photoshop"),
    ],
)
def test_what_is_often_named_jpg_is_recognized(head: bytes, media_type: str) -> None:
    assert sniff(head) == media_type
