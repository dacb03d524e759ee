"""What was found in files, remembered in this process and in a store that outlives it."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

SETTLED_NS = 2_000_000_000
"""The coarsest steps in which a file system tells time (FAT's). What was changed less than so long
before it was read may be changed again without its times telling, as in git's "racy" index."""


class StatKey(NamedTuple):
    """What changes whenever a file's content does, once it has settled."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int
    """Of the last change of anything. No program can set it, as editors and copying tools set the
    other one."""

    @classmethod
    def of(cls, status: os.stat_result) -> StatKey:
        """The marks that `status` has."""
        return cls(
            status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        )

    def settled(self, at_ns: int) -> bool:
        """Whether whatever is done to the file from `at_ns` on must change its marks.

        A file from the future is not: the clock was set back since, and may come by again.
        """
        return at_ns - max(self.mtime_ns, self.ctime_ns) > SETTLED_NS


@dataclass(frozen=True, slots=True)
class CachedHash:
    """What is known of a file's content."""

    sha256: str
    """Hex."""
    note: str = ""
    """What else whoever read it wants to know the next time; the reader's own words."""


class Store(Protocol):
    """Remembers from one process to the next; for any thread, and never fails."""

    def find(self, path: Path, marks: StatKey) -> CachedHash | None:
        """What was kept of the file at `path` when it had these very marks."""

    def keep(self, path: Path, marks: StatKey, known: CachedHash) -> None:
        """Remember what a settled file holds, or leave it where that is not worth it."""


class _Memory:
    """Of one process: what it has read itself, and the store it may ask for more."""

    _MOST = 10_000

    def __init__(self) -> None:
        self.store: Store | None = None
        self._own: dict[StatKey, CachedHash] = {}

    def find(self, path: Path, marks: StatKey) -> CachedHash | None:
        known = self._own.get(marks)
        if known is None and self.store is not None:
            known = self.store.find(path, marks)
        return known

    def keep(self, path: Path, marks: StatKey, known: CachedHash) -> None:
        if len(self._own) < self._MOST or marks in self._own:
            self._own[marks] = known
        if self.store is not None:
            self.store.keep(path, marks, known)


MEMORY = _Memory()


@contextmanager
def backed_by(store: Store) -> Iterator[None]:
    """Let what is read within the block, in any thread, be looked up in `store` and kept there."""
    before, MEMORY.store = MEMORY.store, store
    try:
        yield
    finally:
        MEMORY.store = before


WORTH_BYTES = 64 * 1024
"""Smaller files are read each time: that takes little longer than to look them up in a store (40 us
against 10, measured at this size), and there may be very many of them."""


class OpenFile(NamedTuple):
    """A file as it was at a moment, before any of it was read."""

    path: Path
    descriptor: int
    marks: StatKey
    at_ns: int

    @classmethod
    def of(cls, path: Path, descriptor: int) -> OpenFile:
        """Look at the regular file at `path` that was opened as `descriptor`."""
        at_ns = time.time_ns()
        return cls(path, descriptor, StatKey.of(os.fstat(descriptor)), at_ns)

    def recall(self) -> CachedHash | None:
        """What the file holds, where it was read before and has not changed since."""
        return MEMORY.find(self.path, self.marks) if self.marks.size >= WORTH_BYTES else None

    def keep(self, known: CachedHash) -> CachedHash:
        """Have it remembered what was read since; not where the file may have changed meanwhile."""
        if (
            self.marks.size >= WORTH_BYTES
            and self.marks.settled(self.at_ns)
            and StatKey.of(os.fstat(self.descriptor)) == self.marks
        ):
            MEMORY.keep(self.path, self.marks, known)
        return known


_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
_PIECE = 256 * 1024


def digest_of(path: Path) -> str | None:
    """The hex SHA-256 of a regular file; None for anything else, links included. Blocks.

    What was read before is not read again as long as nothing about the file has changed. Raises
    OSError for what is there and may not be opened or read.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:  # a link, a socket
            return None
        raise
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        if status.st_size < WORTH_BYTES:
            return _hashed(descriptor, status.st_size)
        return _remembered(OpenFile.of(path, descriptor))
    finally:
        os.close(descriptor)


def _remembered(sight: OpenFile) -> str:
    known = sight.recall() or sight.keep(CachedHash(_hashed(sight.descriptor, sight.marks.size)))
    return known.sha256


def _hashed(descriptor: int, size: int) -> str:
    """The digest of all there is to read, which may be more or less than `size` bytes."""
    digest, buffer = hashlib.sha256(), bytearray(min(size + 1, _PIECE))
    view = memoryview(buffer)
    while count := os.readv(descriptor, [buffer]):
        digest.update(view[:count])
    return digest.hexdigest()


__all__ = ["CachedHash", "OpenFile", "StatKey", "Store", "backed_by", "digest_of"]
