"""Task ids that the ledger could not take, kept in a file that was made ready beforehand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from runner.ledger.errors import system_error
from runner.model import Intent

_RESERVED_BYTES = 64 * 1024
"""Some 150 entries, written ahead so that they find room on a full disk."""


class RescueFile:
    """One JSON object a line: attempt, task_id, and what names the request. Blank lines pad."""

    def __init__(self, path: Path):
        """Open and reserve the file; raises `LedgerError` where that cannot be done."""
        self._path = path
        self._end = 0
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
            os.pwrite(self._file, b"\n" * _RESERVED_BYTES, 0)
            os.fsync(self._file)
        except OSError as error:
            raise system_error(path, error) from error

    @property
    def path(self) -> Path:
        """Where the file is, to be told to the user."""
        return self._path

    def record(self, intent: Intent, task_id: str, *, attempt: int | None = None) -> None:
        """Write what is known of a task, durably; raises `LedgerError` when even that fails."""
        known = {
            "attempt": attempt,
            "task_id": task_id,
            "provider": intent.provider,
            "base_url": intent.base_url,
            "manifest": intent.manifest,
            "job": intent.job,
            "fingerprint": intent.fingerprint,
            "tag": intent.tag,
            "at": intent.at,
        }
        line = json.dumps(known).encode() + b"\n"
        try:
            self._end += os.pwrite(self._file, line, self._end)
            os.fsync(self._file)
        except OSError as error:
            raise system_error(self._path, error) from error

    def close(self) -> None:
        """Keep what was recorded; remove the file when that is nothing."""
        if self._end:
            os.ftruncate(self._file, self._end)
        else:
            self._path.unlink(missing_ok=True)
        os.close(self._file)


def read_rescue(path: Path) -> list[dict[str, Any]]:
    """The entries of a rescue file, in the order of writing; torn lines are left out."""
    entries = []
    for line in path.read_bytes().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    return entries


def rescue_path(ledger: Path, run: str) -> Path:
    """Where the rescue file of a run over that ledger is."""
    return ledger.with_name(f"{ledger.stem}.rescue-{run}.jsonl")
