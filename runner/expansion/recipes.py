"""An entry and its operation's defaults in, what its jobs are made from out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.expansion.defaults import overlay
from runner.expansion.filling import Fault, Path, Scope, filled, is_open

JOB_KEYS = frozenset(
    {"id", "operation", "matrix", "foreach", "takes", "tags", "description"},
)
"""A job's own keys; all others are parameters of its operation, but for the user's `x-` ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The values of an entry's jobs before their expressions are evaluated."""

    parameters: Mapping[str, Any]
    open: tuple[str, ...]
    """The parameters that hold expressions."""
    id: Any
    takes: Any
    tags: Any
    description: Any


def recipe(defaults: Mapping[str, Any], entry: Mapping[str, Any]) -> Recipe:
    """What `entry` asks for over the defaults of its operation."""
    merged = overlay(defaults, entry)
    parameters = {
        key: value
        for key, value in merged.items()
        if key not in JOB_KEYS and not key.startswith("x-")
    }
    return Recipe(
        parameters=parameters,
        open=tuple([key for key, value in parameters.items() if is_open(value)]),
        id=merged["id"],
        takes=merged.get("takes"),
        tags=merged.get("tags"),
        description=merged.get("description"),
    )


def filled_parameters(found: Recipe, scope: Scope, faults: list[Fault]) -> Mapping[str, Any]:
    """The parameters of one job; one that comes out as null is left out."""
    if not found.open:
        return found.parameters
    parameters = dict(found.parameters)
    for key in found.open:
        value = filled(parameters[key], scope, faults, (key,))
        if value is None:
            del parameters[key]
        else:
            parameters[key] = value
    return parameters


def filled_tags(found: Recipe, scope: Scope, faults: list[Fault]) -> tuple[str, ...]:
    """The tags of one job; numbers become their text."""
    path: Path = ("tags",)
    tags = filled(found.tags, scope, faults, path)
    if not isinstance(tags, list):
        return ()
    for index, tag in enumerate(tags):
        if isinstance(tag, bool) or not isinstance(tag, str | int | float):
            faults.append(Fault(path=(*path, index), text="", message="a tag must be text"))
    return tuple(map(str, tags))


def described(found: Recipe, scope: Scope, faults: list[Fault]) -> str | None:
    """The description of one job."""
    text = filled(found.description, scope, faults, ("description",))
    return None if text is None else str(text)
