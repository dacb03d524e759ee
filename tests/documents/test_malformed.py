"""The files under tests/data/documents, each with what must be said about it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from runner.documents import read_document
from runner.errors import Exit, ManifestError

FOLDER = Path(__file__).parents[1] / "data" / "documents"
FILES = sorted(path.name for path in FOLDER.glob("*.yaml"))


def told(name: str) -> str:
    with pytest.raises(ManifestError) as caught:
        read_document(Path(name))
    assert caught.value.exit == Exit.INVALID
    return "".join(f"{problem}\n" for problem in caught.value.problems)


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
