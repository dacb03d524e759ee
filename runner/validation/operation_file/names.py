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
    Rule,
    Schema,
    all_rules,
    listed_names,
    parameters,
    unknown_name,
)
from runner.validation.schema import mappings_inside

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")


def check_names(schema: Schema) -> Iterator[Finding]:
    """Parameters that no manifest can write, and names that are not those of a parameter."""
    known = parameters(schema)
    yield from _unusable(known)
    if not known:  # the meta-schema asks for some: without them every name would be reported
        return
    levels = mappings_inside(known)
    for rule in all_rules(schema):
        if (keys := levels.get(rule.place)) is not None:
            yield from _in_rule(rule, keys)
    for index, warning in enumerate(as_list(schema.get("x-warnings"))):
        yield from _in_warning(as_dict(warning), ("x-warnings", index), levels)


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


def _in_rule(rule: Rule, known: Mapping[str, Any]) -> Iterator[Finding]:
    schema, path, place = rule.schema, rule.path, rule.place
    yield from listed_names(schema.get("required"), (*path, "required"), known, place)
    for name in as_dict(schema.get("properties")):
        if name not in known:
            yield unknown_name((*path, "properties", name), name, known, key=True, place=place)
    for name, needed in as_dict(schema.get("dependentRequired")).items():
        below = (*path, "dependentRequired", name)
        if name not in known:
            yield unknown_name(below, name, known, key=True, place=place)
        yield from listed_names(needed, below, known, place)


def _in_warning(
    warning: Schema, path: ValuePath, levels: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    each, name, message = (warning.get(key) for key in ("each", "parameter", "message"))
    place = f"{each}[]" if isinstance(each, str) else ""
    if (known := levels.get(place)) is None:
        text = f"{each} is not a list of mappings"
        lists = [level.removesuffix("[]") for level in levels if level.endswith("[]")]
        yield Finding(path=(*path, "each"), message=text, hint=suggest(str(each), lists))
        return
    citing = warning.get("uncited_in")
    if citing is not None and not place:
        yield Finding(path=(*path, "uncited_in"), message="uncited_in has no effect without each")
    elif isinstance(citing, str) and citing not in levels[""]:
        yield unknown_name((*path, "uncited_in"), citing, levels[""], key=False, place="")
    if isinstance(name, str) and name not in known:
        yield unknown_name((*path, "parameter"), name, known, key=False, place=place)
    for found in _PLACEHOLDER.findall(message) if isinstance(message, str) else ():
        if found not in known:
            text = f"{{{found}}} in the message is not a {'key' if place else 'parameter'}"
            hint = suggest(found, known)
            yield Finding(
                path=(*path, "message"), message=f"{text}, and is kept as text", hint=hint
            )
