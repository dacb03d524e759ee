"""Run locks: each run holds a lock file for its life, which shows that it is alive."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from runner.fs import try_lock
from runner.ledger.errors import translated_system_errors


class RunLock:
    """The lock of one run, held from construction until `release` or the end of the process.

    It belongs to the open file, which no started program inherits; a forked child that goes on
    without exec would keep it.
    """

    def __init__(self, folder: Path, run: str):
        """Take the lock; raises `LedgerError` if the folder cannot be written."""
        self._path = lock_path(folder, run)
        # Not a POSIX lock: that would end when `alive` closes the file in this process.
        with translated_system_errors(self._path):
            self._path.parent.mkdir(exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def release(self) -> None:
        """Release the lock and remove its file."""
        # First the name, then the lock: an existing file without a lock means a dead run.
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def lock_path(folder: Path, run: str) -> Path:
    """The lock file of a run; `folder` is the ledger's."""
    return folder / "runs" / f"{run}.lock"


def alive(folder: Path, run: str) -> bool:
    """Whether the process of `run` is still alive; only tests its lock. Raises LedgerError."""
    path = lock_path(folder, run)
    with translated_system_errors(path):
        try:
            file = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return False  # it has ended
    try:
        # Shared, so that two processes that test at once do not take each other for the run.
        return not try_lock(file, fcntl.LOCK_SH)
    finally:
        os.close(file)
