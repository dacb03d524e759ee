"""An entry and its operation's defaults in, what its jobs are made from out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from runner.expansion.defaults import overlay
from runner.expansion.filling import Fault, Scope, filled, is_open
from runner.expansion.ids import IdError, checked
from runner.expansion.references import references
from runner.model import Deferred, Parameters

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


def filled_parameters(
    found: Recipe, scope: Scope, faults: list[Fault], unknown: Collection[str] = ()
) -> Mapping[str, Any]:
    """The parameters of one job; one that comes out as null is left out.

    `unknown`: see `filled`.
    """
    if not found.open:
        return found.parameters
    parameters = dict(found.parameters)
    for key in found.open:
        value = filled(parameters[key], scope, faults, (key,), unknown)
        if value is None:
            del parameters[key]
        else:
            parameters[key] = value
    return parameters


def filled_tags(found: Recipe, scope: Scope, faults: list[Fault]) -> tuple[str, ...]:
    """The tags of one job; numbers become their text.

    Of what is wrong as it stands, without an expression, validation tells.
    """
    tags = filled(found.tags, scope, faults, ("tags",))
    if tags is None:
        return ()
    if not isinstance(tags, list):
        message = "tags must be a list" if is_open(found.tags) else None
        faults.append(Fault(path=("tags",), text="", message=message))
        return ()
    for index, tag in enumerate(tags):
        if isinstance(tag, bool) or not isinstance(tag, str | int | float):
            message = "a tag must be text" if is_open(found.tags) else None
            faults.append(Fault(path=("tags", index), text="", message=message))
    return tuple(map(str, tags))


def described(found: Recipe, scope: Scope, faults: list[Fault]) -> str | None:
    """The description of one job."""
    text = filled(found.description, scope, faults, ("description",))
    return None if text is None else str(text)


def filled_id(found: Recipe, take: int | None, scope: Scope, faults: list[Fault]) -> str | None:
    """The id of one job, NFC, with the number of its take; None where it cannot be made out."""
    before = len(faults)
    value = filled(found.id, scope, faults, ("id",))
    if len(faults) > before:
        return None
    try:
        id_ = checked(_text(value))  # what is wrong with it is the same for all takes
        return checked(f"{id_}.{take}") if take else id_
    except IdError as error:
        faults.append(Fault(path=("id",), text="", message=error.message, hint=error.hint))
        return None


def _text(value: Any) -> str:
    """An evaluated id as text: numbers of rows and matrices are good names."""
    if isinstance(value, Deferred):
        raise IdError("an id cannot hold another job's result")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise IdError("the id must be text")
    return str(value)


def needs(found: Recipe, parameters: Parameters) -> tuple[str, ...]:
    """Ids of the jobs that one job's parameters refer to, in order of appearance."""
    if not found.open:
        return ()
    known = references([parameters.get(key) for key in found.open])
    return tuple(dict.fromkeys(part.job for _, part in known))
