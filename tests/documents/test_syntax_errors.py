"""The malformed files under tests/data/documents and their expected errors."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from runner.documents.files import read_document
from runner.errors import ManifestError

FOLDER = Path(__file__).parents[1] / "data" / "documents"
FILES = sorted(path.name for path in FOLDER.glob("*.yaml"))


def errors_of(name: str) -> str:
    try:
        diagnostics = list(read_document(Path(name)).diagnostics)
    except ManifestError as error:
        diagnostics = error.diagnostics
    assert any(not each.warning for each in diagnostics)
    return "".join(f"{each}\n" for each in diagnostics)


@pytest.mark.parametrize("name", FILES)
def test_a_malformed_file_has_its_errors_and_hints(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    assert errors_of(name) == Path(name).with_suffix(".expected").read_text("utf-8")


@pytest.mark.parametrize("name", FILES)
def test_without_libyaml_errors_are_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert errors_of(name) == Path(name).with_suffix(".expected").read_text("utf-8")


def test_every_file_has_expected_errors() -> None:
    assert FILES
    assert sorted(path.stem for path in FOLDER.glob("*.expected")) == [
        Path(name).stem for name in FILES
    ]


def test_after_errors_in_values_the_rest_can_be_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.yaml").write_text("a: 16:9\nb: 010\nno: 1\nc: !x d\nc: 2\nd: .inf\n")
    document = read_document(Path("m.yaml"))
    assert document.value == {"a": "16:9", "b": "010", "no": 1, "c": 2, "d": ".inf"}
    assert [problem.location and problem.location.line for problem in document.diagnostics] == [
        *range(1, 7)
    ]
