"""Merge conflicts: a marker is an error at its line, in any file that is read as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.documents.files import load, read_text
from runner.documents.text_errors import find_conflict
from runner.errors import ManifestError


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n", 2),
        ("a\r\n<<<<<<<\r\nb\r\n", 3),
        ("a\n>>>>>>> other: a change\n", 2),
        ("||||||| 1f2e3d\n", 0),
        ("a\n<<<<<<<<< HEAD\n", 2),
    ],
)
def test_a_marker_at_the_start_of_a_line_is_found(text: str, index: int) -> None:
    error = find_conflict(text)
    assert error is not None
    assert error.index == index


@pytest.mark.parametrize("text", ["a <<<<<<< b\n", "<<<<<<<<\n", "=======\n", "  <<<<<<< b\n", ""])
def test_other_lines_are_no_conflict(text: str) -> None:
    assert find_conflict(text) is None


def test_files_of_any_kind_are_searched(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,prompt\n<<<<<<< HEAD\na,cat\n=======\na,dog\n>>>>>>> other\n")
    with pytest.raises(ManifestError, match=r"rows\.csv:2:1: error: a merge conflict is not"):
        read_text(path)


def test_a_text_that_is_loaded_is_searched() -> None:
    with pytest.raises(ManifestError, match=r"r\.yaml:2:1: error: a merge conflict"):
        load("jobs:\n<<<<<<< HEAD\n- a\n", path="r.yaml")
