"""Checks of the ledger: its place, its content, its lock, and rescue files."""

from __future__ import annotations

import fcntl
import os
from contextlib import closing
from pathlib import Path

import pytest

from runner import mounts
from runner.doctor.check import Check, Level
from runner.doctor.ledger import check_ledger
from runner.errors import Exit
from runner.ledger.changes import Intend, Settle
from runner.ledger.rescue import RescueFile, rescue_path
from runner.ledger.sqlite.store import open_sqlite
from runner.model.tasks import AttemptState
from tests.ledger.conftest import make_intent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".vidu-run" / "ledger.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Path:
    """A ledger with one submission of unknown fate."""
    with open_sqlite(path) as opened:
        run = opened.begin_run("spring.yaml", "vidu-run")
        opened.apply([Intend(run=run, intent=make_intent())])
        lost = AttemptState.AMBIGUOUS
        opened.apply([Settle(number=1, state=lost, at="2026-11-20T10:00:01Z")])
        opened.end_run(run, 7)
    return path


def by_id(path: Path) -> dict[str, Check]:
    return {check.id: check for check in check_ledger(path)}


def test_where_no_ledger_is_yet_all_is_well(path: Path) -> None:
    found = by_id(path)
    assert {check.level for check in found.values()} == {Level.OK}
    assert found["ledger"].text == "none yet"
    assert not path.parent.exists(), "something was written"


def test_a_ledger_is_read_as_a_whole(ledger: Path) -> None:
    found = by_id(ledger)
    assert found["ledger"].level is Level.WARN
    assert found["ledger"].text == "whole, with 1 submission; the fate of 1 is unknown"
    assert found["ledger-lock"].text == "free"
    own = {"ledger.sqlite3-wal", "ledger.sqlite3-shm"}  # SQLite's, which any reader makes
    there = {file.name for file in ledger.parent.iterdir()}
    assert there - own == {".gitignore", "ledger.sqlite3", "runs"}


def test_a_run_that_has_it_open_is_named(path: Path) -> None:
    with open_sqlite(path) as opened:
        run = opened.begin_run("spring.yaml", "vidu-run")
        text = by_id(path)["ledger"].text
        opened.end_run(run, 0)
    assert f"used by process {os.getpid()} on " in text


def test_a_damaged_ledger_hides_no_other_check(ledger: Path) -> None:
    content = bytearray(ledger.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    ledger.write_bytes(content)
    found = by_id(ledger)
    assert (found["ledger"].level, found["ledger"].exit) == (Level.FAIL, Exit.LEDGER)
    assert "damaged" in found["ledger"].text
    assert found["ledger-place"].level is Level.OK
    assert found["rescue"].level is Level.OK


def test_a_share_of_the_host_is_a_failure(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "mountinfo"
    rows = f"22 1 0:1 / / rw - ext4 x rw\n23 22 0:2 / {tmp_path} rw - virtiofs x rw\n"
    listed.write_text(rows, encoding="utf-8")
    monkeypatch.setattr(mounts, "MOUNTINFO", listed)
    monkeypatch.setattr("sys.platform", "linux")
    place = by_id(path)["ledger-place"]
    assert (place.level, place.exit) == (Level.FAIL, Exit.LEDGER)
    assert "virtiofs" in place.text
    assert "--state-dir" in (place.hint or "")


def test_a_folder_that_is_locked_is_a_warning(ledger: Path) -> None:
    descriptor = os.open(ledger.parent, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert by_id(ledger)["ledger-lock"].level is Level.WARN
    finally:
        os.close(descriptor)


def test_tasks_in_a_rescue_file_are_counted(ledger: Path) -> None:
    with closing(RescueFile(rescue_path(ledger, "r1"))) as rescue:
        rescue.record(make_intent(), "911", attempt=1)
    found = by_id(ledger)["rescue"]
    assert found.level is Level.WARN
    assert found.text.startswith("1 paid task in ")
    assert found.hint == "keep the file: the next run recovers them"
