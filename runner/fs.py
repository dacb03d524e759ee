"""File system: flushes files, replaces them in one step, and locks a folder."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from runner.errors import LedgerError

RETRY_S = 0.05
"""How often a held lock is tried."""
REPORT_WAIT_AFTER_S = 1.0
"""A longer wait for a lock is reported to the user."""


def flush(descriptor: int) -> None:
    """Force written data to the disk itself; on macOS `fsync` alone does not."""
    if sys.platform == "darwin":
        with suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def flush_folder(folder: Path) -> None:
    """Make new names in a folder durable, as far as its file system and permissions allow."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return  # a folder that may be written, but not listed
    try:
        flush(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # some file systems cannot
            raise
    finally:
        os.close(descriptor)


def atomic_write(
    path: Path, chunks: Iterable[bytes], *, is_same: Callable[[Path], bool] = lambda _new: False
) -> bool:
    """Replace the file at `path` in one step, durably; readers see the old or the new content.

    The chunks go to `.NAME.part` beside it. When `is_same` returns True for that file, `path`
    stays untouched and the result is False. Raises OSError. Blocks.
    """
    part = path.with_name(f".{path.name}.part")
    with _locked_part(part) as file:
        try:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            if is_same(part):
                part.unlink()
                return False
            flush(file.fileno())  # before the new name: a power failure must not leave it empty
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    flush_folder(path.parent)
    return True


@contextmanager
def _locked_part(part: Path) -> Iterator[BinaryIO]:
    """The empty temporary file, locked: another process may be writing the same file.

    Its name is always the same, so that the next process reuses what a killed one left.
    """
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW  # a link there may lead to a user's file
        with os.fdopen(os.open(part, flags, 0o666), "r+b") as file:
            with suppress(OSError):  # some network file systems have no locks
                fcntl.flock(file, fcntl.LOCK_EX)
            if _is_at(file, part):
                file.truncate(0)
                yield file
                return
        # While this process waited, the other one renamed the file: open a new one.


def _is_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def is_file(path: Path) -> bool:
    """Whether there is a regular file, or a link to one; `path` may be one that cannot exist."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, not encodable, in a closed folder
        return False


def is_same(one: Path, other: Path) -> bool:
    """Whether two paths, which need not exist, lead to one place."""
    return os.path.realpath(one) == os.path.realpath(other)


@contextmanager
def folder_lock(
    folder: Path, *, wait_s: float, on_wait: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold an exclusive lock on the ledger's folder, which is only held while a ledger is opened.

    Raises `LedgerError` after `wait_s`. `on_wait` receives one message when the wait is longer
    than `REPORT_WAIT_AFTER_S`.
    """
    began = time.monotonic()
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        while not try_lock(descriptor):
            waited_s = time.monotonic() - began
            process = _holder(descriptor)
            name = f"process {process}" if process else "another process"
            if waited_s >= wait_s:
                look = f"ps {process}" if process else f"lsof {folder}"
                raise LedgerError(
                    f"the ledger's folder {folder} is locked: {name} has been opening its ledger "
                    f"for {wait_s:g} s",
                    hint=f'it may have been stopped (see "{look}"): continue or end it, and run '
                    "again",
                )
            if on_wait is not None and waited_s >= REPORT_WAIT_AFTER_S:
                on_wait(f"waiting for {name}, which holds the ledger's folder {folder}")
                on_wait = None
            time.sleep(RETRY_S)
        yield
    finally:
        os.close(descriptor)  # which releases the lock


def try_lock(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    """Lock an open file or folder; False where another process holds a lock that excludes it."""
    try:
        # Non-blocking, because a blocking `flock` has no time limit.
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> int | None:
    """The process that holds a `flock` on the folder; None if the system does not show it.

    `/proc/locks` (proc_locks(5)) has "1: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE START END",
    the device in hexadecimal; the PID of a holder in another container is 0.
    """
    folder = os.fstat(descriptor)
    device = f"{os.major(folder.st_dev):02x}:{os.minor(folder.st_dev):02x}:{folder.st_ino}"
    try:
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        _, kind, *fields = line.split()
        # A process that waits has "->" in the place of the kind.
        if kind == "FLOCK" and fields[-3] == device:
            return int(fields[-4]) or None
    return None
