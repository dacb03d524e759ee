"""Rescue file: keeps task ids that the ledger could not take, in space that was reserved before."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.fs import flush, flush_folder
from runner.ledger.errors import translated_system_errors
from runner.model.tasks import Intent

_RESERVED_BYTES = 64 * 1024
"""About 150 entries, written ahead so that they fit on a full disk."""

_INTENT_FIELDS = ("provider", "base_url", "manifest", "job", "fingerprint", "tag", "at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where an entry is in its file, in bytes."""

    start: int
    length: int


class RescueFile:
    """One JSON object a line: attempt, task_id, and fields of the intent; blank lines pad it."""

    def __init__(self, path: Path):
        """Create and reserve the file; raises `LedgerError` if that fails."""
        self.path = path
        self._end = 0
        self._entries = 0
        with translated_system_errors(path):
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
            # Written now, so that a full disk cannot refuse it later.
            os.pwrite(self._file, b"\n" * _RESERVED_BYTES, 0)
            flush(self._file)
            flush_folder(path.parent)

    def record(self, intent: Intent, task_id: str, *, attempt: int | None = None) -> Entry:
        """Write down a task, durably; raises `LedgerError` if even that fails."""
        fields = {name: getattr(intent, name) for name in _INTENT_FIELDS}
        record = {"attempt": attempt, "task_id": task_id, **fields}
        line = json.dumps(record).encode() + b"\n"
        with translated_system_errors(self.path):
            entry = Entry(start=self._end, length=os.pwrite(self._file, line, self._end))
            flush(self._file)
        self._end += entry.length
        self._entries += 1
        return entry

    def erase(self, entry: Entry) -> None:
        """Remove what the ledger has by now."""
        with translated_system_errors(self.path):
            os.pwrite(self._file, b"\n" * entry.length, entry.start)
        self._entries -= 1

    def close(self) -> None:
        """Keep the entries; without any, remove the file."""
        if self._entries:
            os.ftruncate(self._file, self._end)
        else:
            self.path.unlink(missing_ok=True)  # the user may have removed it
        os.close(self._file)


def read_rescue(path: Path) -> list[dict[str, Any]]:
    """The entries of a rescue file, in the order of writing; incomplete lines are left out."""
    entries = []
    for line in path.read_bytes().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # the process died while it wrote this line
        if isinstance(entry, dict):
            entries.append(entry)
    return entries


def rescue_path(ledger: Path, run: str) -> Path:
    """Where the rescue file of a run of that ledger is."""
    return ledger.with_name(f"{ledger.stem}.rescue-{run}.jsonl")
