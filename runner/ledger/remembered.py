"""Rows of what was found in files in, an SQLite file of its own that holds them out, and back."""

from __future__ import annotations

import os
import sqlite3
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from runner.hashing import StatKey
from runner.ledger.connection import statements, transaction, version_of

APPLICATION_ID = 0x76696464
"""The letters "vidd"."""
VERSION = 1
READING_WAIT_S, WRITING_WAIT_S = 0.5, 2.0
"""How long another process's lock is waited for."""
PRUNED_DAYS = 7
"""How often rows are looked through."""
FORGOTTEN_DAYS = 90
"""What was of no use for so long is dropped."""

_FIND = "SELECT path, marks, sha256, note, seen, seal FROM digests WHERE path = ?"
_KEEP = (
    "INSERT OR REPLACE INTO digests (path, marks, sha256, note, seen, seal) VALUES (?,?,?,?,?,?)"
)


class UselessError(Exception):
    """The file is ours, and damaged or of another version: it may be thrown away."""


class Row(NamedTuple):
    """What is remembered of a file."""

    path: bytes
    """Absolute, as the system has it."""
    marks: bytes
    sha256: bytes
    note: str
    seen: int
    """Days since 1970."""

    @property
    def seal(self) -> int:
        """A checksum of the row."""
        rest = f"{self.note}\0{self.seen}".encode()
        return zlib.crc32(b"\0".join((self.path, self.marks, self.sha256, rest)))


def packed(marks: StatKey) -> bytes:
    """Marks as a row has them; negative times and inodes beyond 63 bits included."""
    return struct.pack("<5Q", *(number & (1 << 64) - 1 for number in marks))


def open_for_reading(path: Path, *, writable: bool) -> sqlite3.Connection:
    """A connection to a file that is there. Raises UselessError, sqlite3.Error.

    What a process that was killed while it wrote has left must be rolled back before anything is
    read. Where that may not be written (`writable`), it is sqlite3.OperationalError.
    """
    return _opened(path, "rw" if writable else "ro", READING_WAIT_S)


def find(connection: sqlite3.Connection, path: bytes) -> Row | None:
    """The row of a file, if there is one and it is sound. Raises UselessError, sqlite3.Error."""
    with _told():
        found = connection.execute(_FIND, (path,)).fetchone()
    if found is None:
        return None
    row = Row(*found[:-1])
    return row if row.seal == found[-1] else None


def write(path: Path, rows: Iterable[Row], today: int) -> None:
    """Write rows in one transaction, and drop now and then what is of no use any more.

    The file is made where it is missing, its folder is not. Raises UselessError, sqlite3.Error,
    OSError.
    """
    with closing(_opened(path, "rwc", WRITING_WAIT_S)) as connection, _told():
        # What a crash of the whole machine may tear is noticed; a process's own leaves it whole.
        connection.execute("PRAGMA synchronous = NORMAL")
        with transaction(connection):
            if version_of(connection) < VERSION:
                _make_tables(connection)
            connection.executemany(_KEEP, ((*row, row.seal) for row in rows))
            _prune(connection, today)


def discard(path: Path) -> None:
    """Throw the file away, with what SQLite left beside it. Raises OSError."""
    for name in (path, Path(f"{path}-journal"), Path(f"{path}-wal"), Path(f"{path}-shm")):
        name.unlink(missing_ok=True)


def _opened(path: Path, mode: str, wait_s: float) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    connection = sqlite3.connect(
        uri, uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False
    )
    try:
        with _told():
            _check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise UselessError for another version, and sqlite3.Error for another program's database."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if tables and application != APPLICATION_ID:
        raise sqlite3.NotSupportedError(f"{path} is another program's")
    if version_of(connection) not in (0, VERSION):
        raise UselessError(path)


def _make_tables(connection: sqlite3.Connection) -> None:
    for statement in statements(files(__package__).joinpath("digests.sql").read_text("utf-8")):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _prune(connection: sqlite3.Connection, today: int) -> None:
    """Drop the rows of files that are gone, or that nobody asked for in a long time.

    Days are counted both ways: a clock that was wrong once must not keep rows for ever.
    """
    last = connection.execute("SELECT day FROM pruned").fetchone()
    if last is None:
        connection.execute("INSERT INTO pruned VALUES (?)", (today,))
    elif abs(today - last[0]) >= PRUNED_DAYS:
        connection.execute("UPDATE pruned SET day = ?", (today,))
        connection.execute("DELETE FROM digests WHERE abs(seen - ?) >= ?", (today, FORGOTTEN_DAYS))
        paths = connection.execute("SELECT path FROM digests")
        gone = [(path,) for (path,) in paths if not os.path.lexists(path)]
        connection.executemany("DELETE FROM digests WHERE path = ?", gone)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what SQLite says of a damaged file into UselessError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            raise UselessError from error
        raise
