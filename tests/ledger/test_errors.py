"""Errors: every cause has its message and its remedy."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from runner.errors import LedgerError
from runner.ledger.errors import translated_errors, translated_system_errors

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


@pytest.mark.parametrize(
    ("code", "hint"), [(errno.ENOSPC, "free some space"), (errno.EACCES, "--state-dir")]
)
def test_a_refusal_of_the_system_has_a_hint(code: int, hint: str) -> None:
    with pytest.raises(LedgerError) as caught, translated_system_errors(PATH):
        raise OSError(code, os.strerror(code))
    assert os.strerror(code) in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_defect_of_ours_is_not_translated() -> None:
    with pytest.raises(sqlite3.IntegrityError), translated_errors(PATH):
        raise sqlite3.IntegrityError
    with pytest.raises(LedgerError), translated_errors(PATH):
        raise sqlite3.OperationalError


def test_too_many_open_files_are_no_matter_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(LedgerError) as caught, translated_system_errors(tmp_path):
        raise OSError(errno.EMFILE, "Too many open files")
    assert "ulimit -n" in (caught.value.hint or "")
