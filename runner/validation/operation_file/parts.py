"""Parts of an operation's file: its parameters, the JSON Schemas inside it, and their paths.

All functions take any JSON value: what is malformed is reported by the meta-schema, and skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.errors import suggest
from runner.model.values import ValuePath, as_dict, as_list
from runner.validation.diagnostics import Finding, shown

Schema = Mapping[str, Any]

_INSIDE = ("if", "then", "else", "not")
"""Keywords whose schema is about the same value."""
_INSIDE_LISTS = ("allOf", "anyOf", "oneOf")
_BELOW = ("items", "contains", "additionalProperties")
"""Keywords whose schema is about a part of the value."""
_BELOW_MAPPINGS = ("properties", "patternProperties")


def parameters(schema: Schema) -> dict[str, Any]:
    """The rule of each parameter."""
    return as_dict(schema.get("properties"))


def described(schema: Schema) -> dict[str, Any]:
    """The `x-operation` object."""
    return as_dict(schema.get("x-operation"))


def conditions(schema: Schema) -> Iterator[tuple[ValuePath, Schema]]:
    """Every schema about all parameters, with its path: the root, branches, what is in them."""
    yield from same_value(schema)
    for index, warning in enumerate(as_list(schema.get("x-warnings"))):
        yield from same_value(as_dict(as_dict(warning).get("if")), ("x-warnings", index, "if"))


def same_value(schema: Schema, path: ValuePath = ()) -> Iterator[tuple[ValuePath, Schema]]:
    """The schema and those inside it that are about the same value, each with its path."""
    yield path, schema
    for key in _INSIDE:
        if isinstance(inner := schema.get(key), dict):
            yield from same_value(inner, (*path, key))
    for key in _INSIDE_LISTS:
        for index, inner in enumerate(as_list(schema.get(key))):
            yield from same_value(as_dict(inner), (*path, key, index))


def all_rules(schema: Schema) -> Iterator[tuple[ValuePath, Schema]]:
    """Every JSON Schema in the file, with its path."""
    for path, outer in conditions(schema):
        yield from _with_parts(path, outer)


def _with_parts(path: ValuePath, schema: Schema) -> Iterator[tuple[ValuePath, Schema]]:
    yield path, schema
    for below, part in _parts(schema, path):
        for inner_path, inner in same_value(part, below):
            yield from _with_parts(inner_path, inner)


def _parts(schema: Schema, path: ValuePath) -> Iterator[tuple[ValuePath, Schema]]:
    for key in _BELOW:
        if isinstance(inner := schema.get(key), dict):
            yield (*path, key), inner
    for index, inner in enumerate(as_list(schema.get("prefixItems"))):
        yield (*path, "prefixItems", index), as_dict(inner)
    for key in _BELOW_MAPPINGS:
        for name, inner in as_dict(schema.get(key)).items():
            yield (*path, key, name), as_dict(inner)


def unknown_name(path: ValuePath, name: str, known: Mapping[str, Any], *, key: bool) -> Finding:
    """The error for a name that is not one of the parameters; `key` if it is a key."""
    message = f"{shown(name)} is not a parameter of this operation"
    return Finding(path=path, message=message, hint=suggest(name, known), key=key)


def listed_names(names: Any, path: ValuePath, known: Mapping[str, Any]) -> Iterator[Finding]:
    """An error for each name in a list that is not one of the parameters."""
    for index, name in enumerate(as_list(names)):
        if isinstance(name, str) and name not in known:
            yield unknown_name((*path, index), name, known, key=False)
