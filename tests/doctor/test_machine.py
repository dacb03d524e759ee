"""Checks of the machine: the program, the terminal, the disks."""

from __future__ import annotations

import platform
from collections import Counter
from pathlib import Path

import pytest

from runner import __version__
from runner.doctor.check import Level
from runner.doctor.machine import (
    BYTES_OF,
    check_disk,
    check_media,
    check_terminal,
    check_version,
    disk_check,
    is_writable,
)
from runner.errors import Exit
from runner.media import streams


def test_the_versions_are_named() -> None:
    text = check_version().text
    assert f"vidu-run {__version__}, Python {platform.python_version()}" in text


def test_without_the_extra_there_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "is_available", lambda: False)
    found = check_media()
    assert found.level is Level.WARN
    assert found.hint == 'pip install "vidu-run[media]"'


@pytest.mark.parametrize("output", ["utf-8", "UTF8"])
def test_a_terminal_of_utf_8_is_well(output: str) -> None:
    assert check_terminal(output, "utf-8").level is Level.OK


def test_a_terminal_of_ascii_is_a_warning() -> None:
    found = check_terminal("ascii", "utf-8")
    assert found.level is Level.WARN
    assert found.text.startswith("the output is ascii, not UTF-8")
    text = check_terminal(None, "ascii").text
    assert text.startswith("the output is of unknown encoding and file names are ascii, not UTF-8")


def test_a_disk_with_room_for_the_plan_is_well() -> None:
    found = disk_check("outputs", 50 * 10**9, Counter({"image": 3}))
    assert found.level is Level.OK
    assert found.text == "50.0 GB free, 3 results may take up to 25.2 MB"


def test_a_disk_without_room_for_the_plan_is_a_warning() -> None:
    free = 10 * BYTES_OF["video"]
    assert disk_check("outputs", free, Counter({"video": 11})).level is Level.WARN


def test_a_full_disk_is_a_failure_of_the_ledger() -> None:
    found = disk_check("outputs", 4096, Counter())
    assert (found.level, found.exit) == (Level.FAIL, Exit.LEDGER)


def test_the_disk_of_a_folder_to_come_is_that_above(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"
    found = check_disk(folder, ["image"])
    assert (found.id, found.about) == ("disk", str(folder))
    assert "1 result may take up to 8.4 MB" in found.text
    assert is_writable(folder)
