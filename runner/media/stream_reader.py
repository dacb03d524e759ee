"""Stream reader: a program that reads what a video or an audio file is, for `runner.media.streams`.

It runs in a process of its own, because FFmpeg reads foreign bytes in native code: a damaged or
hostile file may crash it, or keep it busy for ever. It writes an empty JSON object when PyAV is
loaded. Then each line that it reads has a path and FFmpeg's name of the format, and each line that
it writes has the facts, or the error.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

_PER_FILE_S = 20
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
        signal.alarm(_PER_FILE_S)
        _write(_answer(**json.loads(line)))
        signal.alarm(_IDLE_S)


def _write(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _answer(*, path: str, format: str) -> dict[str, Any]:  # noqa: A002 - FFmpeg's own word
    try:
        # An open file and its format, because FFmpeg takes some names and texts for URLs.
        with Path(path).open("rb") as file, av.open(file, "r", format=format) as container:
            return _facts(container)
    except (av.FFmpegError, OSError, ValueError) as error:
        return {"error": str(error)}


def _facts(container: InputContainer) -> dict[str, Any]:
    video = next((each for each in container.streams.video if not _is_cover(each)), None)
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


if __name__ == "__main__":
    main()
