"""Tables: prices, times and time limits by request, as the operations' schema files have them.

Pure lookups: what a request has in a column is found out by `planning.estimates`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final, TypeAlias

from runner.model.names import EACH
from runner.model.values import is_number, same

Cell: TypeAlias = str | int | float | tuple[float, float]
"""A value, or a range: the least and the most."""


class _Unknown(enum.Enum):
    UNKNOWN = "unknown"


UNKNOWN: Final = _Unknown.UNKNOWN
"""The value of a column that is not known yet, or that no table can have."""

Value: TypeAlias = Any
"""What a request has in a column: a scalar, `UNKNOWN`, None where it is absent and has no default;
a tuple of these, one for each item, in a column that has one for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What a table looks at: the value that a request has of one name, or how much of it."""

    name: str
    """See `model.names`; a list counts as its length, media as their number."""
    each: str | None = None
    """The list whose items have a value each; None where the request has one."""
    is_amount: bool = False
    """A number to multiply by: of a text its characters, of media their seconds."""
    block: Decimal | None = None
    """The amount is counted in blocks of so much, begun ones as whole."""
    before: tuple[str, ...] = ()
    """Of an amount of media: the parameters that count in their place where they are given, the
    first of them first."""

    @property
    def inner(self) -> str:
        """The name inside an item, or inside the parameters."""
        return self.name if self.each is None else self.name.removeprefix(f"{self.each}{EACH}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is done to a value afterwards, where the condition holds: one of both."""

    where: Mapping[Column, Cell]
    add: Decimal | None = None
    times: Decimal | None = None

    def applied(self, total: Decimal) -> Decimal:
        """The changed value."""
        if self.add is not None:
            return total + self.add
        assert self.times is not None
        # A vendor that halves an odd number of credits rounds up.
        return (total * self.times).to_integral_value(ROUND_CEILING)


