"""Parts of an operation's file: its parameters, the JSON Schemas inside it, and their paths.

All functions take any JSON value: what is malformed is reported by the meta-schema, and skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from runner.errors import suggest
from runner.model.values import ValuePath, as_dict, as_list
from runner.validation.diagnostics import Finding, shown
from runner.validation.schema import rules_inside

Schema = Mapping[str, Any]

_INSIDE = ("if", "then", "else", "not")
"""Keywords whose schema is about the same value."""
_INSIDE_LISTS = ("allOf", "anyOf", "oneOf")
_BELOW = {"items": "[]", "contains": "[]", "additionalProperties": ".*"}
"""Keywords whose schema is about a part of the value, and how the place of that is written."""
_BELOW_MAPPINGS = ("properties", "patternProperties")


def parameters(schema: Schema) -> dict[str, Any]:
    """The rule of each parameter."""
    return as_dict(schema.get("properties"))


def described(schema: Schema) -> dict[str, Any]:
    """The `x-operation` object."""
    return as_dict(schema.get("x-operation"))


def rules_by_path(schema: Schema) -> dict[str, dict[str, Any]]:
    """The rule of each parameter and of each key inside one: `images`, `subjects[].images`."""
    return rules_inside(parameters(schema))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A JSON Schema in the file."""

    path: ValuePath
    """In the file."""
    place: str
    """What it is about: "" for all parameters, `images`, `subjects[]`, `subjects[].name`."""
    schema: Schema
    is_condition: bool
    """Whether it only decides if another one applies: no message explains it."""


def all_rules(schema: Schema) -> Iterator[Rule]:
    """Every JSON Schema in the file."""
    yield from _rules(Rule(path=(), place="", schema=schema, is_condition=False))
    for index, warning in enumerate(as_list(schema.get("x-warnings"))):
        each, condition = as_dict(warning).get("each"), as_dict(as_dict(warning).get("if"))
        place = f"{each}[]" if isinstance(each, str) else ""
        path = ("x-warnings", index, "if")
        yield from _rules(Rule(path=path, place=place, schema=condition, is_condition=True))
    for index, comparison in enumerate(as_list(schema.get("x-compare"))):
        condition = as_dict(as_dict(comparison).get("if"))
        path = ("x-compare", index, "if")
        yield from _rules(Rule(path=path, place="", schema=condition, is_condition=True))


def _rules(rule: Rule) -> Iterator[Rule]:
    """The rule and those inside it."""
    yield rule
    for path, inner in _about_the_same(rule.schema):
        below = replace(rule, path=(*rule.path, *path), schema=inner)
        is_condition = rule.is_condition or path[0] == "if"
        yield from _rules(replace(below, is_condition=is_condition))
    for path, step, inner in _about_parts(rule.schema):
        place = f"{rule.place}{step}".removeprefix(".")
        below = replace(rule, path=(*rule.path, *path), place=place, schema=inner)
        yield from _rules(below)


def _about_the_same(schema: Schema) -> Iterator[tuple[ValuePath, Schema]]:
    """The schemas inside a schema that are about the same value, with their paths."""
    for key in _INSIDE:
        if isinstance(inner := schema.get(key), dict):
            yield (key,), inner
    for key in _INSIDE_LISTS:
        for index, inner in enumerate(as_list(schema.get(key))):
            yield (key, index), as_dict(inner)


def _about_parts(schema: Schema) -> Iterator[tuple[ValuePath, str, Schema]]:
    """Those about parts of the value, with their paths, and what leads to the part."""
    for key, step in _BELOW.items():
        if isinstance(inner := schema.get(key), dict):
            yield (key,), step, inner
    for index, inner in enumerate(as_list(schema.get("prefixItems"))):
        yield ("prefixItems", index), f"[{index}]", as_dict(inner)
    for key in _BELOW_MAPPINGS:
        for name, inner in as_dict(schema.get(key)).items():
            yield (key, name), f".{name}", as_dict(inner)


def unknown_name(
    path: ValuePath, name: str, known: Mapping[str, Any], *, key: bool, place: str = ""
) -> Finding:
    """The error for a name that is not one of the parameters, or of the keys at a place in them.

    `key` if the name is a key of the file.
    """
    of = f"key of {place}" if place else "parameter of this operation"
    message = f"{shown(name)} is not a {of}"
    return Finding(path=path, message=message, hint=suggest(name, known), key=key)


def listed_names(
    names: Any, path: ValuePath, known: Mapping[str, Any], place: str = ""
) -> Iterator[Finding]:
    """An error for each name in a list that `unknown_name` is about."""
    for index, name in enumerate(as_list(names)):
        if isinstance(name, str) and name not in known:
            yield unknown_name((*path, index), name, known, key=False, place=place)
