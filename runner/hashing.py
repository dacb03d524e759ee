"""Hash cache: maps (path, stat) to SHA-256, kept in `digests.sqlite3` beside the ledger.

It is only a cache: if its file is missing, damaged, locked, read-only or on a network file system,
files are read and hashed again, and nothing is reported.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import stat
import threading
import time
import zlib
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeAlias, TypeVar
from urllib.parse import quote

from runner.mounts import has_reliable_locks, reports_changes

SETTLED_NS = 2_000_000_000
"""The coarsest time step of a file system (FAT). A file that changed less than this before it was
read may change again without a change of its times, as in git's "racy" index."""
MIN_FILE_BYTES = 64 * 1024
"""Smaller files are hashed each time (40 us, a look-up takes 10), and there may be very many."""
MIN_SAVED_BYTES = 64 * 1024**2
"""Less takes under a tenth of a second to hash again, which is not worth a file."""
MAX_ROWS = 1 << 16
"""How many files are remembered in memory."""
LOCK_WAIT_S = 0.5

_APPLICATION_ID = 0x76696464  # "vidd"
# Another version of the columns gets another name: versions of the program share the file.
_CREATE = """
CREATE TABLE IF NOT EXISTS hashes (
    path     BLOB PRIMARY KEY,
    stat     TEXT NOT NULL,
    sha256   TEXT NOT NULL,
    note     TEXT NOT NULL,
    checksum INTEGER NOT NULL
) STRICT, WITHOUT ROWID
"""
_FIND = "SELECT stat, sha256, note, checksum FROM hashes WHERE path = ?"
_REPLACE = "INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?)"

_NO_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ENAMETOOLONG})
"""Errors of opening a path where nothing is, or a link or a socket."""


