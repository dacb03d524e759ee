"""`docs/operations.md` is what the schemas give."""

from __future__ import annotations

from pathlib import Path

from runner.operations import load_operations
from runner.reference.markdown import reference_text


def test_the_document_is_generated_from_the_schemas() -> None:
    file = Path(__file__).parents[2] / "docs" / "operations.md"
    assert file.read_text(encoding="utf-8") == reference_text(load_operations()), (
        "regenerate it: python -m runner.reference > docs/operations.md"
    )
