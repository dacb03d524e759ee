"""A request in, its price and the time its task should take out, from the operation's tables."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from runner.model import Amount, Operation, Parameters
from runner.operations import defaults_of


def estimate(
    operation: Operation, parameters: Parameters, images: int | None = None
) -> Amount | None:
    """What the request should cost by the vendor's dated table; None, never zero, if unknown.

    An absent parameter counts as its documented default. `images` is the number of images, None
    to count those of `parameters`.
    """
    value = _look_up(operation, operation.price, parameters, images)
    if value is None or operation.price is None:
        return None
    return Amount(unit=operation.price["unit"], value=Decimal(str(value)))


def expected_s(
    operation: Operation, parameters: Parameters, images: int | None = None
) -> float | None:
    """Seconds that the vendor says such a task takes; None where no table tells."""
    value = _look_up(operation, operation.time, parameters, images)
    return None if value is None else float(value)


def _look_up(
    operation: Operation,
    table: Mapping[str, Any] | None,
    parameters: Parameters,
    images: int | None,
) -> int | float | None:
    """The last cell of the row that fits; None without a table, a value or a row."""
    if table is None:
        return None
    key = _key(operation, table["by"], parameters, images)
    if None in key:
        return None
    known = _answers.setdefault(id(table), (table, {}))[1]
    if key not in known:
        known[key] = next((row[-1] for row in table["rows"] if _fits(row, key)), None)
    return known[key]


_Key = tuple[str | int | float | None, ...]

_answers: dict[int, tuple[Mapping[str, Any], dict[_Key, int | float | None]]] = {}
"""Table to what was asked of it: a hundred thousand jobs ask for a handful of rows. The table is
kept beside, so that its id is never another's."""


def _key(operation: Operation, by: list[str], parameters: Parameters, images: int | None) -> _Key:
    """The values that the table goes by; None for what is not known or known only later."""
    given: Mapping[str, Any] = parameters
    if any(name not in parameters for name in by):
        given = {**defaults_of(operation, parameters), **parameters}
    return tuple(
        count(given.get(name, ()), images) if name in operation.media else _plain(given.get(name))
        for name in by
    )


def count(listed: Any, images: int | None) -> int | None:
    """How many images there are; `images` where that is told, None where nobody knows."""
    if images is not None:
        return images
    return len(listed) if isinstance(listed, list | tuple) else None


def _plain(value: Any) -> str | int | float | None:
    return value if isinstance(value, str | int | float) else None


def _fits(row: list[Any], key: _Key) -> bool:
    return all(within(cell, value) for cell, value in zip(row[:-1], key, strict=True))


def within(cell: Any, value: Any) -> bool:
    """Whether a value is the cell's, or in the cell's range `[first, last]`."""
    if isinstance(cell, list):
        return isinstance(value, int | float) and bool(cell[0] <= value <= cell[1])
    return bool(cell == value)
