"""PNG: size by the header, and files that only look like one."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from runner.media.png import png_size
from tests.builders import image_bytes

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, data: bytes = b"") -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + checksum


def header(width: int = 3, height: int = 2, depth: int = 8, colour: int = 2) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def test_the_size_of_a_picture_is_read() -> None:
    assert png_size(io.BytesIO(image_bytes("PNG", (300, 200)))) == (300, 200)


def test_other_chunks_are_skipped() -> None:
    content = SIGNATURE + header() + chunk(b"zTXt", b"damaged") + chunk(b"IDAT")
    assert png_size(io.BytesIO(content)) == (3, 2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        SIGNATURE,
        SIGNATURE + header(),
        SIGNATURE + header()[:-1] + b"?" + chunk(b"IDAT"),
        SIGNATURE + header(width=0) + chunk(b"IDAT"),
        SIGNATURE + header(depth=3) + chunk(b"IDAT"),
        SIGNATURE + header(colour=5) + chunk(b"IDAT"),
        SIGNATURE + chunk(b"CgBI", bytes(4)) + header() + chunk(b"IDAT"),
        SIGNATURE + header() + b"\xff\xff\xff\xfftEXt" + chunk(b"IDAT"),
        SIGNATURE + header() + b"\0\0\0\0\0\0\0\0" + chunk(b"IDAT"),
    ],
)
def test_a_damaged_png_is_rejected(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"chunk|header|signature"):
        png_size(io.BytesIO(content))
