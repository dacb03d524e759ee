"""An entry and its operation's defaults in, what its jobs are made from out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from runner.expansion.defaults import merge_defaults
from runner.expansion.ids import IdError, checked
from runner.expansion.interpolate import EvaluationError, Scope, has_expression, interpolate
from runner.expansion.references import references
from runner.model import Deferred, Parameters
from runner.model.jobs import MOST_JOBS


def number_of_takes(written: Any, scope: Scope, faults: list[EvaluationError]) -> int | None:
    """How many takes are asked for; None where none are, and where the number is wrong."""
    if written is None:
        return None
    before = len(faults)
    takes = interpolate(written, scope, faults, ("takes",))
    if len(faults) > before or takes is None:
        return None
    if _is_whole(takes) and 1 <= takes <= MOST_JOBS:
        return int(takes)
    message: str | None = f"takes must be a whole number from 1 to {MOST_JOBS:,}"
    if not has_expression(written) and not (_is_whole(takes) and takes > MOST_JOBS):
        message = None  # told by validation
    hint = "${{ ... | int }} makes a number of text" if isinstance(takes, str) else None
    faults.append(EvaluationError(path=("takes",), text="", message=message, hint=hint))
    return None


def _is_whole(value: Any) -> bool:
    """Whether a value is an integer in JSON's sense: 2.0 is one, true is none."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def parameters_of_take(
    parameters: Parameters, seed_name: str | None, take: int, faults: list[EvaluationError]
) -> Parameters:
    """The parameters of a later take: an explicit seed `s` becomes `s + take - 1`.

    Seed 0, the provider's own draw, stays 0; an absent one is drawn for each take when the job
    is sealed.
    """
    if seed_name is None or seed_name not in parameters:
        return parameters
    seed = parameters[seed_name]
    if isinstance(seed, Deferred):
        message = "takes cannot count on from another job's seed"
        hint = "leave the seed out, or give each job its own"
        faults.append(EvaluationError(path=(seed_name,), text="", message=message, hint=hint))
    elif isinstance(seed, int | float) and not isinstance(seed, bool) and seed != 0:
        return {**parameters, seed_name: seed + take - 1}
    return parameters


JOB_KEYS = frozenset(
    {"id", "operation", "matrix", "foreach", "takes", "tags", "description"},
)
"""A job's own keys; all others are parameters of its operation, but for the user's `x-` ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTemplate:
    """The values of an entry's jobs before their expressions are evaluated."""

    parameters: Mapping[str, Any]
    open: tuple[str, ...]
    """The parameters that hold expressions."""
    id: Any
    takes: Any
    tags: Any
    description: Any


def job_template(defaults: Mapping[str, Any], entry: Mapping[str, Any]) -> JobTemplate:
    """What `entry` asks for over the defaults of its operation."""
    merged = merge_defaults(defaults, entry)
    parameters = {
        key: value
        for key, value in merged.items()
        if key not in JOB_KEYS and not key.startswith("x-")
    }
    return JobTemplate(
        parameters=parameters,
        open=tuple([key for key, value in parameters.items() if has_expression(value)]),
        id=merged["id"],
        takes=merged.get("takes"),
        tags=merged.get("tags"),
        description=merged.get("description"),
    )


def interpolate_parameters(
    found: JobTemplate, scope: Scope, faults: list[EvaluationError], unknown: Collection[str] = ()
) -> Mapping[str, Any]:
    """The parameters of one job; one that comes out as null is left out.

    `unknown`: see `filled`.
    """
    if not found.open:
        return found.parameters
    parameters = dict(found.parameters)
    for key in found.open:
        value = interpolate(parameters[key], scope, faults, (key,), unknown)
        if value is None:
            del parameters[key]
        else:
            parameters[key] = value
    return parameters


def interpolate_tags(
    found: JobTemplate, scope: Scope, faults: list[EvaluationError]
) -> tuple[str, ...]:
    """The tags of one job; numbers become their text.

    Of what is wrong as it stands, without an expression, validation tells.
    """
    tags = interpolate(found.tags, scope, faults, ("tags",))
    if tags is None:
        return ()
    if not isinstance(tags, list):
        message = "tags must be a list" if has_expression(found.tags) else None
        faults.append(EvaluationError(path=("tags",), text="", message=message))
        return ()
    for index, tag in enumerate(tags):
        if isinstance(tag, bool) or not isinstance(tag, str | int | float):
            message = "a tag must be text" if has_expression(found.tags) else None
            faults.append(EvaluationError(path=("tags", index), text="", message=message))
    return tuple(map(str, tags))


def describe(found: JobTemplate, scope: Scope, faults: list[EvaluationError]) -> str | None:
    """The description of one job."""
    text = interpolate(found.description, scope, faults, ("description",))
    return None if text is None else str(text)


def interpolate_id(
    found: JobTemplate, take: int | None, scope: Scope, faults: list[EvaluationError]
) -> str | None:
    """The id of one job, NFC, with the number of its take; None where it cannot be made out."""
    before = len(faults)
    value = interpolate(found.id, scope, faults, ("id",))
    if len(faults) > before:
        return None
    try:
        id_ = checked(_text(value))  # what is wrong with it is the same for all takes
        return checked(f"{id_}.{take}") if take else id_
    except IdError as error:
        faults.append(
            EvaluationError(path=("id",), text="", message=error.message, hint=error.hint)
        )
        return None


def _text(value: Any) -> str:
    """An evaluated id as text: numbers of rows and matrices are good names."""
    if isinstance(value, Deferred):
        raise IdError("an id cannot hold another job's result")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise IdError("the id must be text")
    return str(value)


def needs(found: JobTemplate, parameters: Parameters) -> tuple[str, ...]:
    """Ids of the jobs that one job's parameters refer to, in order of appearance."""
    if not found.open:
        return ()
    known = references([parameters.get(key) for key in found.open])
    return tuple(dict.fromkeys(part.job for _, part in known))
