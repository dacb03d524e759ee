"""Rows of the tables in an operation's file: their cells, and rows that overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from runner.errors import plural, suggest
from runner.model.names import EACH
from runner.model.values import ValuePath, as_list, is_number
from runner.validation.diagnostics import Finding, shown
from runner.validation.operation_file.parts import Schema
from runner.validation.operation_file.rules import acceptor

_MOST_ROWS = 1000
"""Each is compared with each: with more that would take seconds."""


def check_rows(
    names: Sequence[str], columns: Sequence[Column | None], rows: Sequence[Any], path: ValuePath
) -> Iterator[Finding]:
    """Mistakes in the rows at a path of the file; a column is None where its name is wrong."""
    whole: list[tuple[int, list[Any]]] = []
    for index, row in enumerate(rows):
        place, cells = (*path, index), as_list(row)
        if len(cells) != len(names) + 1:
            yield _wrong_length(cells, names, place)
            continue
        wrong = [*_cells(columns, cells, place)]
        yield from wrong
        if not wrong and all(map(_is_cell, cells)):
            whole.append((index, cells))
    if len(whole) <= _MOST_ROWS:  # the meta-schema rejects more
        yield from _overlaps(whole, path)


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
    """The cells that can be those of one parameter; of a list or of media they are numbers."""

    def __init__(self, name: str, rule: Schema, *, is_counted: bool) -> None:
        self.name = name
        self._is_counted = is_counted or rule.get("type") == "array"
        self._rule = rule
        self._options = [str(option) for option in as_list(rule.get("enum"))]
        self._accepts = acceptor(rule)

    def problem(self, cell: Any) -> Finding | None:
        """The error for a cell that no value of the parameter is in."""
        if isinstance(cell, list):
            message = self._problem_of_range(cell)
            return Finding(path=(), message=message) if message else None
        if self._is_counted:
            if self._is_count(cell):
                return None
            message = f"{self.name} never has {shown(cell)} items: its own rule rejects it"
            return Finding(path=(), message=message)
        if self._accepts(cell):
            return None
        message = f"{self.name} never is {shown(cell)}: its own rule rejects it"
        return Finding(path=(), message=message, hint=suggest(str(cell), self._options))

    def _is_count(self, cell: Any) -> bool:
        """Whether there can be so many."""
        if not isinstance(cell, int) or isinstance(cell, bool):
            return False
        # What is inside the items of a list may be counted over all of them.
        if EACH in self.name:
            return cell >= 0
        if self._rule.get("type") != "array":
            return cell in (0, 1)
        least, most = self._rule.get("minItems", 0), self._rule.get("maxItems", cell)
        return not (is_number(least) and is_number(most)) or 0 <= least <= cell <= most

    def _problem_of_range(self, cell: Sequence[Any]) -> str | None:
        if not _is_cell(cell):
            return None  # the meta-schema reports it
        named = any(isinstance(option, str) for option in as_list(self._rule.get("enum")))
        if not self._is_counted and (named or self._rule.get("type") in ("string", "boolean")):
            return f"{self.name} is no number: it has no range {shown(cell)}"
        return (
            f"the range {shown(cell)} is empty: write [least, most]" if cell[0] > cell[1] else None
        )


def _is_cell(cell: Any) -> bool:
    """Whether it is a value or a range by its form."""
    if isinstance(cell, list):
        return len(cell) == 2 and all(map(is_number, cell))
    return isinstance(cell, str | bool) or is_number(cell)


# --------------------------------------------------------------------------------------- overlaps


def _overlaps(rows: Sequence[tuple[int, list[Any]]], path: ValuePath) -> Iterator[Finding]:
    """An error for each row that covers what an earlier one does, which would be taken."""
    seen: list[tuple[int, list[Any]]] = []
    for index, row in rows:
        for other, earlier in seen:
            if all(map(_meet, row[:-1], earlier[:-1])):
                what = "repeats" if row[:-1] == earlier[:-1] else "overlaps with"
                message = f"rows[{index}] {what} rows[{other}]: the earlier one is taken for both"
                yield Finding(path=(*path, index), message=message)
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
