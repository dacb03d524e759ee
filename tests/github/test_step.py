"""Step: the job summary, its limit, and files that cannot be written."""

from __future__ import annotations

from pathlib import Path

from runner.errors import Diagnostic, ManifestError, UsageError
from runner.github.step import MAX_SUMMARY_BYTES, Step


def step_of(summary: Path | None) -> Step:
    named = {} if summary is None else {"GITHUB_STEP_SUMMARY": str(summary)}
    return Step(environ={"GITHUB_ACTIONS": "true", **named})


def shown(step: Step) -> list[str]:
    lines: list[str] = []
    step.show(lines.append)
    return lines


def test_nothing_is_collected_outside_of_a_workflow(tmp_path: Path) -> None:
    step = Step(environ={"GITHUB_STEP_SUMMARY": str(tmp_path / "s.md")})
    step.add_problems([Diagnostic(message="x")])
    step.add_section(lambda _room: "text")
    assert (shown(step), list(tmp_path.iterdir())) == ([], [])


def test_sections_are_appended_to_the_summary(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("before\n", encoding="utf-8")
    step = step_of(path)
    step.add_section(lambda _room: "one\n")
    step.add_section(lambda _room: "猫\n")
    assert shown(step) == []
    assert path.read_text(encoding="utf-8") == "before\none\n猫\n"


def test_a_section_gets_the_room_that_is_left(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_bytes(b"x" * 1000)
    step = step_of(path)
    rooms: list[int] = []

    def section(room: int) -> str:
        rooms.append(room)
        return "猫" * 100

    step.add_section(section)
    step.add_section(section)
    assert rooms == [MAX_SUMMARY_BYTES - 1000, MAX_SUMMARY_BYTES - 1300]
    path.write_bytes(b"x" * MAX_SUMMARY_BYTES)
    step.add_section(section)
    assert len(rooms) == 2


def test_a_summary_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "gone/summary.md"
    step = step_of(path)
    step.add_section(lambda _room: "text")
    (line,) = shown(step)
    assert line.startswith(f"warning: the job summary {path} cannot be written: No such file")


def test_without_a_summary_there_are_annotations_only() -> None:
    step = step_of(None)
    step.add_section(lambda _room: "text")
    step.add_failure(ManifestError([Diagnostic(message="x"), Diagnostic(message="y")]))
    step.add_failure(UsageError("z", hint="w"))
    assert [line.partition("::")[2].partition("::")[2] for line in shown(step)] == [
        *("x", "y", "z%0Ahint: w")
    ]
