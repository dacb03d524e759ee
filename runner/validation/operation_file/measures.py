"""Measures in an operation's file: `x-length` and `x-compare` that can be applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.model.names import EACH
from runner.model.values import ValuePath, as_dict, as_list, is_number
from runner.validation.diagnostics import Finding, shown
from runner.validation.operation_file.parts import (
    Schema,
    all_rules,
    rules_by_path,
    unknown_name,
)


def check_measures(schema: Schema) -> Iterator[Finding]:
    """Mistakes in weighted lengths and in comparisons."""
    yield from _lengths(schema)
    inside = rules_by_path(schema)
    for index, entry in enumerate(as_list(schema.get("x-compare"))):
        if inside and isinstance(entry, dict):
            yield from _comparison(entry, ("x-compare", index), inside)


def _lengths(schema: Schema) -> Iterator[Finding]:
    own = [id(rule) for rule in rules_by_path(schema).values()]
    for each in all_rules(schema):
        if "x-length" not in each.schema:
            continue
        path, length = (*each.path, "x-length"), as_dict(each.schema["x-length"])
        if id(each.schema) not in own or each.schema.get("type") != "string":
            message = "x-length is applied in the rule of a parameter that is a text, only"
            yield Finding(path=path, message=message, key=True)
        for plain in ("minLength", "maxLength"):
            if plain in each.schema:
                message = f"{plain} counts the characters that x-length counts"
                hint = "write one of them; editors get the loosest length that x-length allows"
                place = (*each.path, plain)
                yield Finding(path=place, message=message, hint=hint, key=True)
        least, most = length.get("min"), length.get("max")
        if is_number(least) and is_number(most) and least > most:
            message = f"min {least} is above max {most}: no value is accepted"
            yield Finding(path=(*path, "min"), message=message)


def _comparison(
    entry: Mapping[str, Any], path: ValuePath, inside: Mapping[str, Any]
) -> Iterator[Finding]:
    left, right = entry.get("left"), entry.get("right")
    for side, name in (("left", left), ("right", right)):
        if isinstance(name, str):
            yield from _compared_name(name, (*path, side), inside)
    if not isinstance(left, str) or not isinstance(right, str):
        return
    if EACH in right and (entry.get("sum") or _list_of(left) != _list_of(right)):
        message = f"{right} has one value for each item, and it is open which one is meant"
        yield Finding(path=(*path, "right"), message=message)
    if entry.get("sum") and EACH not in left:
        message = f"{left} is one value: there is no sum"
        yield Finding(path=(*path, "sum"), message=message, key=True)


def _compared_name(name: str, path: ValuePath, inside: Mapping[str, Any]) -> Iterator[Finding]:
    if name not in inside:
        yield unknown_name(path, name, inside, key=False)
        return
    type_ = as_dict(inside[name]).get("type")
    if type_ not in ("integer", "number", "string"):
        message = f"{name} must be a number, or its digits as text, but its type is {shown(type_)}"
        yield Finding(path=path, message=message)


def _list_of(name: str) -> str:
    return name.rpartition(f"{EACH}.")[0]
