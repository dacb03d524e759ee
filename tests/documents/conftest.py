"""Fixture of document tests: writes a text to a file and reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from runner.documents.files import Document, read_document

Read: TypeAlias = Callable[[str], Document]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Writes a text, byte for byte, to a file and reads it as a document."""

    def written(text: str) -> Document:
        path = tmp_path / "m.yaml"
        path.write_bytes(text.encode())
        return read_document(path)

    return written
