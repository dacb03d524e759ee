"""Parameter values: JSON values that may contain other jobs' results, and the walks over them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeGuard

ValuePath: TypeAlias = tuple[str | int, ...]
"""Keys and indexes that lead from a value to another one inside it."""

Parameters: TypeAlias = Mapping[str, Any]
"""Parameter name (as the API document spells it) to JSON value, `Deferred` where another job's
result goes."""


Attribute: TypeAlias = Literal["output", "url", "cover", "creation_id", "task_id", "seed", "picked"]
"""`picked` is the output of a take that is still to be chosen: `job` is the id without the take."""

TEXTS: frozenset[Attribute] = frozenset({"creation_id", "task_id", "seed"})
"""The attributes that are no file and no address of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutput:
    """A part of another job's result: its n-th file or URL, its cover, an id or its seed."""

    job: str
    attribute: Attribute
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """A value that is known only when other jobs are done: texts and parts of their results.

    A single part keeps its type when it is resolved; several parts are joined to a text.
    """

    parts: tuple[str | JobOutput, ...]


def as_dict(value: Any) -> dict[str, Any]:
    """`value` where it is a mapping, else an empty one; validation reports other types."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """`value` where it is a list, else an empty one; validation reports other types."""
    return value if isinstance(value, list) else []


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether it is a finite number; true and false are not."""
    # To Python true is 1: without this, `concurrency: yes` would be one task in flight.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


def walk(value: Any, path: ValuePath = ()) -> Iterator[tuple[ValuePath, Any]]:
    """Every leaf inside `value` (anything but a dict, list or tuple) with its path, in order."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from walk(item, (*path, index))
    else:
        yield path, value


def map_leaves(value: Any, function: Callable[[ValuePath, Any], Any], path: ValuePath = ()) -> Any:
    """A copy of `value` with `function(path, leaf)` in place of each leaf; tuples become lists."""
    if isinstance(value, dict):
        return {key: map_leaves(item, function, (*path, key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [map_leaves(item, function, (*path, index)) for index, item in enumerate(value)]
    return function(path, value)


def substitute(value: Any, leaves: Mapping[ValuePath, Any]) -> Any:
    """A copy of `value` with each of `leaves` at its path, where there must be something.

    What contains none of them is shared with the copy.
    """
    if not leaves:
        return value
    copies: dict[ValuePath, Any] = {(): _copied(value)}
    for path, leaf in leaves.items():
        above = path[:-1]
        if above not in copies:
            for end in range(1, len(path)):
                if path[:end] not in copies:
                    holder = copies[path[: end - 1]]
                    copies[path[:end]] = holder[path[end - 1]] = _copied(holder[path[end - 1]])
        copies[above][path[-1]] = leaf
    return copies[()]


def _copied(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else list(value)


def without_nulls(value: Any) -> Any:
    """`value` without the keys of mappings inside that are null, at any depth: null unsets them.

    Items of lists stay: without one, the others would move.
    """
    if isinstance(value, dict):
        return {
            key: without_nulls(item) if isinstance(item, _HOLDERS) else item
            for key, item in value.items()
            if item is not None
        }
    if isinstance(value, list):
        return [without_nulls(item) if isinstance(item, _HOLDERS) else item for item in value]
    return value


# Of what is asked of every value of every job: a call for each leaf would take most of the time.
_HOLDERS = (dict, list, tuple)


def with_integers(value: Any) -> Any:
    """`value` with whole numbers as integers, at any depth: JSON's 2E3 and 2000.0 are 2000.

    It is `value` itself where no number in it is a float.
    """
    return _as_integers(value) if _has_float((value,)) else value


def _has_float(values: Iterable[Any]) -> bool:
    """Whether one of the values is a float, or has one inside."""
    for value in values:
        if isinstance(value, _HOLDERS):
            if _has_float(value.values() if isinstance(value, dict) else value):
                return True
        elif isinstance(value, float):
            return True
    return False


def characters(values: Iterable[Any]) -> int:
    """The number of characters in all texts among the values and inside them."""
    count = 0
    for value in values:
        if isinstance(value, str):
            count += len(value)
        elif isinstance(value, _HOLDERS):
            count += characters(value.values() if isinstance(value, dict) else value)
    return count


def _as_integers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_integers(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_integers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def references(value: Any) -> Iterator[tuple[ValuePath, JobOutput]]:
    """Every reference to another job's result inside `value` with its path, in order."""
    for path, leaf in walk(value):
        if isinstance(leaf, Deferred):
            yield from ((path, part) for part in leaf.parts if isinstance(part, JobOutput))


def map_references(value: Any, other: Callable[[JobOutput], JobOutput]) -> Any:
    """A copy of `value` in which `other(reference)` stands for each reference to another job."""

    def mapped(_path: ValuePath, leaf: Any) -> Any:
        if not isinstance(leaf, Deferred):
            return leaf
        parts = [part if isinstance(part, str) else other(part) for part in leaf.parts]
        return Deferred(parts=tuple(parts))

    return map_leaves(value, mapped)


def resolve(value: Any, output: Callable[[JobOutput], Any]) -> Any:
    """A copy of `value` in which `output(reference)` replaces each reference to another job.

    A reference within text is replaced by the text of its output.
    """

    def resolved(_path: ValuePath, leaf: Any) -> Any:
        if not isinstance(leaf, Deferred):
            return leaf
        parts = [part if isinstance(part, str) else output(part) for part in leaf.parts]
        # A single part keeps its type: a seed stays a number.
        return parts[0] if len(parts) == 1 else "".join(map(str, parts))

    return map_leaves(value, resolved)


def same(left: Any, right: Any) -> bool:
    """Equality in JSON's sense: 1 equals 1.0, and neither equals true."""
    # To Python true equals 1; to a provider they are different values.
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)
