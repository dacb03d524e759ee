"""Estimates: what a request should cost and how long it should take.

By the vendor's tables in the schema files; where they have no answer, by earlier tasks of the
same kind.
"""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from runner.ledger.records import PastTask
from runner.model.jobs import JobMedia, Media
from runner.model.names import leaves_at, rule_at, steps, values_at
from runner.model.operations import Amount, Operation
from runner.model.tables import UNKNOWN, Cell, Column, Table, Value, holds, is_within, total
from runner.model.values import Deferred, Parameters, ValuePath, is_number
from runner.operations import defaults_of

_NO_MEDIA: JobMedia = MappingProxyType({})


def estimate(
    operation: Operation, parameters: Parameters, media: JobMedia = _NO_MEDIA
) -> Amount | None:
    """What the request should cost by the vendor's table; None, never zero, where it has no price.

    An absent parameter counts as its documented default. `media` may have the length of what an id
    stands for, at the place of the id.
    """
    found = _look_up(operation, "price", parameters, media)
    return None if found is None else Amount(unit=found[0], value=found[1])


def expected_s(
    operation: Operation, parameters: Parameters, media: JobMedia = _NO_MEDIA
) -> float | None:
    """Seconds that such a task takes by the vendor's table; None where it has no time."""
    found = _look_up(operation, "time", parameters, media)
    return None if found is None else float(found[1])


def time_limit_s(operation: Operation, parameters: Parameters) -> float | None:
    """Seconds that such a task may take; None where that is as usual."""
    if not operation.timeout:
        return None
    columns = _columns_of(operation, "timeout")
    return _first_limit_s(operation, _values(operation, columns, parameters, _NO_MEDIA))


_Tables: TypeAlias = Literal["price", "time"]
"""The attribute of an operation that has tables."""

_LIMITED = ("integer", "boolean")
"""Types of parameters with few values; texts and fractions would make each request its own kind."""


def _look_up(
    operation: Operation, kind: _Tables, parameters: Parameters, media: JobMedia
) -> tuple[Any, Decimal] | None:
    """The unit and the value of the first table that has a row for the request."""
    columns = _columns_of(operation, kind)
    return _first(operation, kind, _values(operation, columns, parameters, media))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Columns:
    """The columns of an operation's tables, prepared for looking up a request's values."""

    all: tuple[Column, ...]
    each: tuple[tuple[Column, str | None], ...]
    """Each column with the parameter that it is the plain value of; None for any other column."""
    parameters: frozenset[str]
    """Those that the columns are, or lead into."""

    @classmethod
    def of(cls, operation: Operation, columns: Iterable[Column]) -> _Columns:
        """Each of the columns once."""
        every = tuple(dict.fromkeys(columns))
        return cls(
            all=every,
            each=tuple((c, c.name if _is_plain(c, operation) else None) for c in every),
            parameters=frozenset(steps(column.name)[0] for column in every),
        )


def _is_plain(column: Column, operation: Operation) -> bool:
    is_inside = len(steps(column.name)) > 1
    return not (is_inside or column.is_amount or column.name in operation.media)


@functools.cache
def _columns_of(operation: Operation, kind: _Tables | Literal["timeout"]) -> _Columns:
    if kind == "timeout":
        return _Columns.of(operation, (c for limit in operation.timeout for c in limit.where))
    tables: tuple[Table, ...] = getattr(operation, kind)
    return _Columns.of(operation, (column for table in tables for column in table.columns))


# A hundred thousand jobs look up a handful of rows.
@functools.lru_cache(maxsize=4096)
def _first(
    operation: Operation, kind: _Tables, values: tuple[Value, ...]
) -> tuple[Any, Decimal] | None:
    given = dict(zip(_columns_of(operation, kind).all, values, strict=True))
    found = ((table.unit, total(table, given)) for table in getattr(operation, kind))
    return next(((unit, value) for unit, value in found if value is not None), None)


@functools.lru_cache(maxsize=4096)
def _first_limit_s(operation: Operation, values: tuple[Value, ...]) -> float | None:
    given = dict(zip(_columns_of(operation, "timeout").all, values, strict=True))
    return next((each.seconds for each in operation.timeout if holds(each.where, given)), None)


# ----------------------------------------------------------------------- a request's values


def _values(
    operation: Operation, columns: _Columns, parameters: Parameters, media: JobMedia
) -> tuple[Value, ...]:
    """The request's values in these columns."""
    given = parameters
    if not columns.parameters <= parameters.keys():
        given = {**defaults_of(operation, parameters), **parameters}
    return tuple(
        [
            _value(operation, column, given, media) if name is None else _plain(given.get(name))
            for column, name in columns.each
        ]
    )


def _value(operation: Operation, column: Column, given: Parameters, media: JobMedia) -> Value:
    """The value in a column that is not one parameter's plain value."""
    if column.each is None:
        return _inside(operation, column, (), given, media)
    return tuple(
        _inside(operation, column, (*path, index), item, media)
        for path, items in values_at(given, column.each)
        for index, item in enumerate(items if isinstance(items, list | tuple) else ())
    )


