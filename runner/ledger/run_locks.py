"""A lock file for each run, held for its life: how the living are told from the dead."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from runner.ledger.errors import system_error


class RunLock:
    """The lock of one run, held from construction until `release`, or until the process dies.

    The lock belongs to the open file, which no started program inherits; a forked child that
    goes on without exec would keep it.
    """

    def __init__(self, folder: Path, run: str):
        """Take the lock; raises `LedgerError` where the folder cannot be written."""
        self._path = lock_path(folder, run)
        try:
            self._path.parent.mkdir(exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except OSError as error:
            raise system_error(self._path, error) from error

    def release(self) -> None:
        """Let go of the lock and remove its file."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def lock_path(folder: Path, run: str) -> Path:
    """Where the lock file of a run lies."""
    return folder / "runs" / f"{run}.lock"


def alive(folder: Path, run: str) -> bool:
    """Whether the process that made `run` still lives; the lock is tested, not taken over."""
    try:
        file = os.open(lock_path(folder, run), os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise system_error(lock_path(folder, run), error) from error
    try:
        # Shared, so that two who test at the same time do not take each other for the run.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(file)
