"""An append-only file of JSON lines that several processes may write and read.

A record is one write, handed to the operating system before `append` returns: it survives the
death of the process. A half-written line (power cut, full disk) is skipped for good.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Journal:
    """One open journal. Reading starts at its beginning and goes on where it ended."""

    def __init__(self, path: Path):
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(path, flags, 0o600)
        self._read_to = 0

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing: what is read inside is all there is."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def append(self, record: Mapping[str, Any]) -> None:
        """Write one record; call it inside `locked`. Raises OSError when it cannot be kept."""
        line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            line = b"\n" + line
        if os.write(self._file, line) != len(line):
            raise OSError("the journal took only part of a record")

    def new(self) -> Iterator[dict[str, Any]]:
        """The records written since the last call, by whichever process, in order."""
        size = os.fstat(self._file).st_size
        if size <= self._read_to:
            return
        text = os.pread(self._file, size - self._read_to, self._read_to)
        whole = text[: text.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.splitlines():
            record = _record(line)
            if record is not None:
                yield record


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
