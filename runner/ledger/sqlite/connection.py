"""Connection: opens the ledger's SQLite file, checks it, and brings its tables up to date."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from runner.errors import LedgerError
from runner.fs import folder_lock
from runner.ledger.sqlite.errors import damage_error, translated_errors
from runner.ledger.sqlite.filesystem import Sharing, SoleUse, sharing
from runner.ledger.sqlite.run_locks import alive
from runner.ledger.state_folder import make_state_folder
from runner.mounts import has_reliable_locks

APPLICATION_ID = 0x76696475
"""The letters "vidu", in the header of every ledger."""

MIGRATIONS = ("tables.sql", "tables-2.sql", "tables-3.sql")
"""Scripts in this folder; the n-th upgrades a ledger from version n - 1 to n."""

VERSION = len(MIGRATIONS)


def open_for_writing(
    path: Path, *, wait_s: float, on_wait: Callable[[str], None] | None = None
) -> sqlite3.Connection:
    """A connection that commits durably; creates folder, file and tables where they are missing.

    `on_wait` receives a message if the wait for another process gets long. Raises LedgerError.
    """
    make_state_folder(path.parent)
    if sharing(path) is Sharing.ONE:
        return _open_alone(path, wait_s)
    # SQLite does not wait when two processes switch a new file to WAL at the same time.
    with translated_errors(path), folder_lock(path.parent, wait_s=wait_s, on_wait=on_wait):
        return _prepared(_connect(_uri(path), wait_s, path), "PRAGMA journal_mode = WAL")


def _open_alone(path: Path, wait_s: float) -> sqlite3.Connection:
    """A connection for the only process that may use the ledger, with a rollback journal."""
    sole_use = SoleUse(path)
    with ExitStack() as on_error:
        on_error.callback(sole_use.release)
        with translated_errors(path):
            connection = _connect(_uri(path), wait_s, path, factory=_SoleConnection)
            assert isinstance(connection, _SoleConnection)
            on_error.pop_all()
            connection.sole_use = sole_use
            # Truncated, not deleted: its end is flushed, so that a commit is durable.
            return _prepared(connection, "PRAGMA journal_mode = TRUNCATE")


class _SoleConnection(sqlite3.Connection):
    """A connection that lets other processes in when it is closed."""

    sole_use: SoleUse | None = None

    def close(self) -> None:
        super().close()
        if self.sole_use is not None:
            self.sole_use.release()
        self.sole_use = None


def _prepared(connection: sqlite3.Connection, journal: str) -> sqlite3.Connection:
    """The connection, set up for writing; it is closed on an error."""
    with ExitStack() as on_error:
        on_error.callback(connection.close)
        connection.execute(journal)
        # An intent must survive a power failure before its POST leaves.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")  # F_FULLFSYNC; only macOS has it
        connection.execute("PRAGMA checkpoint_fullfsync = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        if version_of(connection) < VERSION:
            migrate(connection)
        on_error.pop_all()
    return connection


def open_for_reading(path: Path, *, wait_s: float) -> sqlite3.Connection:
    """A connection that writes nothing, except SQLite's own -wal and -shm files if it can.

    A missing file reads as an empty ledger, an older version as an upgraded copy in memory.
    """
    try:
        with translated_errors(path):
            # SQLite reports a missing file like one that may not be opened.
            if not path.exists():
                return _in_memory(None, path)
            connection = _open_read_only(path, wait_s)
            if version_of(connection) == VERSION:
                return connection
            with closing(connection):
                return _in_memory(connection, path)
    except OSError as error:
        why = error.strerror or str(error)
        raise LedgerError(f"the ledger {path} cannot be read: {why}") from error


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise LedgerError for a database of another program or of a newer version."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    version = version_of(connection)
    # An empty database is a new ledger, or one whose creation was interrupted.
    if tables and application != APPLICATION_ID:
        raise LedgerError(
            f"{path} is an SQLite database, but not a vidu-run ledger",
            hint="move it away, or keep the ledger elsewhere with --state-dir",
        )
    if version > VERSION:
        raise LedgerError(
            f"the ledger {path} has version {version}; this vidu-run supports versions up to "
            f"{VERSION}",
            hint="it was written by a newer vidu-run: use that one",
        )


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the tables; 0 for an empty database."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Upgrade the tables to the latest version, completely or not at all."""
    scripts = MIGRATIONS[version_of(connection) :]
    statements = [files(__package__).joinpath(script).read_text("utf-8") for script in scripts]
    with connection:
        # The transaction begins inside, for `executescript` commits one that is open.
        connection.executescript(
            f"BEGIN IMMEDIATE; {''.join(statements)} PRAGMA application_id = {APPLICATION_ID};"
            f" PRAGMA user_version = {VERSION};"
        )


