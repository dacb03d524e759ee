"""Annotations: workflow commands with their escapes, and no more of them than GitHub shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import Diagnostic, Location
from runner.github.annotations import Annotation, annotation_lines, annotation_of


def problem(message: str, *, line: int = 6, warning: bool = False, jobs: int = 1) -> Diagnostic:
    place = Location(path="spring.yaml", line=line, column=19)
    return Diagnostic(message=message, location=place, job="wide", warning=warning, jobs=jobs)


def lines_of(*problems: Diagnostic) -> list[str]:
    return annotation_lines(map(annotation_of, problems), {})


def test_a_problem_is_a_command_with_its_place() -> None:
    assert lines_of(problem("duration is too long")) == [
        '::error file=spring.yaml,line=6,col=19,title=vidu-run::duration is too long (job "wide")'
    ]


def test_a_problem_without_a_place_has_only_a_title() -> None:
    assert lines_of(Diagnostic(message="no key", hint="set it", warning=True)) == [
        "::warning title=vidu-run::no key%0Ahint: set it"
    ]


def test_what_ends_a_command_or_a_property_is_escaped() -> None:
    place = Location(path="a,b:c%.yaml", line=1)
    annotation = Annotation(
        level="error", title="job: a, b", message="100%\r\n::error::x\rb, c: d", location=place
    )
    assert annotation_lines([annotation], {}) == [
        "::error file=a%2Cb%3Ac%25.yaml,line=1,title=job%3A a%2C b::100%25%0A::error::x\\x0db, c: d"
    ]


def test_a_file_is_named_from_the_root_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "campaigns").mkdir()
    monkeypatch.chdir(tmp_path / "campaigns")
    (line,) = annotation_lines([annotation_of(problem("x"))], {"GITHUB_WORKSPACE": str(tmp_path)})
    assert line.startswith("::error file=campaigns/spring.yaml,")


def test_a_file_outside_of_the_checkout_keeps_its_path(tmp_path: Path) -> None:
    place = Location(path="/elsewhere/a.yaml")
    annotation = Annotation(level="error", message="x", location=place)
    (line,) = annotation_lines([annotation], {"GITHUB_WORKSPACE": str(tmp_path)})
    assert "file=/elsewhere/a.yaml," in line


def test_ten_of_each_kind_are_shown_and_no_more() -> None:
    problems = [problem(f"e{n}") for n in range(10)]
    problems += [problem(f"w{n}", warning=True) for n in range(12)]
    lines = lines_of(*problems)
    assert sum(line.startswith("::error ") for line in lines) == 10
    assert sum(line.startswith("::warning ") for line in lines) == 10
    assert "e9" in lines[9]
    assert (
        lines[-1] == "::warning title=vidu-run::... and 3 more warnings: see the log of this step"
    )


def test_what_affects_most_jobs_comes_first() -> None:
    found = lines_of(problem("one"), problem("many", jobs=40), problem("other"))
    assert [line.rpartition("::")[2].split()[0] for line in found] == ["many", "one", "other"]


def test_the_same_problem_is_shown_once() -> None:
    assert len(lines_of(problem("one"), problem("one"))) == 1
