"""One entry under `jobs` in, its variants out: a combination of the matrix and a row each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import Diagnostic, Location
from runner.expansion.defaults import merge_defaults
from runner.expansion.interpolate import EvaluationError, has_expression, interpolate
from runner.expansion.matrix import Combination, MatrixError, combinations, same
from runner.expansion.rows import RowsError, read_rows
from runner.expansion.source_map import Origin, SourceMap
from runner.model import Row
from runner.model.jobs import MOST_JOBS


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What `matrix` and `row` stand for in one job."""

    matrix: Combination | None = None
    row: Row | None = None


PLAIN = (Variant(),)
"""The variants of an entry with neither matrix nor foreach."""


class Variants:
    """Finds the variants of entries; each file is read once, each problem goes to `report`."""

    def __init__(
        self,
        base: Path,
        scope: Mapping[str, Any],
        places: SourceMap,
        report: Callable[[Diagnostic], None],
    ):
        """`scope`: the names that a matrix and the path of a file may use."""
        self._base = base
        self._scope = scope
        self._places = places
        self._report = report
        self._read: dict[Path, list[Row] | RowsError] = {}

    def of_entry(
        self, index: int, entry: Mapping[str, Any], shared: Mapping[str, Any]
    ) -> tuple[Variant, ...]:
        """The variants in order, all of the first row first; none where something is wrong.

        `shared` are the defaults of every entry, which may hold a matrix or a file, too.
        """
        matrix, foreach = (_layered(shared, entry, key) for key in ("matrix", "foreach"))
        if matrix is None and foreach is None:
            return PLAIN
        found = [None] if matrix is None else self._combinations(index, matrix)
        rows = [None] if foreach is None else self._rows(index, foreach)
        if len(found) * len(rows) > MOST_JOBS:
            message = f"the entry has more than {MOST_JOBS:,} jobs, rows times combinations"
            self._tell(("jobs", index), message)
            return ()
        return tuple(Variant(matrix=one, row=row) for row in rows for one in found)

    def _combinations(self, index: int, written: Any) -> list[Combination | None]:
        path = self._written(index, "matrix")
        matrix, sound = self._filled(written, path)
        if not sound:
            return []
        if not isinstance(matrix, dict):
            self._tell_if_open(written, path, "matrix must be a mapping of names to lists")
            return []
        try:
            return [*combinations(matrix)]
        except MatrixError as error:
            for trouble in error.troubles:
                self._tell((*path, *trouble.path), trouble.message, trouble.hint)
            return []

    def _rows(self, index: int, written: Any) -> list[Row | None]:
        path = self._written(index, "foreach")
        name, sound = self._filled(written, path)
        if not sound:
            return []
        if not isinstance(name, str) or not name:
            message = "foreach must be the path of a csv, tsv, jsonl or txt file"
            self._tell_if_open(written, path, message)
            return []
        file = self._base / name
        if file not in self._read:
            self._read[file] = rows = _outcome(file)
            for problem in _problems(file, rows) if isinstance(rows, RowsError) else ():
                self._report(problem)
        found = self._read[file]
        if not isinstance(found, RowsError):
            return [*found]
        for trouble in found.troubles:
            if not trouble.line:
                self._tell(path, f'foreach "{name}": {trouble.message}', trouble.hint)
        return []

    def _filled(self, written: Any, path: tuple[str | int, ...]) -> tuple[Any, bool]:
        if not has_expression(written):
            return written, True
        faults: list[EvaluationError] = []
        value = interpolate(written, self._scope, faults, path)
        for fault in faults:
            if fault.message:
                place = self._places.at_error(fault)
                self._report(Diagnostic(message=fault.message, location=place, hint=fault.hint))
        return value, not faults

    def _written(self, index: int, key: str) -> tuple[str | int, ...]:
        return self._places.written(Origin(entry=index, operation=""), (key,))

    def _tell_if_open(self, written: Any, path: tuple[str | int, ...], message: str) -> None:
        """A value of the wrong type that stands there as such is told by validation."""
        if has_expression(written):
            self._tell(path, message)

    def _tell(self, path: tuple[str | int, ...], message: str, hint: str | None = None) -> None:
        self._report(Diagnostic(message=message, location=self._places.at(path), hint=hint))


def _layered(shared: Mapping[str, Any], entry: Mapping[str, Any], key: str) -> Any:
    if key not in shared:
        return entry.get(key)
    own = {key: entry[key]} if key in entry else {}
    return merge_defaults({key: shared[key]}, own).get(key)


def _outcome(file: Path) -> list[Row] | RowsError:
    try:
        return read_rows(file)
    except RowsError as error:
        return error


_MOST_ROWS = 20
"""Of so many rows of one file it is told what is wrong with them."""


def _problems(file: Path, error: RowsError) -> Iterator[Diagnostic]:
    """What is wrong inside a file, at its lines: told once, however many entries read it."""
    wrong = [trouble for trouble in error.troubles if trouble.line]
    for trouble in wrong[:_MOST_ROWS]:
        text = error.line(trouble)
        column = 0 if text is None else trouble.column
        place = Location(path=str(file), line=trouble.line, column=column, text=text)
        yield Diagnostic(message=trouble.message, location=place, hint=trouble.hint)
    if len(wrong) > _MOST_ROWS:
        more = f"{len(wrong) - _MOST_ROWS:,} more rows are wrong"
        yield Diagnostic(
            message=more, location=Location(path=str(file), line=wrong[_MOST_ROWS].line)
        )


def varying(variants: Sequence[Variant]) -> list[str]:
    """Names whose values differ among variants, as expressions spell them; one of a row's."""
    rows = [variant.row.values for variant in variants if variant.row]
    matrices = [variant.matrix for variant in variants if variant.matrix]
    columns = [
        f"row.{column}" if column.isidentifier() else f'row["{column}"]'
        for column in _differing(rows)
    ]
    return columns[:1] + [f"matrix.{name}" for name in _differing(matrices)]


def _differing(values: Sequence[Mapping[str, Any]]) -> list[str]:
    first = values[0] if values else {}
    return [
        name
        for name, value in first.items()
        if not all(same(other.get(name), value) for other in values)
    ]