def _inside(
    operation: Operation, column: Column, path: ValuePath, value: Any, media: JobMedia
) -> Value:
    """The value in a column of the parameters, or of the item of a list at a path in them."""
    if not isinstance(value, Mapping):  # an item that validation reports
        return UNKNOWN
    if column.name in operation.media:
        name = _measured(column, value)
        leaves = [((*path, *below), leaf) for below, leaf in leaves_at(value, name)]
        if not column.is_amount:  # one that another job makes counts, too
            return len(leaves)
        return _in_blocks(column, _seconds([media.get(at) for at, _ in leaves]))
    found = [each for _, each in values_at(value, column.inner)]
    if len(found) > 1:
        return UNKNOWN
    one = found[0] if found else _inner_default(operation, column.name)
    if column.is_amount:
        return _in_blocks(column, len(one) if isinstance(one, str) else one)
    return _plain(one)


def _measured(column: Column, given: Mapping[str, Any]) -> str:
    """The name of what a column of media is about: what wins over them, where that is given."""
    return next((name for name in column.before if name in given), column.inner)


def _inner_default(operation: Operation, name: str) -> Any:
    """The documented default of a key of an object; None without one."""
    # Those of the parameters themselves may depend on others: they are applied before.
    rule = rule_at(operation.schema, name) if len(steps(name)) > 1 else None
    return rule.get("default") if rule else None


def _plain(value: Any) -> Value:
    """A scalar itself, a list as its length."""
    if isinstance(value, list | tuple):
        return len(value)
    return UNKNOWN if isinstance(value, Deferred | dict) else value


def _in_blocks(column: Column, amount: Any) -> Value:
    """The amount, or how many blocks of it have begun."""
    if not is_number(amount):
        return None if amount is None else UNKNOWN
    exact = Decimal(str(amount))
    return exact if column.block is None else Decimal(math.ceil(exact / column.block))


def _seconds(media: Iterable[Media | Deferred | None]) -> float | None:
    """How long they are together; None where that is not known of each, and of none."""
    known = [each.seconds if isinstance(each, Media) else None for each in media]
    return None if not known or None in known else math.fsum(filter(None, known))


# ------------------------------------------------------------------------------ earlier tasks


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


def kind_of(operation: Operation, parameters: Parameters, media: JobMedia = _NO_MEDIA) -> Kind:
    """The kind of a request: numbers in one range of a table are of one kind.

    Without any table, every parameter with a limited choice of values counts. `media` is that of a
    job; the ledger's requests have theirs in the parameters.
    """
    ranges = _ranges(operation)
    values = _values(operation, _columns_of_kinds(operation), parameters, _NO_MEDIA)
    return (
        operation.name,
        *(
            _labels(operation, column, parameters, media)
            if _is_open(value) or (column.is_amount and column.name in operation.media)
            else _ranged(value, ranges[column])
            for column, value in zip(ranges, values, strict=True)
        ),
    )


def _is_open(value: Value) -> bool:
    return value is UNKNOWN or (isinstance(value, tuple) and UNKNOWN in value)


def _labels(
    operation: Operation, column: Column, parameters: Parameters, media: JobMedia
) -> tuple[Hashable, ...]:
    """What stands for an amount that is not known: equal inputs share it.

    Media by digest or URL, another job's value by its place. Where the request has neither, it is
    measured by something else (the video of a creation's id), which may be any of its texts.
    """
    for name in column.before:
        if name in parameters:
            return ((name, parameters[name]),)
    leaves = leaves_at(parameters, column.name)
    labels = tuple(_label(media.get(path, leaf)) for path, leaf in leaves)
    return labels or tuple(
        (name, value)
        for name, value in sorted(parameters.items())
        if isinstance(value, str | Deferred) and name not in _ignored(operation)
    )


def _label(medium: Any) -> Hashable:
    if isinstance(medium, Media):
        return medium.sha256 or medium.source
    if isinstance(medium, Mapping):
        return medium.get("sha256") or medium.get("url")
    return medium if isinstance(medium, Deferred) else None


@functools.cache
def _ranges(operation: Operation) -> Mapping[Column, list[Cell]]:
    """The columns that distinguish kinds, each with its ranges in the tables."""
    columns: dict[Column, list[Cell]] = {}
    for table in operation.price + operation.time:
        for column in table.columns:
            columns.setdefault(column, [])
        for at, column in enumerate(table.by):
            columns[column] += [
                cells[at] for cells, _ in table.rows if isinstance(cells[at], tuple)
            ]
    return columns or {Column(name=name): [] for name in _choices(operation)}


@functools.cache
def _columns_of_kinds(operation: Operation) -> _Columns:
    return _Columns.of(operation, _ranges(operation))


def _choices(operation: Operation) -> list[str]:
    """The parameters with a limited choice of values, and what holds media."""
    ignored = _ignored(operation)
    limited = [
        name
        for name, rule in operation.schema.get("properties", {}).items()
        if name not in ignored
        and isinstance(rule, dict)
        and ("enum" in rule or rule.get("type") in _LIMITED)
    ]
    return [*limited, *(name for name in operation.media if name not in limited)]


def _ignored(operation: Operation) -> frozenset[str | None]:
    """The parameters that no price depends on."""
    return operation.unhashed | {operation.seed, operation.tag}


def _ranged(value: Value, ranges: list[Cell]) -> Value:
    """The range that contains the value, else the value; one for each item of a list."""
    if isinstance(value, tuple):
        return tuple(_ranged(each, ranges) for each in value)
    return next((cell for cell in ranges if is_within(cell, value)), value)
