"""docs/python.md: its examples run in order, and come to what it shows."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

import pytest

from runner.api.settings import LoadSettings, PlanSettings, RunSettings

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(python|pycon)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_every_example_comes_to_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "examples"}
    runner = doctest.DocTestRunner(optionflags=doctest.FAIL_FAST)
    blocks = [*BLOCK.finditer(TEXT)]
    for block in blocks:
        kind, code = block.groups()
        line = TEXT.count("\n", 0, block.start(2))
        if kind == "python":
            # Empty lines, so that a traceback names the line of the page.
            exec(compile("\n" * line + code, str(PAGE), "exec", dont_inherit=True), names)  # noqa: S102
        else:
            case = doctest.DocTestParser().get_doctest(code, {}, PAGE.name, str(PAGE), line)
            case.globs = names
            failed = runner.run(case, clear_globs=False).failed
            assert failed == 0, capsys.readouterr().out
    assert len(blocks) > 10
    assert "recorded in tower.emulated.results.yaml" in capsys.readouterr().out
    assert Path("tower.emulated.results.yaml").exists()


@pytest.mark.parametrize("settings", [LoadSettings, PlanSettings, RunSettings])
def test_every_setting_is_listed(settings: type) -> None:
    table = TEXT.partition("## Settings")[2].partition("Amounts are")[0]
    listed = set(re.findall(r"`(\w+)`", table))
    assert set(settings.__annotations__) <= listed
