"""Errors: every cause has its message and its remedy."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from runner.errors import LedgerError
from runner.ledger.sqlite.errors import translated_errors

PATH = Path("ledger.sqlite3")


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        (sqlite3.SQLITE_CORRUPT, "is damaged", "keep the file"),
        (sqlite3.SQLITE_FULL, "the disk is full", "free some space"),
        (sqlite3.SQLITE_READONLY, "it is read-only", "--state-dir"),
        (sqlite3.SQLITE_BUSY, "is locked by another program", "close the program"),
        (sqlite3.SQLITE_IOERR_FSYNC, "the disk reports an error", "check the disk"),
    ],
)
def test_an_sqlite_code_has_a_message_and_a_hint(code: int, message: str, hint: str) -> None:
    error = sqlite3.OperationalError("as SQLite words it")
    error.sqlite_errorcode = code
    with pytest.raises(LedgerError) as caught, translated_errors(PATH):
        raise error
    assert caught.value.message.startswith("the ledger ledger.sqlite3 ")
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_an_unknown_code_is_described_by_sqlite() -> None:
    message = "the ledger ledger.sqlite3 cannot be used: near SELECT: syntax error"
    with pytest.raises(LedgerError, match=message), translated_errors(PATH):
        raise sqlite3.OperationalError("near SELECT: syntax error")


def test_a_defect_of_ours_is_not_translated() -> None:
    with pytest.raises(sqlite3.IntegrityError), translated_errors(PATH):
        raise sqlite3.IntegrityError
    with pytest.raises(LedgerError), translated_errors(PATH):
        raise sqlite3.OperationalError