# Compared and hashed by identity: its rows may be many.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """The values of some requests, in one unit."""

    unit: str
    """"credits" or "cny" of prices, "s" of times."""
    by: tuple[Column, ...]
    rows: tuple[tuple[tuple[Cell, ...], Decimal], ...]
    """A cell for each column, and the value."""
    per: Column | None = None
    """The amount by which the row's value is multiplied."""
    each: Column | None = None
    """The list to each item of which the table is applied; the values are added up."""
    changes: tuple[Change, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """All that it looks at, each once."""
        changed = [column for change in self.changes for column in change.where]
        single = [each for each in (self.per, self.each) if each is not None]
        return tuple(dict.fromkeys([*self.by, *single, *changed]))


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimit:
    """How long tasks of some requests may take."""

    where: Mapping[Column, Cell]
    seconds: float
    """From the submission on."""


def total(table: Table, given: Mapping[Column, Value]) -> Decimal | None:
    """The value for a request, with the changes that apply; None where the table has none.

    `given` has the request's value for each of the table's columns.
    """
    found = _value(table, given) if table.each is None else _sum(table, table.each, given)
    for change in table.changes:
        # No number is better than a wrong one: a budget is kept by it.
        if found is None or not all(map(_is_known, map(given.__getitem__, change.where))):
            return None
        found = change.applied(found) if holds(change.where, given) else found
    return found


def holds(where: Mapping[Column, Cell], given: Mapping[Column, Value]) -> bool:
    """Whether the request's value is in the cell of each column."""
    return all(is_within(cell, given[column]) for column, cell in where.items())


def is_within(cell: Cell, value: Value) -> bool:
    """Whether a value equals the cell, or is in its range."""
    if isinstance(cell, tuple):
        return is_number(value) and cell[0] <= value <= cell[1]
    return same(cell, value)


def _sum(table: Table, each: Column, given: Mapping[Column, Value]) -> Decimal | None:
    """The values of all items together; None where that of one is not known, and without items."""
    count, values = given[each], list[Decimal]()
    for index in range(count if isinstance(count, int) else 0):
        item = {c: given[c] if c.each is None else given[c][index] for c in given}
        value = _value(table, item)
        if value is None:
            return None
        values.append(value)
    return sum(values, Decimal(0)) if values else None


def _value(table: Table, given: Mapping[Column, Value]) -> Decimal | None:
    """The row's value, times the amount."""
    amount = Decimal(1) if table.per is None else given[table.per]
    cells = [given[column] for column in table.by]
    if not all(map(_is_known, [amount, *cells])):
        return None
    rows = (value for row, value in table.rows if all(map(is_within, row, cells)))
    value = next(rows, None)
    return None if value is None else value * amount


def _is_known(value: Value) -> bool:
    return value is not None and value is not UNKNOWN


# ----------------------------------------------------------------------------------------- reading

_TABLE_KEYS = frozenset(
    {"$comment", "unit", "read", "source", "by", "rows", "each", "per", "changes"}
)
_CHANGE_KEYS = ({"if", "add"}, {"if", "times"})


def read_tables(value: Any) -> tuple[Table, ...]:
    """No table, one, or several; raises ValueError, KeyError or TypeError for a malformed one."""
    return tuple(map(_table, value if isinstance(value, list) else [value] if value else []))


def read_time_limits(value: Any) -> tuple[TimeLimit, ...]:
    """The time limits of a schema file; raises as `read_tables` does."""
    limits = value or []
    for limit in limits:
        if unknown := set(limit) - {"$comment", "if", "s"}:
            raise ValueError(f"a time limit has an unknown key {min(unknown)}")
    return tuple(TimeLimit(where=_where(each.get("if", {})), seconds=each["s"]) for each in limits)


def names_in(columns: Iterable[Column]) -> set[str]:
    """The names of columns."""
    return {column.name for column in columns}


def _table(value: Mapping[str, Any]) -> Table:
    if unknown := set(value) - _TABLE_KEYS:
        raise ValueError(f"a table has an unknown key {min(unknown)}")
    if any(len(row) != len(value["by"]) + 1 for row in value["rows"]):
        raise ValueError("a row has not one cell for each name in `by`, and a value")
    if any(set(change) not in _CHANGE_KEYS for change in value.get("changes", ())):
        raise ValueError('a change has not "if" and one of "add" and "times"')
    each = value.get("each")
    return Table(
        unit=value["unit"],
        by=tuple(_column(name, each) for name in value["by"]),
        rows=tuple((tuple(map(_cell, row[:-1])), _decimal(row[-1])) for row in value["rows"]),
        per=_amount(value["per"], each) if "per" in value else None,
        each=None if each is None else Column(name=each),
        changes=tuple(
            Change(
                where=_where(change["if"]),
                add=_decimal(change["add"]) if "add" in change else None,
                times=_decimal(change["times"]) if "times" in change else None,
            )
            for change in value.get("changes", ())
        ),
    )


def _where(value: Mapping[str, Any]) -> Mapping[Column, Cell]:
    return {Column(name=name): _cell(cell) for name, cell in value.items()}


def _column(name: str, each: str | None) -> Column:
    return Column(name=name, each=each if is_inside(name, each) else None)


def is_inside(name: str, each: str | None) -> bool:
    """Whether a name leads into the items of that list."""
    return each is not None and name.startswith(f"{each}{EACH}.")


def _amount(value: Any, each: str | None) -> Column:
    of, block = (value["of"], value.get("block")) if isinstance(value, dict) else (value, None)
    *before, name = of if isinstance(of, list) else [of]
    return Column(
        name=name,
        each=each if is_inside(name, each) else None,
        is_amount=True,
        block=None if block is None else _decimal(block),
        before=tuple(before),
    )


def _cell(cell: str | float | list[float]) -> Cell:
    if not isinstance(cell, list):
        return cell
    least, most = cell  # raises ValueError for a list of another length
    return least, most


def _decimal(value: Any) -> Decimal:
    # By way of its text: the float 1.41 is not the decimal 1.41.
    return Decimal(str(value))
