"""Shape: the manifest's own keys as JSON Schema, from `schemas/manifest-keys.json`.

The parameters of operations are not included: expanded jobs are checked against the operations'
schemas, and the authoring schema adds them.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from runner.operations import schema_folder

Schema: TypeAlias = dict[str, Any]


@functools.cache
def _text() -> str:
    return (schema_folder() / "manifest-keys.json").read_text(encoding="utf-8")


def part(name: Literal["manifest", "provider", "job", "expression", "snippets"]) -> Any:
    """One part of the file; "snippets" are the jobs that an editor offers to insert."""
    # Parsed for each caller, because callers fill in what depends on the operations.
    return json.loads(_text())[name]


def manifest_shape(operations: Iterable[str]) -> Schema:
    """The manifest, but its defaults and jobs without their contents, which the callers add."""
    shape: Schema = part("manifest")
    providers = sorted({name.partition("/")[0] for name in operations})
    shape["properties"]["providers"]["properties"] = {name: part("provider") for name in providers}
    return shape


def job_shape(operations: Iterable[str]) -> Schema:
    """A job's own keys; parameters are allowed, but not described."""
    shape: Schema = part("job")
    # The first alternative is the plain value; the others are null and an expression.
    shape["properties"]["operation"]["anyOf"][0]["enum"] = list(operations)
    return {"$defs": {"expression": part("expression")}, **shape}
