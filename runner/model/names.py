"""Names: leads from a name of a schema file, such as `subjects[].images`, to the values it means.

A name is that of a parameter, or leads into one: `.` to a key of an object, `[]` to each item of a
list of objects. A last list is not spelled: `images` is each of a list of images.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from runner.model.values import Parameters, ValuePath

EACH = "[]"
"""The step into every item of a list."""


# Few names, asked for once for every job.
@lru_cache(maxsize=4096)
def steps(name: str) -> tuple[str, ...]:
    """`subjects[].images` as ("subjects", EACH, "images")."""
    return tuple(name.replace(EACH, f".{EACH}").split("."))


# The paths of a manifest's media repeat: that of the first image is the same in every job.
@lru_cache(maxsize=4096)
def name_of(path: ValuePath) -> str:
    """The name that leads to a path: ("subjects", 1, "images", 0) as `subjects[].images`."""
    text = "".join(EACH if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".").removesuffix(EACH)


def values_at(parameters: Parameters, name: str) -> list[tuple[ValuePath, Any]]:
    """Every value that `name` leads to with its path, in order; a last list is one value."""
    if name in parameters:  # most names: without the walk
        return [((name,), parameters[name])]
    found: list[tuple[ValuePath, Any]] = [((), parameters)]
    for step in steps(name):
        found = [inner for path, value in found for inner in _stepped(path, value, step)]
    return found


def leaves_at(parameters: Parameters, name: str) -> Iterator[tuple[ValuePath, Any]]:
    """The same with each item of a last list by itself."""
    for path, value in values_at(parameters, name):
        if isinstance(value, list | tuple):
            yield from (((*path, index), item) for index, item in enumerate(value))
        else:
            yield path, value


def rule_at(schema: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The JSON Schema of what `name` leads to; None where `schema` describes nothing there."""
    rule: Any = schema
    for step in steps(name):
        rule = rule.get("items") if step == EACH else rule.get("properties", {}).get(step)
        if rule is True:  # anything
            rule = {}
        if not isinstance(rule, dict):
            return None
    found: Mapping[str, Any] = rule
    return found


def _stepped(path: ValuePath, value: Any, step: str) -> Iterator[tuple[ValuePath, Any]]:
    # Values of other types than the schema asks for have nothing inside; validation reports them.
    if step == EACH:
        if isinstance(value, list | tuple):
            yield from (((*path, index), item) for index, item in enumerate(value))
    elif isinstance(value, dict) and step in value:
        yield (*path, step), value[step]
