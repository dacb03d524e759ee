"""A `matrix` mapping in, its combinations out: GitHub Actions' rules, value for value.

Lists are cross-multiplied in the order written, the first one varying slowest. `exclude` removes
every combination that agrees with all of an entry's pairs. Then each `include` entry is added to
all original combinations whose own values it would not overwrite, or, where there is none, becomes
a combination of its own (GitHub's documentation, "Running variations of jobs in a workflow").
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from runner.expansion.limits import MOST_JOBS
from runner.expansion.nearest import meant

Combination: TypeAlias = dict[str, Any]

_RULES = ("include", "exclude")


class MatrixError(Exception):
    """A matrix that has no sensible combinations; `path` leads into it."""

    def __init__(self, path: tuple[str | int, ...], message: str, hint: str | None = None):
        super().__init__(message)
        self.path = path
        self.message = message
        self.hint = hint


def combinations(matrix: Mapping[str, Any]) -> list[Combination]:
    """Every combination of an evaluated matrix, in order; raises `MatrixError`."""
    axes = {key: _axis(key, values) for key, values in matrix.items() if key not in _RULES}
    excluded = _entries(matrix, "exclude")
    _check_excluded(excluded, axes)
    if math.prod(len(values) for values in axes.values()) > MOST_JOBS:
        raise MatrixError((), f"the matrix has more than {MOST_JOBS:,} combinations")
    original = [
        found
        for found in (_product(axes) if axes else [])
        if not any(_agrees(found, entry) for entry in excluded)
    ]
    result = _included(original, axes, _entries(matrix, "include"))
    if not result:
        raise MatrixError((), "the matrix has no combination left", "remove it, or an exclude")
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


def _axis(key: str, values: Any) -> list[Any]:
    if not isinstance(values, list):
        raise MatrixError((key,), f"matrix.{key} must be a list", f"write {key}: [...]")
    if not values:
        hint = "give it at least one value, or remove it"
        raise MatrixError((key,), f"matrix.{key} is empty, so there would be no job", hint)
    return values


def _entries(matrix: Mapping[str, Any], rule: str) -> list[Combination]:
    entries = matrix.get(rule)
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise MatrixError((rule,), f"matrix.{rule} must be a list of mappings")
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict) or not entry:
            raise MatrixError((rule, index), f"an entry of matrix.{rule} must be a mapping")
    return entries


def _check_excluded(excluded: Sequence[Combination], axes: Mapping[str, Any]) -> None:
    for index, entry in enumerate(excluded):
        for key in entry:
            if key not in axes:
                message = f'matrix.exclude names "{key}", which is no list of this matrix'
                raise MatrixError(("exclude", index, key), message, meant(key, axes))


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
