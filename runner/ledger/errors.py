"""SQLite's and the system's errors in, messages that say what to do out."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import LedgerError

_ELSEWHERE = "make it writable, or keep the ledger elsewhere with --state-dir"
_KEEP = (
    "keep the file, it knows what was paid for: restore a copy of it, or move it away (with its "
    "-wal and -shm) and run again; the results manifest beside the manifest is then the evidence"
)
_SPACE = "free some space and run again; nothing that was recorded is lost"

_WORDS = {
    sqlite3.SQLITE_NOTADB: ("is not a ledger (not an SQLite database)", _KEEP),
    sqlite3.SQLITE_CORRUPT: ("is damaged", _KEEP),
    sqlite3.SQLITE_FULL: ("cannot be written: the disk is full", _SPACE),
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written: the disk reports an error",
        "look at the disk and its free space, then run again",
    ),
    sqlite3.SQLITE_READONLY: ("cannot be written: it is read-only", _ELSEWHERE),
    sqlite3.SQLITE_PERM: ("may not be opened", _ELSEWHERE),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", _ELSEWHERE),
    sqlite3.SQLITE_BUSY: (
        "is locked by another program",
        "end the program that holds it (a database browser?) and run again",
    ),
}


def ledger_error(path: Path, error: sqlite3.Error) -> LedgerError:
    """What to tell the user of an SQLite error at `path`."""
    # Extended codes carry the primary one in their low byte (SQLite's result code page).
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    words, hint = _WORDS.get(code, (f"cannot be used: {error}", None))
    return LedgerError(f"the ledger {path} {words}", hint=hint)


def system_error(path: Path, error: OSError) -> LedgerError:
    """What to tell the user when the system refuses a file or folder of the ledger."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    why = error.strerror or str(error)
    return LedgerError(
        f"the ledger's {path} cannot be written: {why}", hint=_SPACE if full else _ELSEWHERE
    )


def describe_move(path: Path) -> LedgerError:
    """What to tell the user of a ledger that is no longer where it was opened."""
    return LedgerError(
        f"the ledger {path} was moved or deleted while it was in use; nothing more is submitted",
        hint="put it back and run again; without it, the results manifest is the evidence",
    )


@contextmanager
def describe(path: Path) -> Iterator[None]:
    """Turn what the world does to the ledger into `LedgerError`; our own defects pass as they are.

    `sqlite3.IntegrityError` and `ProgrammingError` are such defects.
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.Error as error:
        raise ledger_error(path, error) from error
