"""Translates errors of SQLite into messages that name a remedy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import LedgerError
from runner.ledger.errors import FREE_SPACE, USE_STATE_DIR

_KEEP_FILE = (
    "keep the file: it records what was paid for. Restore a backup, or move it away (with its -wal "
    "and -shm) and run again; the results manifest beside the manifest is the evidence then"
)
_REPAIR = (
    "keep the file: it records what was paid for. Restore a backup of it, or save what can be read "
    'with `sqlite3 DAMAGED ".recover" | sqlite3 NEW` and put NEW in its place. Without it, the '
    "results manifest beside the manifest is the evidence, which lacks what was under way"
)
_MESSAGES = {
    sqlite3.SQLITE_NOTADB: ("is not a vidu-run ledger: not an SQLite database", _KEEP_FILE),
    sqlite3.SQLITE_CORRUPT: ("is damaged; nothing more is submitted", _REPAIR),
    sqlite3.SQLITE_FULL: ("cannot be written: the disk is full", FREE_SPACE),
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written: the disk reports an error",
        "check the disk and its free space, then run again",
    ),
    sqlite3.SQLITE_READONLY: ("cannot be written: it is read-only", USE_STATE_DIR),
    sqlite3.SQLITE_PERM: ("cannot be opened: permission denied", USE_STATE_DIR),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", USE_STATE_DIR),
    sqlite3.SQLITE_BUSY: (
        "is locked by another program",
        "close the program that holds it (a database browser?) and run again",
    ),
}


def moved_error(path: Path) -> LedgerError:
    """The message and hint for a ledger that is no longer where it was opened."""
    return LedgerError(
        f"the ledger {path} was moved or deleted while it was in use; nothing more is submitted",
        hint="put it back and run again; without it, the results manifest is the evidence",
    )


def damage_error(path: Path, finding: str) -> LedgerError:
    """The message and hint for a ledger in which a check found damage."""
    return LedgerError(
        f"the ledger {path} is damaged; nothing was submitted ({finding})", hint=_REPAIR
    )


@contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Raise `LedgerError` for what the disk or another program does to the ledger at `path`."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # these are defects of ours, and end in a crash log
    except sqlite3.Error as error:
        # Extended codes carry the primary one in their low byte (SQLite's result code page).
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        message, hint = _MESSAGES.get(code, (f"cannot be used: {error}", None))
        subject = path if code == sqlite3.SQLITE_NOTADB else f"the ledger {path}"
        raise LedgerError(f"{subject} {message}", hint=hint) from error
