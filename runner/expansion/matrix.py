"""A `matrix` mapping in, its combinations out: GitHub Actions' rules, value for value.

Lists are cross-multiplied in the order written, the first one varying slowest. `exclude` removes
every combination that agrees with all of an entry's pairs. Then each `include` entry is added to
all original combinations whose own values it would not overwrite, or, where there is none, becomes
a combination of its own (GitHub's documentation, "Running variations of jobs in a workflow").
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from runner.errors.diagnostics import suggest
from runner.model.jobs import MOST_JOBS

Combination: TypeAlias = dict[str, Any]

_RULES = ("include", "exclude")


@dataclass(frozen=True, slots=True)
class MatrixDiagnostic:
    """One thing that is wrong with a matrix."""

    path: tuple[str | int, ...]
    """Into the matrix."""
    message: str
    hint: str | None = None


class MatrixError(Exception):
    """A matrix that has no sensible combinations."""

    def __init__(self, *troubles: MatrixDiagnostic):
        super().__init__(*(trouble.message for trouble in troubles))
        self.troubles = troubles
        """All that is wrong with it."""


def combinations(matrix: Mapping[str, Any]) -> list[Combination]:
    """Every combination of an evaluated matrix, in order; raises `MatrixError`."""
    if troubles := list(_diagnostics(matrix)):
        raise MatrixError(*troubles)
    axes = {key: values for key, values in matrix.items() if key not in _RULES}
    excluded = matrix.get("exclude") or ()
    if math.prod(len(values) for values in axes.values()) > MOST_JOBS:
        raise MatrixError(
            MatrixDiagnostic((), f"the matrix has more than {MOST_JOBS:,} combinations")
        )
    original = [
        found
        for found in (_product(axes) if axes else [])
        if not any(_agrees(found, entry) for entry in excluded)
    ]
    result = _included(original, axes, matrix.get("include") or ())
    if not result:
        message = "exclude leaves no combination of the matrix, so there would be no job"
        raise MatrixError(MatrixDiagnostic((), message, "remove an exclude"))
    return result


def same(one: Any, other: Any) -> bool:
    """Equality as JSON sees it: 1 equals 1.0, and neither equals true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _diagnostics(matrix: Mapping[str, Any]) -> Iterator[MatrixDiagnostic]:
    if not any(matrix.get(rule) for rule in _RULES) and not matrix.keys() - set(_RULES):
        message = "the matrix is empty, so there would be no job"
        yield MatrixDiagnostic(
            (), message, "give it a list, as in {style: [noir, pop]}, or remove it"
        )
    for key, values in matrix.items():
        if key not in _RULES:
            yield from _axis(key, values)
        elif values is not None:
            yield from _entries(key, values)
    yield from _excluded(matrix)


def _axis(key: str, values: Any) -> Iterator[MatrixDiagnostic]:
    if not isinstance(values, list):
        yield MatrixDiagnostic((key,), f"matrix.{key} must be a list", f"write {key}: [...]")
    elif not values:
        hint = "give it at least one value, or remove it"
        yield MatrixDiagnostic((key,), f"matrix.{key} is empty, so there would be no job", hint)


def _entries(rule: str, entries: Any) -> Iterator[MatrixDiagnostic]:
    if not isinstance(entries, list):
        hint = f"write {rule}: [{{...}}]"
        yield MatrixDiagnostic((rule,), f"matrix.{rule} must be a list of mappings", hint)
        return
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict) or not entry:
            yield MatrixDiagnostic((rule, index), f"an entry of matrix.{rule} must be a mapping")


def _excluded(matrix: Mapping[str, Any]) -> Iterator[MatrixDiagnostic]:
    """Names in `exclude` that no list of the matrix has."""
    axes = [key for key in matrix if key not in _RULES]
    entries = matrix.get("exclude")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        for key in entry if isinstance(entry, dict) else ():
            if key not in axes:
                message = f'matrix.exclude names "{key}", which is no list of this matrix'
                yield MatrixDiagnostic(("exclude", index, key), message, suggest(key, axes))


def _product(axes: Mapping[str, Sequence[Any]]) -> list[Combination]:
    names = list(axes)
    return [dict(zip(names, row, strict=True)) for row in itertools.product(*axes.values())]


def _agrees(found: Combination, entry: Combination) -> bool:
    return all(same(found[key], value) for key, value in entry.items())


def _included(
    original: Sequence[Combination], axes: Mapping[str, Any], entries: Sequence[Combination]
) -> list[Combination]:
    extended = [dict(found) for found in original]
    added: list[Combination] = []
    for entry in entries:
        own = {key: value for key, value in entry.items() if key in axes}
        hits = [n for n, found in enumerate(original) if _agrees(found, own)]
        for hit in hits:
            extended[hit].update({key: value for key, value in entry.items() if key not in axes})
        if not hits:
            added.append(dict(entry))
    return extended + added
