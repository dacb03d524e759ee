"""A manifest's text becomes an expansion, as in the program."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import pytest

from runner.documents.files import read_document
from runner.expansion.expand import Expansion, expand
from runner.operations import load_operations

HEAD = """\
version: 1
defaults: {operation: vidu/reference2image, vidu/reference2image: {model: viduq2}}
"""


@pytest.fixture
def expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Expansion]:
    """Write `files` and the manifest `head + text` to a folder, and expand it there."""
    monkeypatch.chdir(tmp_path)

    def run(
        text: str,
        *,
        files: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        head: str = HEAD,
        rejected: Collection[str] = (),
    ) -> Expansion:
        for name, content in (files or {}).items():
            Path(name).write_text(content, encoding="utf-8")
        path = Path("m.yaml")
        path.write_text(head + text, encoding="utf-8")
        document = read_document(path)
        return expand(
            document.value,
            path.parent,
            load_operations(),
            env=env or {},
            locate=document.locate,
            rejected=rejected,
        )

    return run
