"""Prices and times of an operation: the least and the most, and each table as a grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any, Literal

from runner.model.names import rule_at
from runner.model.operations import Amount, Operation, Unit
from runner.model.tables import Cell, Change, Column, Table, is_within
from runner.reference.rules import value_words
from runner.terminal.format import money
from runner.validation.schema import required_sets


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRange:
    """The least and the most that a request costs, or that one unit of its amount costs."""

    unit: Unit
    least: Decimal
    most: Decimal
    per: str
    """What it is multiplied by: "x duration", "for each 500 characters of text"; "" for a task."""
    least_extra: Decimal
    """With `per`: the least that is added once, for the whole task."""
    extra: Decimal
    """With `per`: the most that is added once, for the whole task."""
    unknown_by: str = ""
    """The parameters that name a medium whose length nobody knows beforehand."""

    def __str__(self) -> str:
        """`6 to 225 credits`, `7 to 24 credits x duration, and up to 10 more`."""
        most = money(Amount(unit=self.unit, value=self.most))
        text = most if self.least == self.most else f"{self.least:f} to {most}"
        unknown = f" (unknown with {self.unknown_by})" if self.unknown_by else ""
        return f"{text} {self.per}".rstrip() + unknown + self._extra_words()

    def _extra_words(self) -> str:
        if not self.extra:
            return ""
        if self.least_extra == self.extra:
            return f", and {self.extra:f} more"
        least = f"{self.least_extra:f} to" if self.least_extra else "up to"
        return f", and {least} {self.extra:f} more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One table for people: a column for each value of its last text column."""

    caption: str
    """The unit, what it is multiplied by, and where and when it was read."""
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    changes: tuple[str, ...]
    """What is added or multiplied afterwards, in words and in order."""


def price_ranges(operation: Operation) -> list[PriceRange]:
    """One range for each unit and amount that the tables have; empty where no price is known."""
    found: dict[tuple[Unit, str], list[Decimal]] = {}
    unknown: dict[tuple[Unit, str], str] = {}
    extras: dict[tuple[Unit, str], list[Decimal]] = {}
    for table in operation.price:
        key = _unit(table), _per(table, operation)
        values = found.setdefault(key, [])
        values += (value for row in table.rows for value in _totals(table, *row))
        extras.setdefault(key, []).extend(_extras(table, operation))
        unknown[key] = _other_media(table.per, operation)
    return [
        PriceRange(
            unit=key[0],
            least=min(values),
            most=max(values),
            per=key[1],
            least_extra=min(extras[key]),
            extra=max(extras[key]),
            unknown_by=unknown[key],
        )
        for key, values in found.items()
    ]


def _extras(table: Table, operation: Operation) -> Iterator[Decimal]:
    """Every sum that is added to the task, where the rows are about one unit of its amount."""
    if table.per is None and table.each is None:
        yield Decimal(0)
        return
    columns: dict[Column, list[Cell | None]] = {}
    for change in table.changes:
        for column, cell in change.where.items():
            # Every request has a medium that is required.
            others = [] if _is_required_medium(column.name, operation) else [None]
            columns.setdefault(column, list(others)).append(cell)
    for chosen in product(*columns.values()):
        given = dict(zip(columns, chosen, strict=True))
        added = (each.add for each in table.changes if _applies(each, given))
        yield sum((value for value in added if value is not None), Decimal(0))


def _is_required_medium(name: str, operation: Operation) -> bool:
    return name in operation.media and name in operation.schema.get("required", ())


def ranges_text(ranges: list[PriceRange]) -> str:
    """All ranges in one line; "unknown" without any."""
    return ", or ".join(map(str, ranges)) or "unknown"


def price_grids(operation: Operation) -> list[Grid]:
    """Every price table, in the order in which they are looked up."""
    return _grids(operation, "price", operation.price)


def time_grids(operation: Operation) -> list[Grid]:
    """Every table of how long a task typically takes, in the order in which they are looked up."""
    return _grids(operation, "time", operation.time)


def _grids(
    operation: Operation, key: Literal["price", "time"], tables: tuple[Table, ...]
) -> list[Grid]:
    raw = operation.schema["x-operation"][key] or []
    written = raw if isinstance(raw, list) else [raw]
    return [
        _grid(table, operation, as_written)
        for table, as_written in zip(tables, written, strict=True)
    ]


def _unit(table: Table) -> Unit:
    return "cny" if table.unit == "cny" else "credits"


_UNITS = {"cny": "CNY", "s": "seconds"}


def _per(table: Table, operation: Operation) -> str:
    each = "" if table.each is None else f"for each of {table.each.name}"
    return f"{_amount(table.per, operation)} {each}".strip()


