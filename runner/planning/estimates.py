"""Earlier tasks in, what they teach of requests like them out, for where no table tells."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from runner.ledger import PastTask
from runner.model import Amount, Deferred, Operation, Parameters
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


Kind: TypeAlias = tuple[Any, ...]
"""What requests of one price have in common: the operation and what its tables go by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What earlier tasks of one kind teach."""

    price: Amount | None
    """The latest real one; None where the provider told none."""
    times_s: tuple[float, ...]
    """From submission to end, the latest first."""

    @property
    def time_s(self) -> float | None:
        """The median of the times; None without any."""
        return statistics.median(self.times_s) if self.times_s else None


def learn(operation: Operation, past: Iterable[PastTask]) -> dict[Kind, Learned]:
    """What tasks of this operation, the latest first, teach of their kinds.

    A price of zero teaches nothing: a provider may tell it before it charges.
    """
    prices: dict[Kind, Amount | None] = {}
    times: dict[Kind, list[float]] = {}
    for one in past:
        of = kind_of(operation, one.request)
        if not prices.get(of):
            prices[of] = one.price if one.price and one.price.value else None
        if one.time_s is not None:
            times.setdefault(of, []).append(one.time_s)
    return {
        of: Learned(price=price, times_s=tuple(times.get(of, ()))) for of, price in prices.items()
    }


def kind_of(operation: Operation, parameters: Parameters, images: int | None = None) -> Kind:
    """What the request has in common with those of its price; `images` as for `estimate`.

    Numbers that a table has in one range are of one kind. Without any table, everything of a
    limited choice counts.
    """
    by, cells = _columns(operation)
    given = {**defaults_of(operation, parameters), **parameters}
    return (
        operation.name,
        *(
            _ranged(count(given.get(name, ()), images), cells[name])
            if name in operation.media
            else _ranged(_counted(given.get(name)), cells[name])
            for name in by
        ),
    )


def _columns(operation: Operation) -> tuple[tuple[str, ...], Mapping[str, list[Any]]]:
    """The parameters that tell kinds apart, and the ranges that tables have of each."""
    known = _known_columns.get(id(operation))
    if known is None:
        tables = [table for table in (operation.price, operation.time) if table]
        cells: dict[str, list[Any]] = {}
        for table in tables:
            for at, name in enumerate(table["by"]):
                ranges = [row[at] for row in table["rows"] if isinstance(row[at], list)]
                cells.setdefault(name, []).extend(ranges)
        cells = cells or {name: [] for name in _choices(operation)}
        known = _known_columns[id(operation)] = (operation, tuple(cells), cells)
    return known[1], known[2]


_known_columns: dict[int, tuple[Operation, tuple[str, ...], Mapping[str, list[Any]]]] = {}
"""By the operation's id; the operation itself is kept beside, so that it is never another's."""


def _choices(operation: Operation) -> list[str]:
    """The parameters with a limited choice of values, and the numbers of images."""
    idle = {operation.seed, operation.tag, *operation.unhashed}
    return [
        name
        for name, rule in operation.schema.get("properties", {}).items()
        if name not in idle
        and (
            name in operation.media
            or (isinstance(rule, dict) and ("enum" in rule or rule.get("type") in _LIMITED))
        )
    ]


_LIMITED = ("integer", "boolean")


def _counted(value: Any) -> Any:
    """A value that can be compared; one that is known only later is like no other."""
    return "?" if isinstance(value, Deferred | list | dict) else value


def _ranged(value: Any, ranges: list[Any]) -> Any:
    return next((tuple(cell) for cell in ranges if within(cell, value)), value)


__all__ = ["Kind", "Learned", "estimate", "expected_s", "kind_of", "learn"]
