"""Checks one operation's file against the language of schemas/README.md, and its place."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from runner.errors import Diagnostic, nearest
from runner.model.jobs import DocumentLocator
from runner.operations import SUFFIX, operation_at, schema_folder
from runner.validation.diagnostics import (
    Finding,
    document_diagnostics,
    not_yet_reported,
    shown,
)
from runner.validation.messages import explain
from runner.validation.operation_file.limits import check_media_limits
from runner.validation.operation_file.measures import check_measures
from runner.validation.operation_file.names import check_names
from runner.validation.operation_file.request import check_request
from runner.validation.operation_file.rules import acceptor, check_rules
from runner.validation.operation_file.tables import check_tables
from runner.validation.schema import Subject

_OWNER = "an operation's file"


def diagnose_operation(
    schema: Mapping[str, Any], locate: DocumentLocator, path: Path | None = None
) -> list[Diagnostic]:
    """Every mistake in the value of an operation's file; empty if it is right.

    With the file's `path` there may be warnings about where it is.
    """
    if (stranger := _other_kind(schema)) is not None:
        return [stranger.diagnostic(locate((), key=False), None)]
    form = document_diagnostics(_check_form(schema), schema, locate)
    sense: list[Finding] = [*chain.from_iterable(check(schema) for check in _CHECKS)]
    if path is not None:
        sense += _check_place(path, schema)
    found = document_diagnostics(sense, schema, locate)
    # A value of a wrong form causes further errors, which would only repeat the first.
    return [*form, *not_yet_reported(found, form)]


_CHECKS = (
    check_names,
    check_rules,
    check_measures,
    check_request,
    check_media_limits,
    check_tables,
)
"""What a JSON Schema cannot express."""


def is_right(schema: Mapping[str, Any]) -> bool:
    """Whether the value of an operation's file has no mistake."""
    return not _check_form(schema) and not any(any(check(schema)) for check in _CHECKS)


def _other_kind(schema: Mapping[str, Any]) -> Finding | None:
    """The error for a file that is not meant to be an operation."""
    if nearest("x-operation", list(schema), cutoff=0.8) is not None:
        return None
    if {"version", "jobs"} & schema.keys():
        message = "this is a manifest or its results, not an operation's file"
        return Finding(path=(), message=message, hint="vidu-run validate FILE checks manifests")
    if "properties" not in schema or "$defs" in schema:
        message = "this is not an operation's file: it has no x-operation"
        return Finding(path=(), message=message, hint="schemas/README.md describes such a file")
    return None


def _check_place(path: Path, schema: Mapping[str, Any]) -> Iterator[Finding]:
    """Warnings if the file, where it is, is no operation or another one than it names."""
    if not path.name.endswith(SUFFIX):
        message = f"operations are loaded from <provider>/<operation>{SUFFIX} only"
        yield Finding(path=(), message=message, hint="rename the file", warning=True)
        return
    written = schema.get("$id")
    if not isinstance(written, str):
        return
    name = _name_by_place(path.absolute(), written.count("/"))
    if written != _ID + name:
        message = f"$id {shown(written)} is not that of the file's place, {name}"
        hint = f'write "{_ID}{name}"'
        yield Finding(path=("$id",), message=message, hint=hint, warning=True)


_ID = "urn:vidu-run:schema:"


def _name_by_place(path: Path, slashes: int) -> str:
    """The operation that a file is by its path: as deep below a folder as its name has slashes."""
    folders = path.parts[:-1]
    if "schemas" in folders:  # here it is known where names begin
        last = max(index for index, name in enumerate(folders) if name == "schemas")
        slashes = len(folders) - last - 1
    return operation_at(path, path.parents[min(max(1, slashes), len(path.parents) - 1)])


def _check_form(schema: Mapping[str, Any]) -> list[Finding]:
    """What the meta-schema rejects."""
    meta, is_valid = _meta_schema()
    try:
        if is_valid(schema):
            return []
    except ValueError:  # nested more deeply than it supports
        return [Finding(path=(), message="lists and mappings are nested too deeply")]
    try:
        found = explain(Subject(schema=meta, value=schema, owner=_OWNER, noun="key"))
    except RecursionError:
        return [Finding(path=(), message="lists and mappings are nested too deeply")]
    return [_with_hint(finding) for finding in found]


def _with_hint(finding: Finding) -> Finding:
    """The finding, for JSON Schema keywords that exist but have no messages with the reason."""
    match finding.path[-1:]:
        case ("$ref" | "$defs",) if finding.key:
            hint = "write it out where it is used: editors get a copy of each parameter"
            return Finding(path=finding.path, message=finding.message, hint=hint, key=True)
    return finding


@functools.cache
def _meta_schema() -> tuple[dict[str, Any], Callable[[Any], bool]]:
    """The meta-schema, and the fast test by it."""
    text = (schema_folder() / "operation.schema.json").read_text(encoding="utf-8")
    meta: dict[str, Any] = json.loads(text)
    return meta, acceptor(meta)