def _amount(per: Column | None, operation: Operation) -> str:
    if per is None:
        return ""
    if per.block is None and per.name in operation.media:
        return f"a second of {per.name}"
    block = per.block or Decimal(1)
    if per.name in operation.media:
        span = "second" if block == 1 else f"{block:f} s"
        return f"for each {span} of {per.name}"
    rule = operation.schema["properties"].get(per.inner.partition("[")[0], {})
    if rule.get("type") == "string":
        return f"for each {block:f} characters of {per.name}"
    return f"x {per.name}" if block == 1 else f"for each {block:f} of {per.name}"


def _other_media(per: Column | None, operation: Operation) -> str:
    """What may be given instead of the medium whose seconds count."""
    if per is None or per.name not in operation.media:
        return ""
    schema = operation.schema
    sets = required_sets(schema.get("oneOf")) or required_sets(schema.get("anyOf")) or []
    if not any(per.name in names for names in sets):
        return ""
    return " or ".join(" with ".join(names) for names in sets if per.name not in names)


def _totals(table: Table, cells: tuple[Cell, ...], value: Decimal) -> Iterator[Decimal]:
    """The row's value as every combination of changes leaves it."""
    if table.per is not None or table.each is not None:
        yield value  # an addition is for the whole task, not for each unit of the amount
        return
    fixed = dict(zip(table.by, cells, strict=True))
    # A column that only changes look at: each of the values that they name, or another one.
    others: dict[Column, list[Cell | None]] = {}
    for change in table.changes:
        for column, cell in change.where.items():
            if column not in fixed:
                others.setdefault(column, [None]).append(cell)
    for chosen in product(*others.values()):
        given: Mapping[Column, Cell | None] = {**fixed, **dict(zip(others, chosen, strict=True))}
        total = value
        for change in table.changes:
            total = change.applied(total) if _applies(change, given) else total
        yield total


def _applies(change: Change, given: Mapping[Column, Cell | None]) -> bool:
    return all(
        given[column] == cell or _inside(cell, given[column])
        for column, cell in change.where.items()
    )


def _inside(cell: Cell, value: Cell | None) -> bool:
    return value is not None and not isinstance(value, tuple) and is_within(cell, value)


def _grid(table: Table, operation: Operation, written: Mapping[str, Any]) -> Grid:
    names = [column.name for column in table.by]
    at = _pivot(table)
    unit = _UNITS.get(table.unit, table.unit)
    origin = f"{written['source']}, {written['read']}"
    caption = f"{f'{unit} {_per(table, operation)}'.strip()} ({origin})"
    changes = tuple(map(_change_words, table.changes))
    if at is None:
        rows = tuple((*map(_cell, row), f"{value:f}") for row, value in table.rows)
        return Grid(caption=caption, head=(*names, unit), rows=rows, changes=changes)
    tops = _in_order(names[at], {str(row[at]) for row, _ in table.rows}, operation)
    grid: dict[tuple[str, ...], dict[str, str]] = {}
    for row, value in table.rows:
        left = tuple(_cell(cell) for index, cell in enumerate(row) if index != at)
        grid.setdefault(left, {})[str(row[at])] = f"{value:f}"
    return Grid(
        caption=caption,
        head=(*(name for index, name in enumerate(names) if index != at), *tops),
        rows=tuple(
            (*left, *(values.get(top, "") for top in tops)) for left, values in grid.items()
        ),
        changes=changes,
    )


def _in_order(name: str, values: set[str], operation: Operation) -> list[str]:
    """The values of a parameter as its rule lists them; those that it does not list come last."""
    listed = (rule_at(operation.schema, name) or {}).get("enum", [])
    order = {str(value): index for index, value in enumerate(listed)}
    return sorted(values, key=lambda value: (order.get(value, len(order)), value))


def _pivot(table: Table) -> int | None:
    """The last column of texts, beside others; None where there is none."""
    texts = [
        index
        for index in range(len(table.by))
        if all(isinstance(row[index], str) for row, _ in table.rows)
    ]
    return texts[-1] if texts and len(table.by) > 1 and texts[-1] > 0 else None


def _cell(cell: Cell) -> str:
    if not isinstance(cell, tuple):
        return value_words(cell)
    least, most = cell
    return value_words(least) if least == most else f"{least} to {most}"


def _change_words(change: Change) -> str:
    """`audio true: 15 more`, `off_peak true: times 0.5, rounded up`."""
    where = " with ".join(f"{column.name} {_cell(cell)}" for column, cell in change.where.items())
    if change.add is not None:
        return f"{where}: {change.add:f} more"
    return f"{where}: times {change.times:f}, rounded up"
