"""Containers: measures videos by the headers of MP4, MOV and AVI files, and decodes nothing."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MP4, AVI = "video/mp4", "video/x-msvideo"
H264 = frozenset({"avc1", "avc3", "h264", "x264"})
"""The names of that codec in headers, in small letters."""

_PARENTS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_MOST_DEPTH = 8


class BrokenVideoError(ValueError):
    """The headers of a video are damaged, or it has no picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What the headers of a video state."""

    width: int
    height: int
    seconds: float
    fps: float
    """Frames a second on average; 0 where the headers do not state it."""
    codec: str
    """The four characters that name it, in small letters."""


def video_type_of(content: bytes) -> str | None:
    """The media type by the first bytes, MP4 for MOV too; None for other containers."""
    # QuickTime files older than `ftyp` begin with one of the others.
    if content[4:8] in {b"ftyp", b"moov", b"mdat", b"wide"}:
        return MP4
    return AVI if content[:4] == b"RIFF" and content[8:12] == b"AVI " else None


def measure(content: bytes, media_type: str) -> Measures:
    """The size, length and rate of a video of one of these types; raises BrokenVideoError."""
    try:
        return _measure_avi(content) if media_type == AVI else _measure_boxes(content)
    except (struct.error, ZeroDivisionError) as error:
        raise BrokenVideoError("its headers are damaged") from error


# --------------------------------------------------------------------------------------- MP4, MOV


def _measure_boxes(content: bytes) -> Measures:
    """The measures of the first video track, by ISO/IEC 14496-12."""
    seconds = 0.0
    track: dict[bytes, bytes] = {}
    for name, body in _boxes(content):
        if name == b"mvhd":
            seconds = _length(body)
        elif name == b"tkhd":  # the first box of each track
            track = {name: body}
        else:
            track.setdefault(name, body)  # a second `hdlr` is about where the data is
        if name == b"stts" and track.get(b"hdlr", b"")[8:12] == b"vide":
            break
    else:
        raise BrokenVideoError("it has no picture")
    # Width and height are the last fields: 16 bits before the point, 16 after it.
    width, height = (side >> 16 for side in struct.unpack(">II", track[b"tkhd"][-8:]))
    frames, own = _frames(track[b"stts"]), _length(track.get(b"mdhd", b""))
    seconds = seconds or own
    if not (width and height and seconds):
        raise BrokenVideoError("its headers lack size or length")
    fps = frames / (own or seconds)
    # The first entry of the table: its size, and then the name of its format.
    codec = _four(track.get(b"stsd", b"")[12:16])
    return Measures(width=width, height=height, seconds=seconds, fps=fps, codec=codec)


def _four(name: bytes) -> str:
    return name.decode("ascii", "replace").lower()


def _boxes(content: bytes, depth: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """Name and body of each box, those inside of others too, in order."""
    at = 0
    while at + 8 <= len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        head = 8
        if size == 1:  # the size follows in 64 bits
            (size,), head = struct.unpack_from(">Q", content, at + 8), 16
        end = at + size if size else len(content)  # 0: up to the end
        if end < at + head:
            raise BrokenVideoError("its headers are damaged")
        if name in _PARENTS and depth < _MOST_DEPTH:
            yield from _boxes(content[at + head : end], depth + 1)
        elif depth:  # at the top nothing describes the film
            yield name, content[at + head : end]
        at = end


def _length(header: bytes) -> float:
    """Seconds by a `mvhd` or `mdhd` box."""
    if not header:
        return 0.0
    pattern = ">QQIQ" if header[0] == 1 else ">IIII"
    *_, scale, duration = struct.unpack_from(pattern, header, 4)
    return float(duration / scale)


def _frames(table: bytes) -> int:
    """How many frames a `stts` box counts."""
    (count,) = struct.unpack_from(">I", table, 4)
    runs = struct.iter_unpack(">II", table[8 : 8 + 8 * count])
    return sum(frames for frames, _ in runs)


# -------------------------------------------------------------------------------------------- AVI


def _measure_avi(content: bytes) -> Measures:
    main, stream = content.find(b"avih"), content.find(b"vids")
    if main < 0 or content[stream - 8 : stream - 4] != b"strh":
        raise BrokenVideoError("it has no picture")
    width, height = struct.unpack_from("<II", content, main + 40)
    # Of the stream, because the main header counts its sound too.
    scale, rate, _, frames = struct.unpack_from("<IIII", content, stream + 20)
    if not (width and height and frames and rate):
        raise BrokenVideoError("its headers lack size or length")
    seconds, codec = frames * scale / rate, _four(content[stream + 4 : stream + 8])
    return Measures(width=width, height=height, seconds=seconds, fps=rate / scale, codec=codec)


def presentation_seconds(content: bytes) -> float:
    """The length of an MP4, MOV or M4A, whatever is in it; 0 where its headers lack it."""
    return next((_length(body) for name, body in _boxes(content) if name == b"mvhd"), 0.0)
