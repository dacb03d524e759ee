"""Job templates: an entry merged over its defaults, and one job's values interpolated from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.expansion.ids import IdError, normalize
from runner.expansion.interpolate import EvaluationError, Scope, has_expression, interpolate
from runner.expressions.filters import is_whole
from runner.model.jobs import JOB_KEYS, MAX_JOBS, Draft, Row
from runner.model.values import (
    Deferred,
    Parameters,
    as_dict,
    is_number,
    references,
    without_nulls,
)


def merge_defaults(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` over `base`: mappings merge, everything else replaces, null unsets.

    These are the rules of JSON Merge Patch (RFC 7396). Neither argument is changed; parts that
    need no merging are shared with the result.
    """
    merged = dict(base)
    for key, value in own.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = merge_defaults(as_dict(merged.get(key)), value)
        else:
            merged[key] = value
    return merged


class Defaults:
    """The defaults of each operation, merged once and shared by all its jobs."""

    def __init__(self, written: Any):
        blocks = {k: v for k, v in as_dict(written).items() if not k.startswith("x-")}
        self.general = {key: value for key, value in blocks.items() if "/" not in key}
        """The defaults of every job, whatever its operation."""
        self._plain = merge_defaults({}, self.general)  # without those that are null
        self._by_operation = {
            key: merge_defaults(self._plain, as_dict(value))
            for key, value in blocks.items()
            if "/" in key
        }

    def of(self, operation: str) -> dict[str, Any]:
        """The defaults of every job of `operation`; read-only."""
        return self._by_operation.get(operation, self._plain)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTemplate:
    """The values of an entry's jobs before their expressions are evaluated.

    The methods evaluate one job's, and add what is wrong to `errors`. What is wrong as written,
    without an expression, is left to validation: such an error has no message.
    """

    entry: int
    """Index under `jobs`."""
    operation: str
    """Empty where it is unknown."""
    seed: str | None
    """The operation's parameter for the seed."""
    base: Path
    """The manifest's folder."""
    written: Mapping[str, Any]
    """All keys, with the defaults; it has an id."""
    parameters: Mapping[str, Any]
    """Those keys that are parameters."""
    dynamic: tuple[str, ...]
    """The parameters that contain expressions."""

    @classmethod
    def of(cls, written: Mapping[str, Any], **origin: Any) -> JobTemplate:
        """The template of what is `written` in an entry and the defaults of its operation."""
        parameters = without_nulls(
            {
                key: value
                for key, value in written.items()
                if key not in JOB_KEYS and not key.startswith("x-")
            }
        )
        # Found once for all jobs of the entry, which share the other parameters as they are.
        dynamic = tuple([key for key, value in parameters.items() if has_expression(value)])
        return cls(written=written, parameters=parameters, dynamic=dynamic, **origin)

    def draft(
        self,
        matrix: Mapping[str, Any] | None,
        row: Row | None,
        take: int | None,
        scope: Scope,
        errors: list[EvaluationError],
    ) -> Draft:
        """One job; its id is empty where there are errors in it."""
        id_ = self._id(take, scope, errors)
        parameters = self.interpolate_parameters(scope, errors)
        if take and take > 1:
            parameters = _parameters_of_take(parameters, self.seed, take, errors)
        tags = self._tags(scope, errors)
        # A note for people: nothing reads it, but its expressions have to be right.
        interpolate(self.written.get("description"), scope, errors, ("description",))
        return Draft(
            entry=self.entry,
            id=id_,
            operation=self.operation,
            parameters=parameters,
            base=self.base,
            needs=self.needs(parameters),
            take=take or 1,
            has_takes=take is not None,
            tags=tags,
            matrix=matrix,
            row=row,
        )

    def number_of_takes(self, scope: Scope, errors: list[EvaluationError]) -> int | None:
        """The number of takes; None where there are none, and where the number is wrong."""
        written = self.written.get("takes")
        before = len(errors)
        takes = interpolate(written, scope, errors, ("takes",))
        if len(errors) > before or takes is None:
            return None
        if is_whole(takes) and 1 <= takes <= MAX_JOBS:
            return int(takes)
        # The schema has no upper limit, so a number that is too large is reported here.
        here = has_expression(written) or (is_whole(takes) and takes > MAX_JOBS)
        message = f"takes must be a whole number from 1 to {MAX_JOBS:,}" if here else None
        hint = "${{ ... | int }} makes a number of text" if isinstance(takes, str) else None
        errors.append(EvaluationError(path=("takes",), message=message, hint=hint))
        return None

    def interpolate_parameters(
        self, scope: Scope, errors: list[EvaluationError], unknown: Collection[str] = ()
    ) -> Mapping[str, Any]:
        """The parameters, without those that are null; `unknown` as in `interpolate`."""
        if not self.dynamic:  # shared by all jobs of the entry
            return self.parameters
        parameters = dict(self.parameters)
        for key in self.dynamic:
            value = interpolate(parameters[key], scope, errors, (key,), unknown)
            if value is None:  # null unsets, from an expression as well
                del parameters[key]
            else:
                parameters[key] = without_nulls(value)
        return parameters

    def _tags(self, scope: Scope, errors: list[EvaluationError]) -> tuple[str, ...]:
        tags = interpolate(self.written.get("tags"), scope, errors, ("tags",))
        if tags is None:
            return ()
        here = has_expression(self.written["tags"])
        if not isinstance(tags, list):
            message = "tags must be a list" if here else None
            errors.append(EvaluationError(path=("tags",), message=message))
            return ()
        for index, tag in enumerate(tags):
            if not isinstance(tag, str) and not is_number(tag):
                message = "a tag must be text" if here else None
                errors.append(EvaluationError(path=("tags", index), message=message))
        return tuple(map(str, tags))  # numbers become text

    def _id(self, take: int | None, scope: Scope, errors: list[EvaluationError]) -> str:
        """The id in NFC, with the number of the take; empty where there are errors in it."""
        before = len(errors)
        value = interpolate(self.written["id"], scope, errors, ("id",))
        if len(errors) > before:
            return ""
        try:
            # Without the take first, so that an error is the same for all takes.
            id_ = normalize(_id_text(value))
            return normalize(f"{id_}.{take}") if take else id_
        except IdError as error:
            errors.append(EvaluationError(path=("id",), message=error.message, hint=error.hint))
            return ""

    def needs(self, parameters: Parameters) -> tuple[str, ...]:
        """Ids of the jobs that one job's `parameters` refer to, in order of appearance."""
        # Most jobs are done here: a text refers to no job any more.
        values = [
            value for key in self.dynamic if not isinstance(value := parameters.get(key), str)
        ]
        if not values:
            return ()
        return tuple(dict.fromkeys(part.job for _, part in references(values)))


def _parameters_of_take(
    parameters: Parameters, seed_name: str | None, take: int, errors: list[EvaluationError]
) -> Parameters:
    """The parameters of a later take: an explicit seed `s` becomes `s + take - 1`.

    Seed 0, which lets the provider draw, stays 0; an absent seed is drawn for each take later.
    """
    if seed_name is None or seed_name not in parameters:
        return parameters
    seed = parameters[seed_name]
    if isinstance(seed, Deferred):
        # Its number is not known before that job is done, but fingerprints are needed now.
        message = "takes cannot count on from another job's seed"
        hint = "leave the seed out, or give each job its own"
        errors.append(EvaluationError(path=(seed_name,), message=message, hint=hint))
    elif is_number(seed) and seed != 0:
        return {**parameters, seed_name: seed + take - 1}
    return parameters


def _id_text(value: Any) -> str:
    # Numbers of rows and matrices make good names.
    if isinstance(value, Deferred):
        raise IdError("an id cannot contain another job's result")
    if not isinstance(value, str) and not is_number(value):
        raise IdError("the id must be text")
    return str(value)
