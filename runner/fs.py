"""A folder in, a lock on it held for the length of a block; who holds it for too long is told."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import LedgerError

LOOK_S = 0.05
"""How often it is looked whether the lock is free."""
WARN_AFTER_S = 1.0
"""A wait that is longer is told of."""


@contextmanager
def folder_lock(
    folder: Path, *, wait_s: float, waiting: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the folder's lock, which is nobody's for longer than opening a ledger takes.

    It is waited for in vain only where its holder stands still: `LedgerError` after `wait_s`.
    `waiting` is told once, after `TOLD_AFTER_S`, what is waited for.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor, folder, wait_s, waiting)
        yield
    finally:
        os.close(descriptor)


def _lock(
    descriptor: int, folder: Path, wait_s: float, waiting: Callable[[str], None] | None
) -> None:
    began = time.monotonic()
    while True:
        try:
            # Without blocking: a wait for a lock knows no time limit.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited_s = time.monotonic() - began
            if waited_s >= wait_s:
                raise _held(descriptor, folder, wait_s) from None
            if waiting is not None and waited_s >= WARN_AFTER_S:
                waiting(f"waiting for {_who(descriptor)}, which holds the ledger's folder {folder}")
                waiting = None
            time.sleep(LOOK_S)
        else:
            return


def _held(descriptor: int, folder: Path, wait_s: float) -> LedgerError:
    process = _holder(os.fstat(descriptor))
    look = f"ps {process}" if process else f"lsof {folder}"
    return LedgerError(
        f"the ledger's folder {folder} is locked: {_who(descriptor)} has been opening "
        f"its ledger for {wait_s:g} s",
        hint=f'it may have been stopped (see "{look}"): let it go on, or end it, and run again',
    )


def _who(descriptor: int) -> str:
    process = _holder(os.fstat(descriptor))
    return f"process {process}" if process else "another process"


def _holder(folder: os.stat_result) -> int | None:
    """The process that holds a `flock` on the folder; None where the system does not tell.

    `/proc/locks` (proc_locks(5)) has "1: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE START END",
    the device in hexadecimal; a holder in another container is 0 there.
    """
    device = f"{os.major(folder.st_dev):02x}:{os.minor(folder.st_dev):02x}:{folder.st_ino}"
    try:
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        _, kind, *rest = line.split()
        # Those who wait have "->" in the place of the kind.
        if kind == "FLOCK" and rest[-3] == device:
            return int(rest[-4]) or None
    return None
