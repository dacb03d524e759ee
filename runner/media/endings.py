"""Endings: finds files that end too early, by the lengths and end marks of their formats."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from runner.media.mp3 import is_mp3_cut

END_MARKS = {"image/png": b"IEND\xaeB`\x82", "image/jpeg": b"\xff\xd9"}
"""What a complete file of that type contains near its end."""

_RIFF = frozenset({"image/webp", "video/x-msvideo", "audio/wav"})
_BOXED = frozenset({"video/mp4", "video/quicktime", "audio/mp4", "image/avif"})

_TAIL_BYTES = 64 * 1024
_UNKNOWN_LENGTH = 0xFFFFFFFF
"""Written by programs that could not go back to the header."""


def is_truncated(path: Path, media_type: str) -> bool:
    """Whether the file ends too early; False where its format does not show it. Raises OSError."""
    with path.open("rb") as file:
        # Of a result only: players pass over it, and so do providers that are sent such a file.
        if media_type == "audio/mpeg":
            return is_mp3_cut(file)
        if media_type not in END_MARKS:
            return lacks_its_length(file, media_type)
        # Not exactly at the end: some programs append data of their own.
        file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
        return END_MARKS[media_type] not in file.read()


def lacks_its_length(file: BinaryIO, media_type: str) -> bool:
    """Whether the file is shorter than its headers announce; False where they do not."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if media_type in _RIFF:
        # The header of a RIFF file gives the length of all that follows its first 8 bytes.
        length = int.from_bytes(file.read(8)[4:], "little")
        return length != _UNKNOWN_LENGTH and size < 8 + length
    return media_type in _BOXED and _boxes_end(file, size) > size


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