class StatKey(NamedTuple):
    """The parts of a file's status that change whenever its content does, once it has settled."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int
    """No program can set this one, while editors and copying tools set `mtime_ns`."""

    @classmethod
    def of(cls, status: os.stat_result) -> StatKey:
        """The key of a file with that status."""
        return cls(
            status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        )

    def is_settled(self, at_ns: int) -> bool:
        """Whether any change after `at_ns` must change the key; False if it is in the future."""
        return at_ns - max(self.mtime_ns, self.ctime_ns) > SETTLED_NS


class CachedHash(NamedTuple):
    """What was found in a file."""

    sha256: str
    """Hex."""
    note: str = ""
    """Further facts, in the format of whoever read the file."""


T = TypeVar("T")

_Row: TypeAlias = tuple[str, str, str]
"""Stat, SHA-256 and note of a file, as in the table."""


@dataclass(slots=True, eq=False, repr=False)
class HashCache:
    """The hashes of files, for any thread. Each exit from a `with` block saves what is new.

    Without a path or `writable`, new hashes last as long as this object.
    """

    path: Path | None = None
    _: KW_ONLY
    trusted: bool = True
    """Whether saved hashes are used; False to replace them, and after the first error."""
    writable: bool = True
    """Whether new hashes are saved; False after the first error."""
    clock_ns: Callable[[], int] = time.time_ns
    # One lock for everything below: the threads that hash share the connection as well.
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _rows: dict[bytes, _Row] = field(default_factory=dict, init=False)
    """What this process has found, by path."""
    _unsaved_bytes: int = field(default=0, init=False)
    """The size of the files that were found since the last time rows were saved."""
    _reader: sqlite3.Connection | None = field(default=None, init=False)
    _reliable: dict[int, bool] = field(default_factory=dict, init=False)
    """Device to whether its file system reports every change."""
    _recalled: dict[Hashable, Any] = field(default_factory=dict, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._unsaved_bytes >= MIN_SAVED_BYTES:
                self._save()
            self._close_reader()

    def sha256(self, path: Path) -> str | None:
        """The hex SHA-256 of a regular file; None for anything else, links included. Blocks.

        Raises OSError for a file that may not be opened or read.
        """
        try:
            # O_NONBLOCK, so that a pipe without a writer does not block.
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except UnicodeEncodeError:
            return None  # the locale has no such name, so there is no such file
        except OSError as error:
            if error.errno in _NO_FILE:
                return None
            raise
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return None
            read = partial(_read_hash, descriptor, status.st_size)
            return self.find_or_read(path, descriptor, read).sha256
        finally:
            os.close(descriptor)

    def find_or_read(
        self,
        path: Path,
        descriptor: int,
        read: Callable[[], CachedHash],
        *,
        is_usable: Callable[[CachedHash], bool] = lambda _found: True,
    ) -> CachedHash:
        """What is in the file at `path`, which was just opened as `descriptor`.

        `read` is called unless something usable was found in it earlier, and it has not changed
        since. Raises what `read` raises.
        """
        at_ns = self.clock_ns()  # first: a change right after it must not look settled
        key = StatKey.of(os.fstat(descriptor))
        if key.size < MIN_FILE_BYTES:
            return read()
        # As text, because an inode may have 64 bits.
        name, stat_ = os.fsencode(os.path.normpath(path.absolute())), " ".join(map(str, key))
        with self._lock:
            known, *columns = self._rows.get(name) or self._load(name) or ("", "", "")
        if known == stat_ and is_usable(found := CachedHash(*columns)):
            return found
        found = read()
        # Not kept if it may have changed while it was read, or may yet change unnoticed.
        if key.is_settled(at_ns) and StatKey.of(os.fstat(descriptor)) == key:
            with self._lock:
                self._keep(path, key, name, (stat_, *found))
        return found

    def recall(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` returned for this key earlier; forgotten together with this object.

        Raises what `make` raises, which is not remembered.
        """
        # Here, and not in a cache of the process: each manifest that is read has hashes of its
        # own, which such a cache would keep alive without ever finding anything by them.
        if key not in self._recalled:
            if len(self._recalled) >= MAX_ROWS:
                self._recalled.clear()
            self._recalled[key] = make()
        found: T = self._recalled[key]
        return found

    def _keep(self, path: Path, key: StatKey, name: bytes, row: _Row) -> None:
        if key.device not in self._reliable:
            self._reliable[key.device] = reports_changes(path)
        if not self._reliable[key.device]:
            return
        if len(self._rows) >= MAX_ROWS:
            self._save()
            self._rows.clear()
        self._rows[name] = row
        self._unsaved_bytes += key.size

    def _load(self, name: bytes) -> _Row | None:
        """The row in the cache file, which is no longer read after the first error."""
        if not self.trusted or self.path is None:
            return None
        try:
            if self._reader is None:
                if not self.path.exists():
                    return None  # not an error: the first run has not saved it yet
                # "rw", so that SQLite can roll back what a killed process has left.
                self._reader = _connect(self.path, "rw" if self.writable else "ro")
            for *row, checksum in self._reader.execute(_FIND, (name,)).fetchall():
                if _checksum(name, row) == checksum:
                    return tuple(row)
        except (sqlite3.Error, OSError):
            self.trusted = False
        return None

    def _save(self) -> None:
        """Write all rows at once; before the ledger's folder exists, they are only kept."""
        if self.path is None or not self.writable or not self.path.parent.is_dir():
            return
        self._close_reader()  # its read lock would keep the writer out
        try:
            _write(self.path, self._rows)
        except (sqlite3.Error, OSError):
            self.writable = False  # no second attempt for the rest of this process
        self._unsaved_bytes = 0

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = None


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open the cache file; OperationalError if it is not ours, DatabaseError if it is damaged."""
    if not has_reliable_locks(path):
        raise OSError("locks are unreliable there")
    # By its bytes, as the locale's encoding has decoded them: SQLite takes a text for UTF-8.
    uri = f"file:{quote(os.fsencode(path.absolute()))}?mode={mode}"
    connection = sqlite3.connect(
        uri, uri=True, timeout=LOCK_WAIT_S, isolation_level=None, check_same_thread=False
    )
    with ExitStack() as on_error:
        on_error.callback(connection.close)
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        if tables and application != _APPLICATION_ID:
            raise sqlite3.OperationalError("the database of another program")
        on_error.pop_all()
    return connection


def _write(path: Path, rows: Mapping[bytes, _Row]) -> None:
    """Add rows to the cache file, which is created again if it is damaged."""
    try:
        _replace_rows(path, rows)
    except sqlite3.OperationalError:
        raise  # locked, not writable, or the database of another program
    except sqlite3.DatabaseError:  # damaged
        path.unlink()
        # A journal that stayed would be rolled back into the new file.
        Path(f"{path}-journal").unlink(missing_ok=True)
        _replace_rows(path, rows)


def _replace_rows(path: Path, rows: Mapping[bytes, _Row]) -> None:
    """Add rows to the cache file and delete those of files that are gone."""
    with closing(_connect(path, "rwc")) as connection, connection:
        connection.execute("PRAGMA synchronous = NORMAL")  # rows may be lost in a power failure
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(_CREATE)
        (result,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if result != "ok":
            raise sqlite3.DatabaseError(result)
        paths = connection.execute("SELECT path FROM hashes").fetchall()
        # A folder that is not mounted now costs no more than hashing its files again.
        gone = [each for each in paths if not os.path.lexists(each[0])]
        connection.executemany("DELETE FROM hashes WHERE path = ?", gone)
        values = [(name, *row, _checksum(name, row)) for name, row in rows.items()]
        connection.executemany(_REPLACE, values)


def _checksum(name: bytes, row: Iterable[str]) -> int:
    # SQLite does not notice a changed byte; a wrong hash would make a paid job look like a new one.
    return zlib.crc32(repr((name, *row)).encode())


def _read_hash(descriptor: int, size: int) -> CachedHash:
    """The digest of everything there is to read, more or less than `size` bytes."""
    # Not `hashlib.file_digest`: for small files it takes twice the time.
    digest, buffer = hashlib.sha256(), bytearray(min(size + 1, 256 * 1024))
    view = memoryview(buffer)
    while count := os.readv(descriptor, [buffer]):
        digest.update(view[:count])
    return CachedHash(digest.hexdigest())
