"""The disk, asked plainly: content read and copied, flushed for good, its refusals in words."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

from runner.errors import OutputError


@contextmanager
def unwritable(path: Path) -> Iterator[None]:
    """Tell an OSError of the block as an OutputError about `path`, with what to do."""
    try:
        yield
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "see to it that it can be written, and run again")
        raise OutputError(f"{path}: {error.strerror or error}", hint=hint) from error


_HINTS = {
    errno.ENOSPC: "free some space and run again: what is paid for is fetched then",
    errno.EDQUOT: "free some of your quota and run again: what is paid for is fetched then",
    errno.ENAMETOOLONG: "give the job a shorter id",
}


def digest_of(path: Path) -> str | None:
    """The hex SHA-256 of a regular file; None for anything else, links included.

    What was read before is not read again as long as nothing about the file has changed: a run
    looks at what it reuses both when it plans and at its turn.
    """
    try:
        with open(path, "rb", opener=_no_link, buffering=0) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                return None
            marks = (
                found.st_dev,
                found.st_ino,
                found.st_size,
                found.st_mtime_ns,
                found.st_ctime_ns,
            )
            digest = _digests.get(marks)
            if digest is None:
                digest = _hashed(file.fileno(), found.st_size)
                _remember(marks, digest)
            return digest
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:  # a link, a socket
            return None
        raise


_PIECE = 1024 * 1024
_Marks: TypeAlias = tuple[int, int, int, int, int]
_digests: dict[_Marks, str] = {}
"""Device, inode, size and times of a file to its digest."""
_MOST_DIGESTS = 10_000
_SETTLED_NS = 2_000_000_000
"""A file changed less than so long ago may change again without its times telling."""


def _hashed(descriptor: int, size: int) -> str:
    digest = hashlib.sha256()
    while piece := os.read(descriptor, min(size + 1, _PIECE)):
        digest.update(piece)
    return digest.hexdigest()


def _remember(marks: _Marks, digest: str) -> None:
    if time.time_ns() - max(marks[3:]) > _SETTLED_NS and len(_digests) < _MOST_DIGESTS:
        _digests[marks] = digest


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def copy(source: Path, part: Path) -> None:
    """Copy a file's content to a new file, durably; raises FileExistsError if there is one."""
    with source.open("rb") as old, part.open("xb") as new:
        shutil.copyfileobj(old, new, 1024 * 1024)
        new.flush()
        flush(new.fileno())


def flush(descriptor: int) -> None:
    """Have the disk itself hold what was written; macOS needs to be asked differently."""
    if sys.platform == "darwin":
        with suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def flush_folder(path: Path) -> None:
    """Have the disk hold a folder's names; where a file system can't, it is left at that."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        flush(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # some file systems can't
            raise
    finally:
        os.close(descriptor)
