"""Matrix: the combinations of a `matrix` mapping, by the rules of GitHub Actions.

Lists are cross-multiplied in the order written, the first one varying slowest. `exclude` removes
every combination that agrees with all of an entry's pairs. Then each `include` entry is added to
all original combinations whose own values it would not overwrite; where there is no such
combination, it becomes one itself (GitHub's documentation, "Running variations of jobs in a
workflow").
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from runner.errors import suggest
from runner.expansion.interpolate import EvaluationError
from runner.model.jobs import MAX_JOBS
from runner.model.values import ValuePath, as_dict, as_list, same

Combination: TypeAlias = dict[str, Any]

_RULES = ("include", "exclude")


def combinations(matrix: Mapping[str, Any]) -> tuple[list[Combination], list[EvaluationError]]:
    """Every combination of an interpolated matrix, in order, or everything that is wrong with it.

    Paths of errors start at the matrix.
    """
    if errors := list(_errors(matrix)):
        return [], errors
    axes = {key: values for key, values in matrix.items() if key not in _RULES}
    excluded = matrix.get("exclude") or ()
    # Before the product is built: ten lists of a hundred values would fill the memory.
    if math.prod(len(values) for values in axes.values()) > MAX_JOBS:
        return [], [_error((), f"the matrix has more than {MAX_JOBS:,} combinations")]
    # The product of no lists would be one empty combination.
    product: Iterable[tuple[Any, ...]] = itertools.product(*axes.values()) if axes else ()
    combined = (dict(zip(axes, values, strict=True)) for values in product)
    original = [one for one in combined if not any(_agrees(one, entry) for entry in excluded)]
    result = _include(original, axes, matrix.get("include") or ())
    if not result:
        message = "exclude leaves no combination of the matrix, so there would be no job"
        return [], [_error((), message, "remove an exclude")]
    return result, []


def _error(path: ValuePath, message: str, hint: str | None = None) -> EvaluationError:
    return EvaluationError(path=path, message=message, hint=hint)


def _errors(matrix: Mapping[str, Any]) -> Iterator[EvaluationError]:
    if not any(matrix.get(rule) for rule in _RULES) and not matrix.keys() - set(_RULES):
        hint = "give it a list, as in {style: [noir, pop]}, or remove it"
        yield _error((), "the matrix is empty, so there would be no job", hint)
    for key, values in matrix.items():
        if key not in _RULES:
            yield from _axis_errors(key, values)
        elif values is not None:
            yield from _rule_errors(key, values)
    yield from _exclude_errors(matrix)


def _axis_errors(key: str, values: Any) -> Iterator[EvaluationError]:
    if not isinstance(values, list):
        yield _error((key,), f"matrix.{key} must be a list", f"write {key}: [...]")
    elif not values:
        hint = "give it at least one value, or remove it"
        yield _error((key,), f"matrix.{key} is empty, so there would be no job", hint)


def _rule_errors(rule: str, entries: Any) -> Iterator[EvaluationError]:
    if not isinstance(entries, list):
        hint = f"write {rule}: [{{...}}]"
        yield _error((rule,), f"matrix.{rule} must be a list of mappings", hint)
        return
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict) or not entry:
            yield _error((rule, index), f"an entry of matrix.{rule} must be a mapping")


def _exclude_errors(matrix: Mapping[str, Any]) -> Iterator[EvaluationError]:
    """Names in `exclude` that no list of the matrix has."""
    axes = [key for key in matrix if key not in _RULES]
    for index, entry in enumerate(as_list(matrix.get("exclude"))):
        for key in as_dict(entry):
            if key not in axes:
                message = f'matrix.exclude names "{key}", which is not a list of this matrix'
                yield _error(("exclude", index, key), message, suggest(key, axes))


def _agrees(combination: Combination, entry: Combination) -> bool:
    return all(same(combination[key], value) for key, value in entry.items())


def _include(
    original: Sequence[Combination], axes: Mapping[str, Any], entries: Sequence[Combination]
) -> list[Combination]:
    extended = [dict(combination) for combination in original]
    added: list[Combination] = []
    for entry in entries:
        of_axes = {key: value for key, value in entry.items() if key in axes}
        additions = {key: value for key, value in entry.items() if key not in axes}
        # What an earlier include added may be overwritten, the values of the lists may not.
        matching = [n for n, combination in enumerate(original) if _agrees(combination, of_axes)]
        for index in matching:
            extended[index].update(additions)
        if not matching:
            added.append(dict(entry))  # not among those that later entries extend
    return extended + added
