from __future__ import annotations

from pathlib import Path

import pytest

from bench.page import update
from bench.processes import BenchError
from bench.tables import Table

TEXT = """\
# Numbers

By hand.

<!-- bench: speed -->
old
<!-- end -->

Also by hand.

<!-- bench: size -->
kept
<!-- end -->
"""


def speed(name: str = "speed") -> Table:
    return Table(
        name=name,
        title="Speed",
        command="python -m bench speed",
        columns=("tool", "s"),
        rows=(("ours", "1"),),
        notes=("Median of 3.",),
    )


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "PAGE.md"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_table_replaces_what_stood_in_its_place_and_nothing_else(page: Path) -> None:
    update(page, [speed()], "today, here")
    text = page.read_text(encoding="utf-8")
    assert "| ours |   1 |" in text
    assert "Median of 3. `python -m bench speed`; today, here." in text
    assert "old" not in text
    assert "kept" in text
    assert text.count("by hand") + text.count("By hand") == 2
    update(page, [speed()], "today, here")
    assert page.read_text(encoding="utf-8") == text


def test_a_table_without_a_place_is_not_lost_in_silence(page: Path) -> None:
    with pytest.raises(BenchError, match="no place for heat"):
        update(page, [speed("heat")], "today, here")
    assert page.read_text(encoding="utf-8") == TEXT
