"""Integrity: checks a ledger that its last process did not close, before anything relies on it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from runner.ledger.errors import damage_error
from runner.ledger.run_locks import alive

_SUFFIXES = ("-wal", "-journal")
"""Of the files in which SQLite keeps what is not in the ledger's own file yet."""


def logs(path: Path) -> list[Path]:
    """The log files of the ledger at `path` that have content."""
    found = (Path(f"{path}{suffix}") for suffix in _SUFFIXES)
    return [log for log in found if log.exists() and log.stat().st_size]


def was_left_open(path: Path) -> bool:
    """Whether the last process to use the ledger died, or one is using it now.

    The last connection that is closed empties or removes the log; so this is to be asked before
    another one is opened.
    """
    return bool(logs(path))


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
