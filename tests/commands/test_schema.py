"""`vidu-run schema`: the names and texts of the schemas."""

from __future__ import annotations

import json

from runner.operations import load_operations
from tests.commands.conftest import Project


def test_the_schemas_can_be_listed_and_printed(project: Project) -> None:
    names = project.run("schema").out.split()
    assert names == sorted(["manifest", "results", *load_operations()])
    for name in names:
        assert json.loads(project.run("schema", name).out)["$schema"].startswith("https://json-s")


def test_an_unknown_schema_gets_a_hint(project: Project) -> None:
    ran = project.run("schema", "manifets")
    assert ran.code == 2
    assert "manifest" in ran.err
