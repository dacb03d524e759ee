"""MP3: finds files that end within a frame, or before the last one that they announce.

Frames stand one after the other (ISO/IEC 11172-3 and 13818-3), each with its length in its own
header, and no mark ends the file. Where an encoder has put their number into the first one (the
"Xing" or "Info" header), any loss shows. Without it, nothing in a file that was cut exactly between
two frames shows that it once was longer: only its length does, which
`engine.download.expected` compares with the one that was asked for.
"""

from __future__ import annotations

import os
from typing import BinaryIO, NamedTuple

_MPEG_1 = 3
"""The version bits; 2 is MPEG-2, 0 MPEG-2.5."""
_LAYER_3 = 1
_MONO = 3
_KILOBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}
"""By whether it is MPEG-1; 0 is "free" or forbidden, and gives no length."""
_HERTZ = {_MPEG_1: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8000)}
_TAGS = (b"TAG", b"APE", b"LYR", b"ID3", b"3DI")
"""How what may follow the last frame begins."""
_HEADER_BYTES = 4


class _Frame(NamedTuple):
    length: int
    """Bytes, with the header."""
    side_bytes: int
    """Between its header and its sound; the number of frames stands after them."""


def is_mp3_cut(file: BinaryIO) -> bool:
    """Whether frames are missing at the end; False where the file does not show it."""
    size = file.seek(0, os.SEEK_END)
    at, count = _after_id3(file), 0
    announced = _announced(file, at)
    while at < size:
        file.seek(at)
        head = file.read(_HEADER_BYTES)
        frame = _frame(head)
        if frame is None:
            # Padding, or damage in the middle, which players pass over.
            if head[:3] not in _TAGS:
                return False
            break
        at, count = at + frame.length, count + 1
    # The frame with the header is not counted by all encoders.
    is_short = announced is not None and count < announced
    return at > size or is_short


def _after_id3(file: BinaryIO) -> int:
    """Where the first frame stands: after the tag that may precede it (ID3v2, section 3.1)."""
    file.seek(0)
    head = file.read(10)
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    length = 0
    for byte in head[6:]:  # seven bits each, so that no length looks like the start of a frame
        length = length << 7 | byte & 0x7F
    has_footer = bool(head[5] & 0x10)
    return 10 + length + (10 if has_footer else 0)


def _frame(head: bytes) -> _Frame | None:
    """The frame with that header; None where it is none of layer 3, or has no length."""
    if len(head) < _HEADER_BYTES or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate = head[2] >> 2 & 3
    if layer != _LAYER_3 or version not in _HERTZ or rate == 3:
        return None
    is_first = version == _MPEG_1
    bits_a_second = _KILOBITS[is_first][head[2] >> 4] * 1000
    if not bits_a_second:
        return None
    bytes_of_samples = 144 if is_first else 72  # an eighth of its samples
    is_mono = head[3] >> 6 == _MONO
    side_bytes = (17 if is_mono else 32) if is_first else (9 if is_mono else 17)
    padding = head[2] >> 1 & 1
    length = bytes_of_samples * bits_a_second // _HERTZ[version][rate] + padding
    return _Frame(length=length, side_bytes=side_bytes)


def _announced(file: BinaryIO, at: int) -> int | None:
    """How many frames the first one announces; None where it does not."""
    file.seek(at)
    frame = _frame(file.read(_HEADER_BYTES))
    if frame is None:
        return None
    file.seek(at + _HEADER_BYTES + frame.side_bytes)
    name, flags, number = file.read(4), file.read(4), file.read(4)
    has_number = name in (b"Xing", b"Info") and len(number) == 4 and flags[3] & 1
    return int.from_bytes(number, "big") if has_number else None
