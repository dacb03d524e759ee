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
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Self, TypeAlias
from urllib.parse import quote

from runner.fs import network_type, reports_changes

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
_VERSION = 2
_CREATE = """
CREATE TABLE IF NOT EXISTS hashes (
    path     BLOB PRIMARY KEY,
    stat     TEXT NOT NULL,
    sha256   TEXT NOT NULL,
    note     TEXT NOT NULL,
    checksum INTEGER NOT NULL
) STRICT, WITHOUT ROWID
"""


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


class OpenFile(NamedTuple):
    """A regular file at the moment it was opened, before any of it was read."""

    path: Path
    descriptor: int
    key: StatKey
    at_ns: int


_Row: TypeAlias = tuple[str, str, str]
"""Stat, SHA-256 and note of a file, as in the table."""


class HashCache:
    """The hashes of files, for any thread. Each exit from a `with` block saves what is new.

    Without `trusted`, hashes of earlier processes are replaced instead of used. Without a path or
    `writable`, new hashes last as long as this object.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        trusted: bool = True,
        writable: bool = True,
        clock_ns: Callable[[], int] = time.time_ns,
    ):
        self._path = path
        self._readable = trusted and path is not None
        self._writable = writable and path is not None
        self._clock_ns = clock_ns
        self._lock = threading.Lock()
        self._rows: dict[bytes, _Row] = {}
        self._unsaved: dict[bytes, _Row] = {}
        self._unsaved_bytes = 0
        """The size of the files that `_unsaved` describes."""
        self._reader: sqlite3.Connection | None = None
        self._reliable: dict[int, bool] = {}
        """Device to whether its file system reports every change."""

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
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENXIO}:  # a link, a socket
                return None
            raise
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            file = self.observe(path, descriptor)
            found = self.find(file)
            if found is None:
                found = CachedHash(_sha256(descriptor, file.key.size))
                self.keep(file, found)
            return found.sha256
        finally:
            os.close(descriptor)

    def observe(self, path: Path, descriptor: int) -> OpenFile:
        """The file at `path` that was just opened as `descriptor`."""
        at_ns = self._clock_ns()  # first: a change right after it must not look settled
        return OpenFile(path, descriptor, StatKey.of(os.fstat(descriptor)), at_ns)

    def find(self, file: OpenFile) -> CachedHash | None:
        """What was found in the file earlier, if it has not changed since."""
        if file.key.size < MIN_FILE_BYTES:
            return None
        name = _name(file.path)
        with self._lock:
            row = self._rows.get(name) or self._read(name)
        return CachedHash(*row[1:]) if row and row[0] == _text(file.key) else None

    def keep(self, file: OpenFile, found: CachedHash) -> None:
        """Remember what was just found, unless the file may have changed meanwhile."""
        if file.key.size < MIN_FILE_BYTES or not file.key.is_settled(file.at_ns):
            return
        if StatKey.of(os.fstat(file.descriptor)) != file.key:
            return
        name, row = _name(file.path), (_text(file.key), *found)
        with self._lock:
            device = file.key.device
            if device not in self._reliable:
                self._reliable[device] = reports_changes(file.path)
            if not self._reliable[device]:
                return
            if len(self._rows) >= MAX_ROWS:
                self._save()
                self._rows = {}
            self._rows[name] = row
            if self._writable:
                self._unsaved[name] = row
                self._unsaved_bytes += file.key.size

    def _read(self, name: bytes) -> _Row | None:
        """The row in the cache file, which is no longer read after the first error."""
        if not self._readable or self._path is None:
            return None
        try:
            if self._reader is None:
                if not self._path.exists():
                    return None  # not an error: the first run has not saved it yet
                # "rw", so that SQLite can roll back what a killed process has left.
                self._reader = _connect(self._path, "rw" if self._writable else "ro")
            columns = self._reader.execute(
                "SELECT stat, sha256, note, checksum FROM hashes WHERE path = ?", (name,)
            ).fetchone()
        except (sqlite3.Error, OSError):
            self._readable = False
            return None
        if columns is None:
            return None
        *row, checksum = columns
        return tuple(row) if _checksum(name, row) == checksum else None

    def _save(self) -> None:
        """Write all new rows at once; before the ledger's folder exists, they are only kept."""
        if self._path is None or not self._path.parent.is_dir():
            return
        self._close_reader()  # its read lock would keep the writer out
        try:
            _write(self._path, self._unsaved)
        except (sqlite3.Error, OSError):
            self._writable = False  # no second attempt for the rest of this process
        self._unsaved, self._unsaved_bytes = {}, 0

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = None


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open the cache file; OperationalError if it is not ours, DatabaseError if it is useless."""
    if kind := network_type(path.parent):
        raise OSError(f"locks are unreliable on {kind}")
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    connection = sqlite3.connect(
        uri, uri=True, timeout=LOCK_WAIT_S, isolation_level=None, check_same_thread=False
    )
    try:
        _check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if tables and application != _APPLICATION_ID:
        raise sqlite3.OperationalError("the database of another program")
    if tables and version != _VERSION:
        raise sqlite3.DatabaseError("the cache of another version")


def _write(path: Path, rows: Mapping[bytes, _Row]) -> None:
    """Add rows to the cache file, which is created again if it is useless."""
    try:
        _replace_rows(path, rows)
    except sqlite3.OperationalError:
        raise  # locked, not writable, or the database of another program
    except sqlite3.DatabaseError:  # damaged, or of another version
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
        connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute(_CREATE)
        (result,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if result != "ok":
            raise sqlite3.DatabaseError(result)
        paths = connection.execute("SELECT path FROM hashes").fetchall()
        gone = [(name,) for (name,) in paths if not os.path.lexists(name)]
        connection.executemany("DELETE FROM hashes WHERE path = ?", gone)
        connection.executemany(
            "INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?)",
            [(name, *row, _checksum(name, row)) for name, row in rows.items()],
        )


def _name(path: Path) -> bytes:
    return os.fsencode(os.path.normpath(path.absolute()))


def _text(key: StatKey) -> str:
    return " ".join(map(str, key))  # as text, because an inode may have 64 bits


def _checksum(name: bytes, row: Iterable[str]) -> int:
    # SQLite does not notice a changed byte; a wrong hash would make a paid job look like a new one.
    return zlib.crc32(repr((name, *row)).encode())


def _sha256(descriptor: int, size: int) -> str:
    """The digest of everything there is to read, more or less than `size` bytes."""
    digest, buffer = hashlib.sha256(), bytearray(min(size + 1, 256 * 1024))
    view = memoryview(buffer)
    while count := os.readv(descriptor, [buffer]):
        digest.update(view[:count])
    return digest.hexdigest()
