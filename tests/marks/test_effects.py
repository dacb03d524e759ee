"""Marks without an effect are warned about."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.marks.document import MarksFile, read_marks
from runner.marks.effects import idle_marks

A, B = "a" * 64, "b" * 64


@pytest.fixture
def file(tmp_path: Path) -> MarksFile:
    path = tmp_path / "m.marks.yaml"
    path.write_text(
        f"version: 1\nmarks:\n"
        f"  - {{id: look.1, fingerprint: {A}, stars: 3}}\n"
        f"  - {{id: look.2, fingerprint: {A}, mark: rejected}}\n"
        f"  - {{id: look.3, fingerprint: {A}, mark: picked}}\n"
    )
    return read_marks(path)


def warned(
    file: MarksFile, jobs: dict[str, str], rejected: set[str], *, redo: bool = True
) -> list[tuple[int, str | None, str]]:
    found = idle_marks(file, jobs, rejected, redo=redo)
    assert all(problem.warning for problem in found)
    return [(each.location.line, each.job, each.message) for each in found if each.location]


def test_a_mark_of_a_job_that_is_there_is_right(file: MarksFile) -> None:
    assert warned(file, {"look.1": A, "look.3": A, "look.4": B}, {"look.2"}) == []


def test_a_mark_of_no_job_is_a_warning(file: MarksFile) -> None:
    message = "the manifest has no such job: the mark has no effect"
    assert warned(file, {"look.1": A, "look.3": A}, set()) == [(4, "look.2", message)]


def test_a_mark_of_another_request_is_a_warning(file: MarksFile) -> None:
    message = "its request has changed since (fingerprint aaaaaaaa, now bbbbbbbb)"
    assert warned(file, {"look.1": A, "look.3": B}, {"look.2"}) == [
        (5, "look.3", f"{message}: the mark has no effect")
    ]


def test_where_nothing_is_redone_only_picks_count(file: MarksFile) -> None:
    message = "the manifest has no such job: the mark has no effect"
    assert warned(file, {}, set(), redo=False) == [(5, "look.3", message)]
