"""Schema copy: the authoring schema that stands beside a manifest, for editors."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from pathlib import Path

from runner import __version__
from runner.errors import Diagnostic, Location
from runner.fs import is_file
from runner.operations import SUFFIX, schema_folder

SCHEMA = "manifest" + SUFFIX
"""Its name, both among the schemas and beside a manifest."""
_ID = "urn:vidu-run:schema:manifest"


def schema_text() -> bytes:
    """The authoring schema of this version."""
    return (schema_folder() / SCHEMA).read_bytes()


def outdated_copies(manifests: Iterable[Path]) -> list[Diagnostic]:
    """A warning for each copy beside these manifests that is of another version."""
    folders = dict.fromkeys(manifest.parent for manifest in manifests)
    return [problem for folder in folders if (problem := _outdated(folder / SCHEMA))]


def _outdated(path: Path) -> Diagnostic | None:
    if not is_file(path):  # as with most manifests
        return None
    try:
        content = path.read_bytes()
    except OSError:  # no editor reads it either
        return None
    if content == schema_text() or not _is_ours(content):
        return None
    name = shlex.quote(str(path))
    return Diagnostic(
        message=f"this schema for editors is not that of vidu-run {__version__}",
        hint=f"to replace it: vidu-run schema manifest > {name}",
        location=Location(path=str(path)),
        warning=True,
    )


def _is_ours(content: bytes) -> bool:
    """Whether it is an authoring schema at all: somebody may have a file of that name."""
    try:
        schema = json.loads(content)
    except ValueError:
        return _ID.encode() in content  # ours once, and damaged
    return isinstance(schema, dict) and schema.get("$id") == _ID
