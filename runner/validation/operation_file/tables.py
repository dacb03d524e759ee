"""Tables of prices and times in an operation's file: columns, cells, and rows that overlap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from runner.errors import plural, suggest
from runner.model.values import ValuePath, as_dict, as_list, is_number
from runner.validation.diagnostics import Finding, shown
from runner.validation.operation_file.parts import (
    Schema,
    described,
    listed_names,
    parameters,
    unknown_name,
)
from runner.validation.operation_file.rules import acceptor

_MOST_ROWS = 1000
"""Each is compared with each: with more that would take seconds."""


def check_tables(schema: Schema) -> Iterator[Finding]:
    """Mistakes in the tables of prices and times."""
    known = parameters(schema)
    for kind in ("price", "time"):
        tables = described(schema).get(kind)
        path = ("x-operation", kind)
        if isinstance(tables, list):
            for index, table in enumerate(tables):
                yield from _table(as_dict(table), (*path, index), known)
        else:
            yield from _table(as_dict(tables), path, known)


def _table(table: Schema, path: ValuePath, known: Mapping[str, Any]) -> Iterator[Finding]:
    names = as_list(table.get("by"))
    if not all(isinstance(name, str) for name in names):
        return
    yield from listed_names(names, (*path, "by"), known)
    yield from _per(table.get("per"), (*path, "per"), known)
    for index, change in enumerate(as_list(table.get("changes"))):
        yield from _change(as_dict(change), (*path, "changes", index), known)
    columns = [Column(name, as_dict(known[name])) if name in known else None for name in names]
    whole: list[tuple[int, list[Any]]] = []
    for index, row in enumerate(as_list(table.get("rows"))):
        place = (*path, "rows", index)
        cells = as_list(row)
        if len(cells) != len(names) + 1:
            yield _wrong_length(cells, names, place)
            continue
        found = [*_cells(columns, cells, place)]
        yield from found
        if not found and all(map(_is_cell, cells)):
            whole.append((index, cells))
    if len(whole) <= _MOST_ROWS:  # the meta-schema rejects more
        yield from _overlaps(whole, path)


def _per(name: Any, path: ValuePath, known: Mapping[str, Any]) -> Iterator[Finding]:
    """An error unless `name` is a parameter that is a number."""
    if not isinstance(name, str):
        return
    if name not in known:
        yield unknown_name(path, name, known, key=False)
    elif as_dict(known[name]).get("type") not in ("integer", "number"):
        message = f"{name} is no number: the row's value cannot be multiplied by it"
        yield Finding(path=path, message=message)


def _change(change: Schema, path: ValuePath, known: Mapping[str, Any]) -> Iterator[Finding]:
    if ("add" in change) == ("times" in change):
        both = "both" if "add" in change else "neither"
        message = f'a change has either "add" or "times", and this one has {both}'
        yield Finding(path=path, message=message)
    for name, cell in as_dict(change.get("if")).items():
        place = (*path, "if", name)
        if name not in known:
            yield unknown_name(place, name, known, key=True)
        elif found := Column(name, as_dict(known[name])).problem(cell):
            yield replace(found, path=place)


def _wrong_length(cells: Sequence[Any], names: Sequence[str], place: ValuePath) -> Finding:
    message = f"the row has {plural(len(cells), 'cell')}, but needs {len(names) + 1}"
    hint = f"one for each of {', '.join(names)}, and the value" if names else "only the value"
    return Finding(path=place, message=message, hint=hint)


def _cells(
    columns: Sequence[Column | None], cells: Sequence[Any], place: ValuePath
) -> Iterator[Finding]:
    for at, column in enumerate(columns):
        if column is not None and (found := column.problem(cells[at])):
            yield replace(found, path=(*place, at))
    value = cells[-1]
    if not is_number(value) or value < 0:
        message = f"the row's value is {shown(value)}, but must be a number, and not below 0"
        yield Finding(path=(*place, len(columns)), message=message)


class Column:
    """The cells that can be those of one parameter; of a list they count its items."""

    def __init__(self, name: str, rule: Schema) -> None:
        self.name = name
        self._rule = rule
        self._options = [str(option) for option in as_list(rule.get("enum"))]
        self._accepts = acceptor(rule)

    def problem(self, cell: Any) -> Finding | None:
        """The error for a cell that no value of the parameter is in."""
        if isinstance(cell, list):
            message = self._problem_of_range(cell)
            return Finding(path=(), message=message) if message else None
        if self._rule.get("type") == "array":
            if _is_count(cell, self._rule):
                return None
            message = f"{self.name} never has {shown(cell)} items: its own rule rejects it"
            return Finding(path=(), message=message)
        if self._accepts(cell):
            return None
        message = f"{self.name} never is {shown(cell)}: its own rule rejects it"
        return Finding(path=(), message=message, hint=suggest(str(cell), self._options))

    def _problem_of_range(self, cell: Sequence[Any]) -> str | None:
        if not _is_cell(cell):
            return None  # the meta-schema reports it
        if self._rule.get("type") in ("string", "boolean") or any(
            isinstance(option, str) for option in as_list(self._rule.get("enum"))
        ):
            return f"{self.name} is no number: it has no range {shown(cell)}"
        return (
            f"the range {shown(cell)} is empty: write [least, most]" if cell[0] > cell[1] else None
        )


def _is_cell(cell: Any) -> bool:
    """Whether it is a value or a range by its form."""
    if isinstance(cell, list):
        return len(cell) == 2 and all(map(is_number, cell))
    return isinstance(cell, str | bool) or is_number(cell)


def _is_count(cell: Any, rule: Schema) -> bool:
    if not isinstance(cell, int) or isinstance(cell, bool):
        return False
    least, most = rule.get("minItems", 0), rule.get("maxItems", cell)
    return not (is_number(least) and is_number(most)) or 0 <= least <= cell <= most


# --------------------------------------------------------------------------------------- overlaps


def _overlaps(rows: Sequence[tuple[int, list[Any]]], path: ValuePath) -> Iterator[Finding]:
    """An error for each row that covers what an earlier one does, which would be taken."""
    seen: list[tuple[int, list[Any]]] = []
    for index, row in rows:
        for other, earlier in seen:
            if all(map(_meet, row[:-1], earlier[:-1])):
                what = "repeats" if row[:-1] == earlier[:-1] else "overlaps with"
                message = f"rows[{index}] {what} rows[{other}]: the earlier one is taken for both"
                yield Finding(path=(*path, "rows", index), message=message)
                break
        seen.append((index, row))


def _meet(left: Any, right: Any) -> bool:
    """Whether a value can be in both cells."""
    if not isinstance(left, list) and not isinstance(right, list):
        return bool(left == right)
    if isinstance(left, str) or isinstance(right, str):
        return False
    low, high = _ends(left)
    other_low, other_high = _ends(right)
    return bool(low <= other_high and other_low <= high)


def _ends(cell: Any) -> tuple[Any, Any]:
    return (cell[0], cell[1]) if isinstance(cell, list) else (cell, cell)
