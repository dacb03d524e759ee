"""Estimates: what a request should cost and how long it should take.

By the vendor's tables in the schema files; where they have no answer, by earlier tasks of the
same kind.
"""

from __future__ import annotations

import functools
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any, Literal, TypeAlias

from runner.ledger.queries import PastTask
from runner.model.names import leaves_at
from runner.model.operations import Amount, Operation
from runner.model.values import Deferred, Parameters
from runner.operations import Table, defaults_of, names_in


def estimate(operation: Operation, parameters: Parameters) -> Amount | None:
    """What the request should cost by the vendor's table; None, never zero, where it has no price.

    An absent parameter counts as its documented default.
    """
    found = _look_up(operation, "price", parameters)
    return None if found is None else Amount(unit=found[0], value=found[1])


def expected_s(operation: Operation, parameters: Parameters) -> float | None:
    """Seconds that such a task takes by the vendor's table; None where it has no time."""
    found = _look_up(operation, "time", parameters)
    return None if found is None else float(found[1])


_Tables: TypeAlias = Literal["price", "time"]
"""The attribute of an operation that has tables."""

_LIMITED = ("integer", "boolean")
"""Types of parameters with few values; texts and fractions would make each request its own kind."""


def _look_up(
    operation: Operation, kind: _Tables, parameters: Parameters
) -> tuple[Any, Decimal] | None:
    """The unit and the value of the first table that has a row for the request."""
    return _first(operation, kind, _values(operation, _names(operation, kind), parameters))


@functools.cache
def _names(operation: Operation, kind: _Tables) -> tuple[str, ...]:
    tables: tuple[Table, ...] = getattr(operation, kind)
    return tuple(dict.fromkeys(name for table in tables for name in names_in(table)))


# A hundred thousand jobs look up a handful of rows.
@functools.cache
def _first(
    operation: Operation, kind: _Tables, values: tuple[Any, ...]
) -> tuple[Any, Decimal] | None:
    given = dict(zip(_names(operation, kind), values, strict=True))
    found = ((table["unit"], _total(table, given)) for table in getattr(operation, kind))
    return next(((unit, total) for unit, total in found if total is not None), None)


def _total(table: Table, given: Mapping[str, Any]) -> Decimal | None:
    """The value of the row for these parameters, with the changes that apply."""
    # No number is better than a wrong one: a budget is kept by it.
    if any(given[name] in {None, "?"} for name in names_in(table)):
        return None
    cells = [given[name] for name in table["by"]]
    rows = (row for row in table["rows"] if all(map(_is_within, row, cells)))
    row = next(rows, None)
    if row is None:
        return None
    # By way of its text: the float 1.41 is not the decimal 1.41.
    total = Decimal(str(row[-1])) * (given[table["per"]] if "per" in table else 1)
    for change in table.get("changes", ()):
        if all(_is_within(cell, given[name]) for name, cell in change["if"].items()):
            total = _changed(total, change)
    return total


def _changed(total: Decimal, change: Mapping[str, Any]) -> Decimal:
    if "add" in change:
        return total + Decimal(str(change["add"]))
    # A vendor that halves an odd number of credits rounds up.
    return (total * Decimal(str(change["times"]))).to_integral_value(ROUND_CEILING)


def _values(operation: Operation, names: Iterable[str], parameters: Parameters) -> tuple[Any, ...]:
    """The request's values of these parameters, of images their number; None where it is unknown.

    `"?"` is a value that is not known yet, or that no table can have.
    """
    given = parameters
    if any(name not in parameters for name in names):
        given = {**defaults_of(operation, parameters), **parameters}

    def value_of(name: str) -> Any:
        if name in operation.media:  # an image that another job makes counts, too
            return sum(1 for _ in leaves_at(given, name))
        value = given.get(name)
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
    for table in operation.price + operation.time:
        for name in names_in(table):
            columns.setdefault(name, [])
        for at, name in enumerate(table["by"]):
            columns[name] += [row[at] for row in table["rows"] if isinstance(row[at], list)]
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
