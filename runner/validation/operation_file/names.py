"""Names in an operation's file: every one must be that of a parameter, in every condition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.errors import suggest
from runner.model.jobs import JOB_KEYS
from runner.model.values import ValuePath, as_dict, as_list
from runner.validation.diagnostics import Finding, shown
from runner.validation.operation_file.parts import (
    Schema,
    conditions,
    listed_names,
    parameters,
    unknown_name,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")


def check_names(schema: Schema) -> Iterator[Finding]:
    """Parameters that no manifest can write, and names that are not those of a parameter."""
    known = parameters(schema)
    yield from _unusable(known)
    if not known:  # the meta-schema asks for some: without them every name would be reported
        return
    for path, condition in conditions(schema):
        yield from _in_condition(condition, path, known)
    for index, warning in enumerate(as_list(schema.get("x-warnings"))):
        yield from _in_warning(as_dict(warning), ("x-warnings", index), known)


def _unusable(known: Mapping[str, Any]) -> Iterator[Finding]:
    for name in known:
        path = ("properties", name)
        if name in JOB_KEYS:
            message = f"{shown(name)} is a key of every job, and cannot be a parameter"
            yield Finding(path=path, message=message, key=True)
        elif name.startswith("x-") or not _NAME.fullmatch(name):
            message = f"{shown(name)} cannot be the name of a parameter"
            hint = "letters, digits, _ and -, and no x- in front: such keys are the user's own"
            yield Finding(path=path, message=message, hint=hint, key=True)


def _in_condition(
    condition: Schema, path: ValuePath, known: Mapping[str, Any]
) -> Iterator[Finding]:
    yield from listed_names(condition.get("required"), (*path, "required"), known)
    for name in as_dict(condition.get("properties")) if path else ():
        if name not in known:
            yield unknown_name((*path, "properties", name), name, known, key=True)
    for name, needed in as_dict(condition.get("dependentRequired")).items():
        place = (*path, "dependentRequired", name)
        if name not in known:
            yield unknown_name(place, name, known, key=True)
        yield from listed_names(needed, place, known)


def _in_warning(warning: Schema, path: ValuePath, known: Mapping[str, Any]) -> Iterator[Finding]:
    name, message = warning.get("parameter"), warning.get("message")
    if isinstance(name, str) and name not in known:
        yield unknown_name((*path, "parameter"), name, known, key=False)
    for found in _PLACEHOLDER.findall(message) if isinstance(message, str) else ():
        if found not in known:
            text = f"{{{found}}} in the message is not a parameter, and is kept as text"
            yield Finding(path=(*path, "message"), message=text, hint=suggest(found, known))
