"""Marks files are read, and their mistakes reported at their places."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from runner.errors import ManifestError
from runner.marks.document import MarksFile, is_marks, read_marks
from runner.model.marks import Choice, Mark
from runner.operations import schema_folder

A, B = "a" * 64, "b" * 64
ONE = f"{{id: look-noir.2, fingerprint: {A}, mark: rejected, stars: 2, note: 手指}}"


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., MarksFile]:
    """Reads a marks file with these lines under `marks`."""

    def written(*lines: str) -> MarksFile:
        path = tmp_path / "spring.marks.yaml"
        text = "".join(f"  - {line}\n" for line in lines)
        path.write_text(f"version: 1\nmarks:\n{text}", encoding="utf-8")
        return read_marks(path)

    return written


def mistakes(read: Callable[[], MarksFile]) -> list[tuple[int, int, str, str | None]]:
    """Line, column, message and hint of every mistake."""
    with pytest.raises(ManifestError) as caught:
        read()
    found = caught.value.diagnostics
    at = [problem.location for problem in found]
    return [
        (place.line, place.column, problem.message, problem.hint)
        for place, problem in zip(at, found, strict=True)
        if place
    ]


def test_a_mark_has_choice_stars_and_note(read: Callable[..., MarksFile]) -> None:
    (mark,) = read(ONE).marks
    assert mark == Mark(
        id="look-noir.2", fingerprint=A, choice=Choice.REJECTED, stars=2, note="手指"
    )


def test_a_mark_may_have_id_and_fingerprint_only(read: Callable[..., MarksFile]) -> None:
    (mark,) = read(f"{{id: window, fingerprint: {A}, note: , x-by: anna}}").marks
    assert mark == Mark(id="window", fingerprint=A)


def test_a_mark_is_located_at_its_line(read: Callable[..., MarksFile]) -> None:
    file = read(ONE, f"{{id: window, fingerprint: {B}, mark: picked}}")
    assert (file.locate(file.marks[1]).line, file.locate(file.marks[1]).column) == (4, 5)


def test_an_id_is_composed_as_those_of_jobs_are(read: Callable[..., MarksFile]) -> None:
    (mark,) = read(f"{{id: cafe\u0301, fingerprint: {A}}}").marks
    assert mark.id == "caf\u00e9"


def test_a_marks_file_may_be_json(tmp_path: Path) -> None:
    path = tmp_path / "spring.marks.json"
    row = {"id": "window", "fingerprint": A, "mark": "picked"}
    path.write_text(json.dumps({"version": 1, "manifest": "spring.yaml", "marks": [row]}))
    file = read_marks(path)
    assert file.manifest == "spring.yaml"
    assert file.marks == (Mark(id="window", fingerprint=A, choice=Choice.PICKED),)


@pytest.mark.parametrize(
    ("line", "column", "message", "hint"),
    [
        (
            f"{{id: a, fingerprint: {A}, mrak: picked}}",
            92,
            'unknown key "mrak" in a mark',
            'did you mean "mark"?',
        ),
        (
            f"{{id: a, fingerprint: {A}, mark: reject}}",
            98,
            'unknown mark "reject" (known: picked, rejected)',
            'did you mean "rejected"?',
        ),
        (
            f"{{id: a, fingerprint: {A}, stars: 6}}",
            99,
            "stars 6 is out of range (0 to 5)",
            None,
        ),
        (
            f"{{id: a, fingerprint: {A}, stars: 2.5}}",
            99,
            "stars is the number 2.5, but must be a whole number",
            None,
        ),
        (
            f"{{id: 2, fingerprint: {A}}}",
            10,
            "id is the number 2, but must be text",
            'quote it: "2"',
        ),
        (
            "{id: a, fingerprint: 3f2a}",
            26,
            'fingerprint "3f2a" is not a fingerprint (64 characters, 0 to 9 and a to f)',
            None,
        ),
        (
            "{id: a}",
            5,
            "fingerprint is missing (a mark needs it)",
            "copy it from the job's row in the results manifest",
        ),
        (
            "look-noir.2",
            5,
            'each item of marks is the text "look-noir.2", but must be a mapping',
            None,
        ),
    ],
)
def test_a_mistake_is_reported_at_its_place(
    read: Callable[..., MarksFile], line: str, column: int, message: str, hint: str | None
) -> None:
    assert mistakes(lambda: read(line)) == [(3, column, message, hint)]


def test_all_mistakes_are_reported_in_file_order(read: Callable[..., MarksFile]) -> None:
    lines = [f"{{id: a, fingerprint: {A}, stars: -1}}", ONE, "{id: b}", "{fingerprint: 1}"]
    found = mistakes(lambda: read(*lines))
    assert [line for line, *_ in found] == [3, 5, 6, 6]


def test_a_job_has_one_mark_at_most(read: Callable[..., MarksFile]) -> None:
    again = ONE.replace(A, B)
    found = mistakes(lambda: read(ONE, again))
    assert [(line, column) for line, column, *_ in found] == [(4, 10)]
    assert found[0][2] == 'job "look-noir.2" has a mark already, number 1 of this file'


def test_broken_yaml_is_reported_at_its_place(read: Callable[..., MarksFile]) -> None:
    found = mistakes(lambda: read(ONE, "{id: a, fingerprint"))
    assert found[0][0] == 4 or found[0][0] == 5


def test_an_empty_file_is_no_marks_file(tmp_path: Path) -> None:
    path = tmp_path / "spring.marks.yaml"
    path.write_text("# nothing yet\n")
    with pytest.raises(ManifestError) as caught:
        read_marks(path)
    assert "the marks file is empty" in str(caught.value.diagnostics[0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("marks: []\n", "version is missing (the marks file needs it)"),
        ("version: 2\nmarks: []\n", "unknown version 2 (known: 1)"),
        ("version: 1\n", "marks is missing (the marks file needs it)"),
        ("version: 1\nmarks: []\nmark: []\n", 'unknown key "mark" in the marks file'),
        ("version: 1\nmarks: {}\n", "marks is a mapping, but must be a list"),
    ],
)
def test_the_head_is_checked(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "spring.marks.yaml"
    path.write_text(text)
    assert [found for _, _, found, _ in mistakes(lambda: read_marks(path))] == [message]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("spring.marks.yaml", b"", True),
        ("spring.marks.yaml", b"version: 1\nmarks:\n  - {id: a", True),
        ("anna.yaml", b"version: 1\nmarks:\n  - {id: a", True),
        ("anna.yaml", b"version: 1\r\nmarks:\r\n- {id: a", True),
        ("anna.json", b'{"version": 1, "marks": [', True),
        ("anna.json", b'{"version": 1, "manifest": "a.yaml",\n "marks": [', True),
        ("spring.yaml", b"version: 1\njobs:\n  - id: marks\n", False),
        ("spring.marks.yaml", b"version: 1\njobs:\n  - id: marks\n", False),
        ("spring.results.yaml", b"version: 1\nmarks:\n  path: a\njobs:\n", False),
        ("spring.yaml", b"", False),
    ],
)
def test_a_marks_file_is_recognized(name: str, content: bytes, expected: bool) -> None:
    assert is_marks(name, content) is expected


def test_the_published_schema_is_what_is_checked(read: Callable[..., MarksFile]) -> None:
    schema = json.loads((schema_folder() / "marks.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    assert validator.is_valid(read(ONE).document.value)
    assert not validator.is_valid({"version": 1, "marks": [{"id": "a", "fingerprint": "3f"}]})
