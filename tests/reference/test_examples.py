"""The example of each operation is a manifest that can be copied."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.commands.options import Options
from runner.commands.validate import validate
from runner.errors import Exit
from runner.operations import load_operations
from runner.reference.examples import example_manifest


@pytest.mark.parametrize("name", load_operations())
def test_the_example_of_every_operation_is_valid(name: str, tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    file.write_text(example_manifest(load_operations()[name]), encoding="utf-8")
    assert validate(Options(manifests=(file,))) is Exit.OK
