"""The disk, asked plainly: content copied, flushed for good, its refusals in words."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

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
