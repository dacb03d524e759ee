"""Estimates: what a request should cost and how long it should take.

By the vendor's tables in the schema files; where they have no answer, by earlier tasks of the
same kind.
"""

from __future__ import annotations

import functools
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from runner.ledger.queries import PastTask
from runner.model.operations import Amount, Operation
from runner.model.values import Deferred, Parameters
from runner.operations import defaults_of


def estimate(operation: Operation, parameters: Parameters) -> Amount | None:
    """What the request should cost by the vendor's table; None, never zero, where it has no price.

    An absent parameter counts as its documented default.
    """
    value = _look_up(operation, "price", parameters)
    if value is None or operation.price is None:
        return None
    # By way of its text: the float 1.41 is not the decimal 1.41.
    return Amount(unit=operation.price["unit"], value=Decimal(str(value)))


def expected_s(operation: Operation, parameters: Parameters) -> float | None:
    """Seconds that such a task takes by the vendor's table; None where it has no time."""
    value = _look_up(operation, "time", parameters)
    return None if value is None else float(value)


_Table: TypeAlias = Literal["price", "time"]
"""The attribute of an operation that is a table: `by` are the names of its columns, `rows` their
cells, and last the value."""

_LIMITED = ("integer", "boolean")
"""Types of parameters with few values; texts and fractions would make each request its own kind."""


def _look_up(operation: Operation, name: _Table, parameters: Parameters) -> int | float | None:
    table: Mapping[str, Any] | None = getattr(operation, name)
    if table is None:
        return None
    values = _values(operation, table["by"], parameters)
    # No number is better than a wrong one: a budget is kept by it.
    return None if None in values else _last_cell(operation, name, values)


# A hundred thousand jobs look up a handful of rows.
@functools.cache
def _last_cell(operation: Operation, name: _Table, values: tuple[Any, ...]) -> int | float | None:
    for row in getattr(operation, name)["rows"]:
        # Without `strict`: the last cell of a row is its value.
        if all(_is_within(cell, value) for cell, value in zip(row, values, strict=False)):
            return row[-1]  # type: ignore[no-any-return]
    return None


def _values(operation: Operation, names: Iterable[str], parameters: Parameters) -> tuple[Any, ...]:
    """The request's values of these parameters, of images their number; None where it is unknown.

    `"?"` is a value that is not known yet, or that no table can have.
    """
    given = parameters
    if any(name not in parameters for name in names):
        given = {**defaults_of(operation, parameters), **parameters}

    def value_of(name: str) -> Any:
        value = given.get(name)
        if name in operation.media:  # an image that another job makes counts, too
            return len(value or ()) if isinstance(value, list | tuple | None) else None
        return "?" if isinstance(value, Deferred | list | dict) else value

    return tuple(map(value_of, names))


def _is_within(cell: Any, value: Any) -> bool:
    """Whether a value equals the cell, or is in its range `[first, last]`."""
    if isinstance(cell, list):
        return isinstance(value, int | float) and bool(cell[0] <= value <= cell[1])  # no text
    return bool(cell == value)


Kind: TypeAlias = tuple[Any, ...]
"""What requests of one price have in common: the operation and its values in the tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """The price and times of earlier tasks of one kind."""

    price: Amount | None
    """The latest real one; None where the provider reported no price."""
    times_s: tuple[float, ...]
    """From submission to end, the latest first."""

    @property
    def time_s(self) -> float | None:
        """The median of the times; None without any."""
        return statistics.median(self.times_s) if self.times_s else None


def learn(operation: Operation, past: Iterable[PastTask]) -> dict[Kind, Learned]:
    """The prices and times of earlier tasks of this operation, the latest first, by kind.

    A price of zero is ignored.
    """
    by_kind: dict[Kind, list[PastTask]] = {}
    for task in past:
        by_kind.setdefault(kind_of(operation, task.request), []).append(task)
    return {
        kind: Learned(
            # Not zero: a provider may report it before it charges.
            price=next((task.price for task in tasks if task.price and task.price.value), None),
            times_s=tuple(task.time_s for task in tasks if task.time_s is not None),
        )
        for kind, tasks in by_kind.items()
    }


def kind_of(operation: Operation, parameters: Parameters) -> Kind:
    """The kind of a request: numbers in one range of a table are of one kind.

    Without any table, every parameter with a limited choice of values counts.
    """
    columns = _columns(operation)
    values = _values(operation, columns, parameters)
    return (operation.name, *map(_ranged, values, columns.values()))


@functools.cache
def _columns(operation: Operation) -> Mapping[str, list[Any]]:
    """The parameters that distinguish kinds, each with its ranges in the tables."""
    columns: dict[str, list[Any]] = {}
    for table in filter(None, (operation.price, operation.time)):
        for at, name in enumerate(table["by"]):
            ranges = [row[at] for row in table["rows"] if isinstance(row[at], list)]
            columns.setdefault(name, []).extend(ranges)
    return columns or {name: [] for name in _choices(operation)}


def _choices(operation: Operation) -> list[str]:
    """The parameters with a limited choice of values, and those with images."""
    ignored = {operation.seed, operation.tag, *operation.unhashed}
    return [
        name
        for name, rule in operation.schema.get("properties", {}).items()
        if name not in ignored
        and (
            name in operation.media
            or (isinstance(rule, dict) and ("enum" in rule or rule.get("type") in _LIMITED))
        )
    ]


def _ranged(value: Any, ranges: list[Any]) -> Any:
    """The range that contains the value, else the value."""
    return next((tuple(cell) for cell in ranges if _is_within(cell, value)), value)
