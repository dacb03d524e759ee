"""A file whose end nothing else tells in, whether it is all there out, by its own format."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

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
