"""Errors of the file system: every cause has its message and its remedy."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from runner.errors import LedgerError
from runner.ledger.errors import translated_system_errors

PATH = Path("ledger.sqlite3")


@pytest.mark.parametrize(
    ("code", "hint"), [(errno.ENOSPC, "free some space"), (errno.EACCES, "--state-dir")]
)
def test_a_refusal_of_the_system_has_a_hint(code: int, hint: str) -> None:
    with pytest.raises(LedgerError) as caught, translated_system_errors(PATH):
        raise OSError(code, os.strerror(code))
    assert os.strerror(code) in caught.value.message
    assert hint in (caught.value.hint or "")


def test_too_many_open_files_are_no_matter_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(LedgerError) as caught, translated_system_errors(tmp_path):
        raise OSError(errno.EMFILE, "Too many open files")
    assert "ulimit -n" in (caught.value.hint or "")
