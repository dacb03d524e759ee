"""What was found in large files, kept beside the ledger from one process to the next.

It is a cache and nothing else: whatever happens to it (deleted, damaged, locked, of another
version, in a folder that cannot be written) costs the time to read files again, and is told to
nobody.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from runner.hashing import CachedHash, StatKey
from runner.ledger import remembered
from runner.ledger.filesystem import network_type, reports_changes
from runner.ledger.remembered import Row, UselessError, packed

LEAST_BYTES = 64 * 1024**2
"""Less, read in less than a tenth of a second, is read again rather than written down."""
BATCH_ROWS, BATCH_BYTES = 4096, 4 * 1024**3
"""After so much the rows are written, for a process may end at any time."""
MOST_WAITING = 16 * BATCH_ROWS
"""Rows that wait for the folder to be made."""
MOST_TROUBLES = 2
"""So often in a row a lock is waited for before the file is left alone."""
RENEWED_DAYS = 30
"""How much too old the day may be on which a row was last of use."""
_DAY_S = 86_400


class Digests:
    """The cache at a path; for any thread. Once closed, it opens again when it is asked."""

    def __init__(
        self,
        path: Path,
        *,
        trusted: bool = True,
        writable: bool = True,
        clock: Callable[[], float] = time.time,
    ):
        """Where it is not `trusted`, what others have read is read again and remembered anew."""
        self._path = path
        self._trusted = trusted
        self._writable = writable
        self._clock = clock
        self._door = threading.Lock()
        self._waiting: dict[bytes, Row] = {}
        self._weight = 0
        """Bytes of the files that wait."""
        self._reader: sqlite3.Connection | None = None
        self._troubles = 0
        self._useless = False
        """The file is there and good for nothing."""
        self._telling: dict[int, bool] = {}
        """Device to whether its files tell that they have changed."""

    def find(self, path: Path, marks: StatKey) -> CachedHash | None:
        """What was kept of the file at `path` when it had these very marks."""
        name = _name(path)
        with self._door:
            row = self._waiting.get(name) or self._read(name)
            if row is None or row.marks != packed(marks):
                return None
            if abs(self._today - row.seen) >= RENEWED_DAYS:
                self._put(row._replace(seen=self._today), marks.size)
            return CachedHash(row.sha256.hex(), row.note)

    def keep(self, path: Path, marks: StatKey, known: CachedHash) -> None:
        """Remember a settled file: it is written down after a while, or when this is closed."""
        sha256, name = bytes.fromhex(known.sha256), _name(path)
        with self._door:
            if self._tells_changes(path, marks.device):
                self._put(Row(name, packed(marks), sha256, known.note, self._today), marks.size)

    def close(self) -> None:
        """Let go of the file; before, write down what was read, if it was much."""
        with self._door:
            if self._weight >= LEAST_BYTES:
                self._save()
            self._let_go()

    def _put(self, row: Row, size: int) -> None:
        if not self._writable:
            return
        self._waiting[row.path] = row
        self._weight += size
        if len(self._waiting) >= BATCH_ROWS or self._weight >= BATCH_BYTES:
            self._save()

    def _read(self, name: bytes) -> Row | None:
        """The row in the file. What keeps it from being read is no error, nor tried for ever."""
        if not self._trusted or self._useless or self._troubles >= MOST_TROUBLES:
            return None
        try:
            if self._reader is None and self._path.exists():
                self._reader = remembered.open_for_reading(self._path, writable=self._writable)
            row = remembered.find(self._reader, name) if self._reader else None
        except UselessError:
            self._useless = True
        except (sqlite3.Error, OSError):
            self._troubles += 1
        else:
            self._troubles = 0
            return row
        return None

    def _save(self) -> None:
        """Write down what waits, all at once; where that cannot be done it is let go."""
        if not self._path.parent.is_dir():
            # It is for the ledger to make the folder: a run that is only being planned will soon.
            if len(self._waiting) >= MOST_WAITING:
                self._forget()
            return
        self._let_go()
        try:
            self._write()
        except (UselessError, sqlite3.Error, OSError):
            self._writable = False
        self._forget()

    def _write(self) -> None:
        if network_type(self._path.parent):
            self._writable = False  # locks do not hold there
            return
        try:
            if not self._useless:
                remembered.write(self._path, self._waiting.values(), self._today)
        except UselessError:
            self._useless = True
        if self._useless:
            remembered.discard(self._path)
            remembered.write(self._path, self._waiting.values(), self._today)
        self._useless = False

    def _forget(self) -> None:
        self._waiting, self._weight = {}, 0

    def _let_go(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def _tells_changes(self, path: Path, device: int) -> bool:
        if device not in self._telling:
            self._telling[device] = reports_changes(path)
        return self._telling[device]

    @property
    def _today(self) -> int:
        return int(self._clock() // _DAY_S)


def _name(path: Path) -> bytes:
    return os.fsencode(os.path.normpath(path.absolute()))
