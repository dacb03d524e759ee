"""Streams: measures videos and audio files with PyAV, in a process that may crash."""

from __future__ import annotations

import atexit
import base64
import importlib.util
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any, NamedTuple

EXTRA_HINT = 'pip install "vidu-run[media]"'
"""How to get PyAV."""

_FORMATS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/matroska": "matroska",
    "video/x-msvideo": "avi",
    "video/x-flv": "flv",
    "video/mp2t": "mpegts",
    "video/mpeg": "mpeg",
    "video/ogg": "ogg",
    "video/x-ms-wmv": "asf",
    "application/mxf": "mxf",
    "audio/mpeg": "mp3",
    "audio/mp4": "mov",
    "audio/wav": "wav",
    "audio/aac": "aac",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/x-ms-wma": "asf",
}
"""Media type to FFmpeg's name of its format."""


class StreamFacts(NamedTuple):
    """What PyAV reads in a video or an audio file; None for what is not in the file."""

    has_pictures: bool
    width: int | None
    height: int | None
    seconds: float | None
    frames_per_second: float | None
    codec: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamView:
    """What shows a video or an audio file."""

    facts: StreamFacts
    has_sound: bool | None
    """Of a video."""
    still: tuple[int, int] | None
    """Width and height of `rgb`; None where the file has no picture."""
    rgb: bytes = field(repr=False)
    """Three bytes a pixel, row by row."""
    rotation: int
    """Counter-clockwise degrees that the still is to be shown with."""
    peaks: Sequence[int]
    """Of a sound: the loudest sample in each piece of equal length, 0 to 32768."""


class StreamCheck(NamedTuple):
    """What PyAV finds where it goes through a file to its end."""

    facts: StreamFacts
    has_sound: bool
    is_cut: bool
    """Whether less is there than the file's own headers announce."""


class UnreadableError(ValueError):
    """FFmpeg cannot read the file, or fails at it."""


@cache
def is_available() -> bool:
    """Whether PyAV is installed and works; the first call starts it."""
    return importlib.util.find_spec("av") is not None and _reader.starts()


def measure(path: Path, media_type: str) -> StreamFacts:
    """Length, size, rate and codec; raises UnreadableError. Only where PyAV `is_available`.

    Blocks, for some seconds at most.
    """
    found = _ask(_reader, path, media_type)
    return StreamFacts(**{name: found[name] for name in StreamFacts._fields})


def examine(path: Path, media_type: str) -> StreamCheck:
    """The same of a file that is read to its end. Blocks, for a minute at most."""
    found = _ask(_reader, path, media_type, whole=True)
    facts = StreamFacts(**{name: found[name] for name in StreamFacts._fields})
    return StreamCheck(facts=facts, has_sound=found["has_sound"], is_cut=found["is_cut"])


def view(path: Path, media_type: str, box: int) -> StreamView:
    """The same with what shows the file; a still fits into a square of `box` pixels.

    For any thread: several files are read at a time. Raises UnreadableError.
    """
    reader = _viewers().get()
    try:
        found = _ask(reader, path, media_type, box=box)
    finally:
        _viewers().put(reader)
    return StreamView(
        facts=StreamFacts(**{name: found[name] for name in StreamFacts._fields}),
        has_sound=found.get("has_sound"),
        still=tuple(found["still"]) if "still" in found else None,
        rgb=base64.b64decode(found.get("rgb", "")),
        rotation=found.get("rotation", 0),
        peaks=found.get("peaks", []),
    )


def _ask(reader: _Reader, path: Path, media_type: str, **more: int) -> dict[str, Any]:
    if media_type not in _FORMATS:
        raise UnreadableError("FFmpeg does not read it")
    question = {"path": str(path.absolute()), "format": _FORMATS[media_type], **more}
    answer = reader.ask(json.dumps(question))  # in ASCII, whatever the encoding of names is
    if answer is None:
        raise UnreadableError("FFmpeg fails at it")
    found: dict[str, Any] = json.loads(answer)
    if "error" in found:
        raise UnreadableError(found["error"])
    # Hundredths: what is beyond them is noise of time bases.
    for name in ("seconds", "frames_per_second"):
        found[name] = None if found[name] is None else round(found[name], 2)
    return found


@dataclass(slots=True)
class _Reader:
    """The process that reads files, one at a time; started at the first, and after each crash."""

    _process: subprocess.Popen[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def starts(self) -> bool:
        """Whether there is a process, or one can be started."""
        with self._lock:
            return self._start()

    def _start(self) -> bool:
        if self._process is None:
            self._process, greeting = _new_process(), ""
            try:
                # It greets when PyAV is loaded, which fails where a library is missing.
                greeting = _output(self._process).readline() if self._process else ""
            finally:  # also after Ctrl-C: the greeting must not be taken for an answer
                if not greeting:
                    self.close()
        return self._process is not None

    def ask(self, question: str) -> str | None:
        """The answer; None if the process ends instead."""
        with self._lock:
            # One that is already there may have been ending: it does so when it has nothing to do.
            was_running = self._process is not None
            answer = self._answer(question)
            return self._answer(question) if was_running and answer is None else answer

    def _answer(self, question: str) -> str | None:
        answer = ""
        try:
            if self._start():
                assert self._process is not None
                assert self._process.stdin is not None
                self._process.stdin.write(question + "\n")
                self._process.stdin.flush()
                answer = _output(self._process).readline()
        except BrokenPipeError:
            return None
        finally:  # also after Ctrl-C, with the answer still to come
            is_whole = answer.endswith("\n")
            if not is_whole:
                self.close()
        return answer if is_whole else None

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            # A question that was not read is written again on closing.
            with suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()


def _output(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None, "it is a pipe"
    return process.stdout


def _new_process() -> subprocess.Popen[str] | None:
    # -P: the folders of the script and of the user must not hide modules of Python or of PyAV.
    # A group of its own, so that Ctrl-C stops the run alone, which then ends this.
    program = Path(__file__).with_name("stream_reader.py")
    try:
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="ascii",
            process_group=0,
        )
    except OSError:  # too many processes, or Python itself has gone
        return None


_reader = _Reader()
atexit.register(_reader.close)

_MAX_VIEWERS = 4


@cache
def _viewers() -> queue.LifoQueue[_Reader]:
    """The readers that are free; the last one used first, so that no more start than are needed."""
    readers = queue.LifoQueue[_Reader]()
    for _ in range(min(_MAX_VIEWERS, os.cpu_count() or 1)):
        readers.put(reader := _Reader())
        atexit.register(reader.close)
    return readers