def _connect(
    uri: str, wait_s: float, path: Path, factory: type[sqlite3.Connection] = sqlite3.Connection
) -> sqlite3.Connection:
    """A connection to a ledger or to an empty database; `path` is that of the ledger.

    Raises LedgerError if it is not a ledger, or damaged by a program that did not close it.
    """
    # The last connection that is closed empties or removes the log: with one, a process has died,
    # or is using the ledger now. Asked before SQLite opens it, which leaves the same signs.
    is_left_open = bool(logs(path))
    # A group commit opens its ledger in one thread and uses it in another, one after the other.
    connection = sqlite3.connect(
        uri,
        uri=True,
        timeout=wait_s,
        isolation_level=None,
        check_same_thread=False,
        factory=factory,
    )
    connection.row_factory = sqlite3.Row
    with ExitStack() as on_error:
        on_error.callback(connection.close)
        check(connection, path)
        if is_left_open:
            check_integrity(connection, path)
        on_error.pop_all()
    return connection


def _uri(path: Path) -> str:
    # By its bytes, as the locale's encoding has decoded them: SQLite takes a text for UTF-8.
    return f"file:{quote(os.fsencode(path.absolute()))}"


def _open_read_only(path: Path, wait_s: float) -> sqlite3.Connection:
    uri = f"{_uri(path)}?mode=ro"
    if not has_reliable_locks(path):
        return _read_copy(path, wait_s)  # touches neither locks nor shared memory
    try:
        return _connect(uri, wait_s, path)
    except sqlite3.OperationalError as error:
        # In a read-only folder -wal and -shm cannot be created.
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}:
            raise
    if logs(path):
        return _read_copy(path, wait_s)
    return _connect(f"{uri}&immutable=1", wait_s, path)


def _read_copy(path: Path, wait_s: float) -> sqlite3.Connection:
    """The content of `path` with its log, which `immutable` would leave out, in memory."""
    with tempfile.TemporaryDirectory(prefix="vidu-run-") as folder:
        copy = Path(folder) / "ledger.sqlite3"
        shutil.copyfile(path, copy)
        for log in logs(path):
            shutil.copyfile(log, f"{copy}{log.name.removeprefix(path.name)}")
        with closing(_connect(_uri(copy), wait_s, path)) as source:
            return _in_memory(source, path)


def _in_memory(source: sqlite3.Connection | None, path: Path) -> sqlite3.Connection:
    """A copy of `source`, or an empty ledger, with the latest tables."""
    connection = _connect("file::memory:", 0, path)
    if source:
        source.backup(connection)
    if version_of(connection) < VERSION:
        migrate(connection)
    return connection


# ------------------------------------------------------------------------------------------ damage

_SUFFIXES = ("-wal", "-journal")
"""Of the files in which SQLite keeps what is not in the ledger's own file yet."""


def logs(path: Path) -> list[Path]:
    """The log files of the ledger at `path` that have content."""
    found = (Path(f"{path}{suffix}") for suffix in _SUFFIXES)
    return [log for log in found if log.exists() and log.stat().st_size]


def check_integrity(connection: sqlite3.Connection, path: Path) -> None:
    """Raise LedgerError if a ledger that was left open is damaged.

    100,000 attempts take seconds. One that a living run has open is not checked: that run did so.
    """
    if not connection.execute("PRAGMA user_version").fetchone()[0]:
        return  # its creation was interrupted
    runs = connection.execute("SELECT id FROM runs WHERE finished_at IS NULL").fetchall()
    if any(alive(path.parent, run) for (run,) in runs):
        return
    # Not `quick_check`: it leaves out the indexes, and one of them keeps jobs from being paid for
    # twice.
    (finding,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if finding != "ok":
        raise damage_error(path, finding)
