"""Audio files: measures MP3, AAC, WAV and M4A by their headers, without decoding anything."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from runner.emulator.api.containers import BrokenVideoError, presentation_seconds

MP3, AAC, WAV, M4A = "audio/mpeg", "audio/aac", "audio/wav", "audio/mp4"

_ID3_HEAD = 10  # bytes of an ID3v2 tag before its content
_LEAST_FRAMES = 2  # a file that has fewer begins like a sound by chance

# By version (the two bits in the header): 3 is MPEG-1, 2 MPEG-2, 0 MPEG-2.5. Kilobits a second.
_MP3_V1_KBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_V2_KBITS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MP3_RATES: Mapping[int, tuple[int, ...]] = {
    3: (44_100, 48_000, 32_000),
    2: (22_050, 24_000, 16_000),
    0: (11_025, 12_000, 8_000),
}
_AAC_RATES = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000),
    *(22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
)
_AAC_SAMPLES = 1024  # of a frame


class BrokenSoundError(ValueError):
    """The headers of a sound are damaged, or it has no sound."""


def sound_type_of(content: bytes) -> str | None:
    """The media type by the first bytes; None for anything but these four."""
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return WAV
    if content[4:8] == b"ftyp":
        return M4A
    body = content[_tag_bytes(content) :]
    if body[:1] != b"\xff" or len(body) < 2 or body[1] < 0xE0:
        return MP3 if content.startswith(b"ID3") else None
    # ADTS has no layer, and there is no MP3 without one.
    return MP3 if body[1] & 0x06 else AAC


def seconds_of_sound(content: bytes, media_type: str) -> float:
    """The length of a sound of one of the four types; raises BrokenSoundError."""
    try:
        return _MEASURES[media_type](content)
    except (struct.error, ZeroDivisionError, BrokenVideoError) as error:
        raise BrokenSoundError("its headers are damaged") from error


def _tag_bytes(content: bytes) -> int:
    """The size of an ID3v2 tag at the beginning."""
    if not content.startswith(b"ID3") or len(content) < _ID3_HEAD:
        return 0
    size = 0
    for byte in content[6:_ID3_HEAD]:  # seven bits each
        size = size << 7 | byte & 0x7F
    return _ID3_HEAD + size


# ------------------------------------------------------------------------ MP3, AAC: frame by frame

_Frame: TypeAlias = tuple[int, float]
"""Bytes and seconds of one frame."""


def _seconds_of_frames(content: bytes, frame_at: Callable[[bytes, int], _Frame | None]) -> float:
    at, count, seconds = _tag_bytes(content), 0, 0.0
    while frame := frame_at(content, at):
        at, count, seconds = at + frame[0], count + 1, seconds + frame[1]
    if count < _LEAST_FRAMES:
        raise BrokenSoundError("it has no frames of sound")
    return seconds


def _mp3_frame(content: bytes, at: int) -> _Frame | None:
    head = content[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:  # layer III
        return None
    version, kbits, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version not in _MP3_RATES or not 0 < kbits < 15 or rate == 3:
        return None
    hertz, is_first = _MP3_RATES[version][rate], version == 3
    samples = 1152 if is_first else 576
    bits = (_MP3_V1_KBITS if is_first else _MP3_V2_KBITS)[kbits] * 1000
    padding = head[2] >> 1 & 1
    return samples // 8 * bits // hertz + padding, samples / hertz


def _aac_frame(content: bytes, at: int) -> _Frame | None:
    head = content[at : at + 7]
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    rate = head[2] >> 2 & 15
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if rate >= len(_AAC_RATES) or size < len(head):
        return None
    blocks = 1 + (head[6] & 3)
    return size, blocks * _AAC_SAMPLES / _AAC_RATES[rate]


# -------------------------------------------------------------------------------------- WAV, M4A


def _seconds_of_wav(content: bytes) -> float:
    bytes_a_second = 0
    for name, at, size in _wav_chunks(content):
        if name == b"fmt ":
            (bytes_a_second,) = struct.unpack_from("<I", content, at + 8)
        elif name == b"data":
            # A size of 0 or beyond the end is that of a recording whose length was not known.
            rest = len(content) - at
            return (min(size, rest) or rest) / float(bytes_a_second)
    raise BrokenSoundError("it has no samples")


def _wav_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and size of each chunk."""
    at = 12
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        yield name, at + 8, size
        at += 8 + size + size % 2


def _seconds_of_m4a(content: bytes) -> float:
    seconds = presentation_seconds(content)
    if not seconds:
        raise BrokenSoundError("its headers lack the length")
    return seconds


_MEASURES: Mapping[str, Callable[[bytes], float]] = {
    MP3: lambda content: _seconds_of_frames(content, _mp3_frame),
    AAC: lambda content: _seconds_of_frames(content, _aac_frame),
    WAV: _seconds_of_wav,
    M4A: _seconds_of_m4a,
}
