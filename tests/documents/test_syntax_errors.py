"""The files under tests/data/documents, each with what must be said about it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from runner.documents import read_document
from runner.errors import ManifestError

FOLDER = Path(__file__).parents[1] / "data" / "documents"
FILES = sorted(path.name for path in FOLDER.glob("*.yaml"))


def told(name: str) -> str:
    try:
        problems = list(read_document(Path(name)).diagnostics)
    except ManifestError as error:
        problems = error.diagnostics
    assert any(not problem.warning for problem in problems)
    return "".join(f"{problem}\n" for problem in problems)


@pytest.mark.parametrize("name", FILES)
def test_a_malformed_file_is_told_with_its_places_and_hints(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    assert told(name) == Path(name).with_suffix(".expected").read_text("utf-8")


@pytest.mark.parametrize("name", FILES)
def test_without_libyaml_the_same_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert told(name) == Path(name).with_suffix(".expected").read_text("utf-8")


def test_every_file_has_its_message_and_every_message_its_file() -> None:
    assert FILES
    assert sorted(path.stem for path in FOLDER.glob("*.expected")) == [
        Path(name).stem for name in FILES
    ]


def test_errors_about_single_values_leave_a_value_to_check_further(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.yaml").write_text("a: 16:9\nb: 010\nno: 1\nc: !x d\nc: 2\nd: .inf\n")
    document = read_document(Path("m.yaml"))
    assert document.value == {"a": "16:9", "b": "010", "no": 1, "c": 2, "d": ".inf"}
    assert [problem.location and problem.location.line for problem in document.diagnostics] == [
        *range(1, 7)
    ]
