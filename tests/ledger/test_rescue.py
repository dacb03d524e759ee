"""Rescue file: entries survive what keeps the ledger from being written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import LedgerError
from runner.ledger.rescue import RescueFile, read_rescue
from runner.model.tasks import Intent


def test_a_rescue_file_without_entries_is_removed(tmp_path: Path) -> None:
    rescue = RescueFile(tmp_path / "r1.rescue")
    assert rescue.path.exists()
    rescue.close()
    assert not rescue.path.exists()


def test_a_task_id_is_in_the_file_at_once(tmp_path: Path, intent: Callable[..., Intent]) -> None:
    rescue = RescueFile(tmp_path / "r1.rescue")
    rescue.record(intent(), "911", attempt=3)
    (entry,) = read_rescue(rescue.path)
    assert (entry["task_id"], entry["attempt"], entry["job"]) == ("911", 3, "window")
    rescue.close()


def test_a_file_with_entries_stays_and_is_trimmed(
    tmp_path: Path, intent: Callable[..., Intent]
) -> None:
    rescue = RescueFile(tmp_path / "r1.rescue")
    rescue.record(intent(), "911")
    rescue.record(intent("f2"), "912")
    rescue.close()
    assert [entry["task_id"] for entry in read_rescue(rescue.path)] == ["911", "912"]
    assert rescue.path.read_bytes().count(b"\n") == 2


def test_an_incomplete_line_does_not_hide_the_others(tmp_path: Path) -> None:
    path = tmp_path / "r1.rescue"
    path.write_bytes(b'{"task_id": "1"}\n{"task_\n[]\n\n')
    assert read_rescue(path) == [{"task_id": "1"}]


def test_a_file_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="No such file"):
        RescueFile(tmp_path / "missing" / "r1.rescue")


def test_an_entry_that_cannot_be_written_is_an_error(
    tmp_path: Path, intent: Callable[..., Intent]
) -> None:
    rescue = RescueFile(tmp_path / "r1.rescue")
    os.close(rescue._file)
    rescue._file = os.open("/dev/full", os.O_RDWR)
    with pytest.raises(LedgerError, match="cannot be written"):
        rescue.record(intent(), "911")
    rescue.close()


def test_what_the_ledger_has_by_now_is_erased(
    tmp_path: Path, intent: Callable[..., Intent]
) -> None:
    rescue = RescueFile(tmp_path / "r1.rescue")
    first = rescue.record(intent(), "911")
    rescue.record(intent("f2"), "912")
    rescue.erase(first)
    assert [entry["task_id"] for entry in read_rescue(rescue.path)] == ["912"]
    rescue.close()
    assert [entry["task_id"] for entry in read_rescue(rescue.path)] == ["912"]


def test_a_file_whose_entries_are_erased_is_removed(
    tmp_path: Path, intent: Callable[..., Intent]
) -> None:
    rescue = RescueFile(tmp_path / "r1.rescue")
    rescue.erase(rescue.record(intent(), "911"))
    rescue.close()
    assert not rescue.path.exists()
