"""An open database in; checked to be a ledger, and brought to today's tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from runner.errors import LedgerError

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
