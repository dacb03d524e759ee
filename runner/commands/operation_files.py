"""Reads and checks operations' files, and reports every mistake of one at once."""

from __future__ import annotations

import functools
import os
from dataclasses import replace
from pathlib import Path

from runner.documents.files import Kind, read_document
from runner.documents.json_reader import AS_YAML
from runner.errors import Diagnostic, Location, ManifestError, did_you_mean, nearest
from runner.file_names import unexpanded_hint
from runner.model.operations import Operation
from runner.operations import (
    SUFFIX,
    Operations,
    SchemaError,
    load_operations,
    schema_folder,
)
from runner.validation.operation_file.check import diagnose_operation, is_right

_OPERATION = Kind(
    name="an operation's file",
    start='it is a JSON Schema with "x-operation", see schemas/README.md',
)
_MAX_BYTES = 8 << 20
"""A hundred times the longest one."""


def check_file(path: Path) -> list[Diagnostic]:
    """Every mistake in an operation's file, in file order; empty if it is right."""
    if problem := _unreadable(path):
        return [problem]
    try:
        document = read_document(path, kind=_OPERATION)
    except ManifestError as error:
        return [_without_yaml(diagnostic) for diagnostic in error.diagnostics]
    found = diagnose_operation(document.value, document.locate, path)
    return sorted([*document.diagnostics, *found], key=_line_and_column)


def _without_yaml(diagnostic: Diagnostic) -> Diagnostic:
    """The error of a text that is not JSON, without the advice for files that may be YAML."""
    if diagnostic.hint is None or AS_YAML not in diagnostic.hint:
        return diagnostic
    hint = diagnostic.hint.replace(AS_YAML, "for an operation's file is JSON, not YAML")
    return replace(diagnostic, hint=hint)


def _line_and_column(diagnostic: Diagnostic) -> tuple[int, int]:
    location = diagnostic.location
    return (location.line, location.column) if location else (0, 0)


@functools.cache
def installed_operations() -> Operations:
    """Every operation by name.

    Asking for one raises SchemaError, with every mistake in its file, where that is malformed.
    """
    return Operations(load_operations(), _load)


def _load(name: str) -> Operation:
    try:
        return load_operations()[name]
    except SchemaError as error:
        raise _not_usable(check_file(_file_of(name)), error) from error


@functools.cache
def check_installed(name: str) -> None:
    """Raise SchemaError with every mistake in the file of this operation."""
    # Only of those that a manifest uses, because most manifests use one.
    if not is_right(load_operations()[name].schema):
        raise _not_usable(check_file(_file_of(name)))


def _file_of(name: str) -> Path:
    return schema_folder() / f"{name}{SUFFIX}"


def _not_usable(found: list[Diagnostic], error: SchemaError | None = None) -> SchemaError:
    errors = [problem for problem in found if not problem.warning]
    if error is not None and not errors:
        return error
    hint = "install vidu-run again; vidu-run schema --check FILE checks a file that is your own"
    return SchemaError("an installed operation cannot be used", hint=hint, others=errors)


def _unreadable(path: Path) -> Diagnostic | None:
    """The error for a file that is not JSON by its name, or far too large."""
    location = Location(path=str(path))
    if not os.path.lexists(path):
        hint = unexpanded_hint(path) or _missing_hint(path)
        return Diagnostic(message="there is no such file", hint=hint, location=location)
    if path.suffix.lower() in {".yaml", ".yml"}:
        hint = f"write it as JSON, in a file <provider>/<operation>{SUFFIX}"
        message = "an operation's file is JSON, not YAML"
        return Diagnostic(message=message, hint=hint, location=location)
    if path.is_file() and path.stat().st_size > _MAX_BYTES:
        message = f"it is larger than {_MAX_BYTES >> 20} MiB: no operation is described so"
        return Diagnostic(message=message, location=location)
    return None


def _missing_hint(path: Path) -> str | None:
    """The operation's file that the path of a missing one may have meant."""
    if (installed := _file_of(path.as_posix())).is_file():
        return f"the file of that operation is {installed}"
    # Compared without the ending that all such files share, which makes none of them alike.
    files = sorted(path.parent.glob(f"*{SUFFIX}"))
    by_stem = {file.name.removesuffix(SUFFIX): file.name for file in files}
    near = nearest(path.name.removesuffix(".json").removesuffix(".schema"), list(by_stem))
    return did_you_mean(path.name, by_stem[near]) if near else None
