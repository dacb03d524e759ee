"""Stream reader: a program that reads what a video or an audio file is, for `runner.media.streams`.

It runs in a process of its own, because FFmpeg reads foreign bytes in native code: a damaged or
hostile file may crash it, or keep it busy for ever. It writes an empty JSON object when PyAV is
loaded. Then each line that it reads has a path and FFmpeg's name of the format, and each line that
it writes has the facts, or the error; with `box` also what shows the file, see `_view`, with
`whole` also whether all of it is there, see `_to_the_end`.
"""

from __future__ import annotations

import base64
import json
import resource
import signal
import sys
from array import array
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

_PER_FILE_S = 20
_PER_WHOLE_FILE_S = 60
"""A file that is read to its end may have gigabytes."""
_IDLE_S = 60
_MAX_MEMORY_BYTES = 4 << 30

_CODECS = {
    "hevc": "h265",
    "vvc": "h266",
    "mpeg1video": "mpeg1",
    "mpeg2video": "mpeg2",
    "wmv1": "wmv",
    "wmv2": "wmv",
    "wmv3": "wmv",
    "vc1": "wmv",
}
"""FFmpeg's names of codecs to those that documents use, where they differ."""

_ESTIMATED = frozenset({"aac", "mp3"})
"""Formats whose length FFmpeg only estimates from the first frames."""


def main() -> None:
    """Answer each line, until the input ends."""
    # Not where the system has no such limit, or a lower one.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    # The alarm ends the process, also inside native code. `streams` starts it again.
    signal.alarm(_IDLE_S)
    _write({})
    for line in sys.stdin:
        question = json.loads(line)
        signal.alarm(_PER_WHOLE_FILE_S if question.get("whole") else _PER_FILE_S)
        _write(_answer(**question))
        signal.alarm(_IDLE_S)


