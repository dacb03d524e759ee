"""A path in, an open SQLite connection with today's tables out."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from runner.errors import LedgerError
from runner.fs import folder_lock, network_type
from runner.ledger.errors import system_error, translated_errors

APPLICATION_ID = 0x76696475
"""The letters "vidu", in the header of every ledger."""

MIGRATIONS = ("tables.sql",)
"""Scripts in this folder; the n-th takes a ledger from version n - 1 to n."""

VERSION = len(MIGRATIONS)


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise `LedgerError` for a database of another program or of a newer version."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    version = version_of(connection)
    if tables and application != APPLICATION_ID:
        raise LedgerError(
            f"{path} is an SQLite database, but not a ledger of vidu-run",
            hint="move it away, or keep the ledger elsewhere with --state-dir",
        )
    if version > VERSION:
        raise LedgerError(
            f"the ledger {path} is of version {version}; this vidu-run knows up to {VERSION}",
            hint="it was written by a newer vidu-run: use that one",
        )


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the tables; 0 where there are none yet."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to today's version, all of the way or not at all."""
    with transaction(connection):
        for script in MIGRATIONS[version_of(connection) :]:
            for statement in statements(files(__package__).joinpath(script).read_text("utf-8")):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction around the block: committed at its end, rolled back on any error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite has rolled back some errors by itself
            connection.execute("ROLLBACK")
        raise


def statements(script: str) -> Iterator[str]:
    """The statements of a script; those of a trigger stay together."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def open_for_writing(
    path: Path, *, wait_s: float, on_wait: Callable[[str], None] | None = None
) -> sqlite3.Connection:
    """A connection that commits durably; makes folder, file and tables where they are missing.

    `waiting` is told what is waited for where that takes long.
    """
    _make_folder(path.parent)
    if kind := network_type(path.parent):
        raise LedgerError(
            f"the ledger {path} would lie on a network file system ({kind}), whose locks are not "
            "to be relied on",
            hint="keep it on a local disk with --state-dir",
        )
    # Alone: SQLite does not wait when two switch a new file to WAL at once.
    with translated_errors(path), folder_lock(path.parent, wait_s=wait_s, on_wait=on_wait):
        connection = _connect(f"file:{quote(str(path.absolute()))}", wait_s)
        try:
            check(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")  # F_FULLFSYNC; only macOS knows it
            connection.execute("PRAGMA checkpoint_fullfsync = ON")
            connection.execute("PRAGMA foreign_keys = ON")
            if version_of(connection) < VERSION:
                migrate(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def open_for_reading(path: Path, *, wait_s: float) -> sqlite3.Connection:
    """A connection that writes nothing (but SQLite's own -wal and -shm, where it can).

    Without a file it shows an empty ledger, and of an older version a copy in memory.
    """
    try:
        with translated_errors(path):
            if not path.exists():
                return _in_memory(None)
            connection = _open_read_only(path, wait_s)
            if version_of(connection) == VERSION:
                return connection
            with closing(connection):
                return _in_memory(connection)
    except OSError as error:
        why = error.strerror or str(error)
        raise LedgerError(f"the ledger {path} cannot be read: {why}") from error


def _connect(uri: str, wait_s: float) -> sqlite3.Connection:
    # The journal opens its ledger in one thread and uses it in another, never in two at once.
    connection = sqlite3.connect(
        uri, uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    return connection


def _checked(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    try:
        check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _open_read_only(path: Path, wait_s: float) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        return _checked(_connect(uri, wait_s), path)
    except sqlite3.OperationalError as error:
        # A ledger in a read-only folder, where -wal and -shm cannot be made.
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}:
            raise
    log = Path(f"{path}-wal")
    if log.exists() and log.stat().st_size:
        return _copied(path, log, wait_s)
    return _checked(_connect(f"{uri}&immutable=1", wait_s), path)


def _copied(path: Path, log: Path, wait_s: float) -> sqlite3.Connection:
    """What `path` holds together with its -wal, which reading it as immutable would leave out."""
    with tempfile.TemporaryDirectory(prefix="vidu-run-") as folder:
        copy = Path(folder) / "ledger.sqlite3"
        shutil.copyfile(path, copy)
        shutil.copyfile(log, f"{copy}-wal")
        with closing(_checked(_connect(f"file:{quote(str(copy))}", wait_s), path)) as source:
            return _in_memory(source)


def _in_memory(source: sqlite3.Connection | None) -> sqlite3.Connection:
    """A copy of `source`, or an empty ledger, with today's tables."""
    connection = _connect("file::memory:", 0)
    if source:
        source.backup(connection)
    if version_of(connection) < VERSION:
        migrate(connection)
    return connection


def _make_folder(folder: Path) -> None:
    """Make the ledger's folder, which git is to leave alone; a folder of the user's stays so."""
    try:
        ours = folder.name == ".vidu-run" or not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if ours and not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise system_error(folder, error) from error
    for changed in (folder, folder.parent):
        _sync(changed)


def _sync(folder: Path) -> None:
    """Make new names in a folder durable, where the system lets a folder be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
