"""PNG size: reads a picture's width and height without unpacking what comes before its pixels."""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_BYTES = 13
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
"""Colour type to the bits per sample that the standard allows (ISO/IEC 15948, 11.2.1)."""


def png_size(file: BinaryIO) -> tuple[int, int]:
    """Width and height in pixels; raises ValueError unless chunks lead from the header to pixels.

    Text, colour profiles and other data between them are skipped: compressed, they may hold any
    amount, such as the graph of a node editor, and none of it matters here.
    """
    if file.read(8) != _SIGNATURE:
        raise ValueError("no signature")
    name, length = _chunk(file)
    data = file.read(_HEADER_BYTES)
    checksum = zlib.crc32(name + data).to_bytes(4, "big")
    if (name, length) != (b"IHDR", _HEADER_BYTES) or file.read(4) != checksum:
        raise ValueError("no header")
    width, height, depth, colour = struct.unpack(">IIBB", data[:10])
    if not (width and height and depth in _DEPTHS.get(colour, ())):
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