def _write(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _answer(
    *,
    path: str,
    format: str,  # noqa: A002 - FFmpeg's own word
    box: int | None = None,
    whole: bool = False,
) -> dict[str, Any]:
    try:
        # An open file and its format, because FFmpeg takes some names and texts for URLs.
        with Path(path).open("rb") as file, av.open(file, "r", format=format) as container:
            found = _facts(container)
        if (box is None and not whole) or "error" in found:
            return found
        # Opened again, because measuring has read the packets of some formats.
        with Path(path).open("rb") as file, av.open(file, "r", format=format) as container:
            return found | (_to_the_end(container) if box is None else _view(container, box))
    except (av.FFmpegError, OSError, ValueError, MemoryError, StopIteration) as error:
        return {"error": str(error) or "nothing in it can be decoded"}


def _facts(container: InputContainer) -> dict[str, Any]:
    video = _video(container)
    stream = video or next(iter(container.streams.audio), None)
    if stream is None:
        return {"error": "no stream"}
    rate = video.average_rate if video else None
    return {
        "has_pictures": video is not None,
        "width": (video.width or None) if video else None,
        "height": (video.height or None) if video else None,
        "frames_per_second": float(rate) if rate else None,
        "codec": _codec(stream),
        "seconds": _seconds(container, stream),
    }


def _video(container: InputContainer) -> av.VideoStream | None:
    return next((each for each in container.streams.video if not _is_cover(each)), None)


def _is_cover(stream: av.VideoStream) -> bool:
    """Whether the stream is one picture that stands for a piece of music."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _codec(stream: av.VideoStream | av.AudioStream) -> str:
    context = stream.codec_context
    name = context.codec.canonical_name if context is not None else "unknown"
    return _CODECS.get(name, name)


def _seconds(container: InputContainer, stream: av.VideoStream | av.AudioStream) -> float | None:
    if container.duration is not None and container.format.name not in _ESTIMATED:
        return container.duration / av.time_base
    least, most = None, None
    for packet in container.demux(stream):
        if packet.pts is not None and packet.time_base is not None:
            start = float(packet.pts * packet.time_base)
            end = start + float((packet.duration or 0) * packet.time_base)
            least = start if least is None else min(least, start)
            most = end if most is None else max(most, end)
    return most - least if least is not None and most is not None else None


_LOST_SHARE = 0.05
"""Less may be missing: edit lists leave out packets, and headers round their times."""
_LOST_S = 0.5


def _to_the_end(container: InputContainer) -> dict[str, Any]:
    """Whether there is sound, and whether the file has all that its headers announce.

    The packets are read and not decoded: decoding a video takes a hundred times as long, and what
    a broken upload or copy damages is the end. Only the first picture, or sound, is decoded.
    """
    stream = _video(container) or container.streams.audio[0]
    next(container.decode(stream))
    container.seek(0)
    return {"has_sound": bool(container.streams.audio), "is_cut": _is_cut(container, stream)}


def _is_cut(container: InputContainer, stream: av.VideoStream | av.AudioStream) -> bool:
    """Whether packets of the stream are missing, or what is left of one is damaged."""
    count, end = 0, 0.0
    try:
        for packet in container.demux(stream):
            if packet.is_corrupt:
                return True
            if packet.pts is not None and packet.time_base is not None:
                count += 1
                end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    except av.FFmpegError:
        return True
    if stream.frames:  # an index of the whole file
        return count < stream.frames - max(2, stream.frames * _LOST_SHARE)
    if container.duration is None or container.format.name in _ESTIMATED:
        return False
    length = ((container.start_time or 0) + container.duration) / av.time_base
    return end < length - max(_LOST_S, length * _LOST_SHARE)


_PEAKS_PER_S = 50
_SAMPLES_PER_S = 8000
_MAX_PEAKS = 3600 * _PEAKS_PER_S
"""Of the first hour: the rest of a longer sound is not shown."""
_DARK_FRAMES = 24
"""How many of the first frames may be passed over, where a film fades in."""
_LEAST_CONTRAST = 24


def _view(container: InputContainer, box: int) -> dict[str, Any]:
    """A still of a video that fits into a square of that many pixels, or the peaks of a sound.

    The still has its pixels as `rgb`, in base64, row by row, and the counter-clockwise `rotation`
    in degrees that it is to be shown with. `has_sound` is that of a video.
    """
    video = _video(container)
    if video is None:
        return {"peaks": _peaks(container)}
    has_sound = bool(container.streams.audio)
    frame = _first_visible(container, video)
    if frame is None:
        return {"has_sound": has_sound}
    scale = min(1.0, box / max(frame.width, frame.height))
    width, height = (max(1, round(side * scale)) for side in (frame.width, frame.height))
    small = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
    plane, row = small.planes[0], 3 * width
    lines, stride = memoryview(plane), plane.line_size  # a line may be padded
    pixels = b"".join(lines[y * stride : y * stride + row] for y in range(height))
    return {
        "has_sound": has_sound,
        "rotation": frame.rotation,
        "still": [width, height],
        "rgb": base64.b64encode(pixels).decode("ascii"),
    }


def _first_visible(container: InputContainer, video: av.VideoStream) -> av.VideoFrame | None:
    """The first frame, or a later one where the first ones are of one colour."""
    first = None
    for frame in islice(container.decode(video), _DARK_FRAMES):
        first = first or frame
        tiny = frame.reformat(width=16, height=16, format="gray", interpolation="AREA")
        grays = bytes(tiny.planes[0])[: 16 * tiny.planes[0].line_size]
        shown = [grays[y * tiny.planes[0].line_size + x] for y in range(16) for x in range(16)]
        if max(shown) - min(shown) >= _LEAST_CONTRAST:
            return frame
    return first


def _peaks(container: InputContainer) -> list[int]:
    """The loudest sample in each piece of a sound, 0 to 32768."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=_SAMPLES_PER_S)
    peaks: list[int] = []
    samples, piece = array("h"), _SAMPLES_PER_S // _PEAKS_PER_S
    for frame in container.decode(audio=0):
        for each in resampler.resample(frame):
            samples.frombytes(bytes(each.planes[0])[: 2 * each.samples])
        whole = len(samples) // piece * piece
        peaks += (max(map(abs, samples[at : at + piece])) for at in range(0, whole, piece))
        del samples[:whole]
        if len(peaks) >= _MAX_PEAKS:
            break
    return peaks


if __name__ == "__main__":
    main()
