"""The disk's refusals, told or borne."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.engine.download import place


def test_a_copy_never_takes_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "new").write_text("new")
    with pytest.raises(FileExistsError):
        place.copy(tmp_path / "old", tmp_path / "new")
    assert (tmp_path / "new").read_text() == "new"
