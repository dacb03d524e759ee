"""Variants: what the jobs of one entry differ in, a combination of its matrix and a row each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from runner.errors import Diagnostic, Location
from runner.expansion.interpolate import EvaluationError, has_expression, interpolate
from runner.expansion.job_template import merge_defaults
from runner.expansion.matrix import Combination, combinations
from runner.expansion.rows import RowFile, RowSource, parse_delimiter, read_rows
from runner.expansion.source_map import SourceMap
from runner.model.jobs import MAX_JOBS, Row
from runner.model.values import ValuePath, same


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The values of `matrix` and `row` in one job."""

    matrix: Combination | None = None
    row: Row | None = None


VARYING = {"matrix": "matrix", "foreach": "row"}
"""The keys that give an entry several variants, and the names of their values in expressions."""


_PLAIN = (Variant(),)  # of an entry with neither: most entries of a long manifest share it


@dataclass(frozen=True, slots=True, kw_only=True)
class Variants:
    """Finds the variants of entries; reads each file once, and reports each error once."""

    base: Path
    scope: Mapping[str, Any]
    """The names that a matrix and the path of a file may use."""
    source_map: SourceMap
    diagnostics: list[Diagnostic]
    """Where errors are added."""
    files: dict[RowSource, RowFile] = field(default_factory=dict)

    def of_entry(
        self, index: int, entry: Mapping[str, Any], defaults: Mapping[str, Any]
    ) -> tuple[Variant, ...]:
        """The variants in order, all of the first row first; empty where there are errors.

        `defaults` are those of every entry, which may contain a matrix or a file, too.
        """
        matrix, foreach = (_merged(defaults, entry, key) for key in VARYING)
        if matrix is None and foreach is None:
            return _PLAIN
        # None is one variant without a matrix or row; an empty list is an error.
        found = [None] if matrix is None else self._combinations(index, matrix)
        rows = [None] if foreach is None else self._rows(index, foreach)
        if len(found) * len(rows) > MAX_JOBS:
            message = f"the entry has more than {MAX_JOBS:,} jobs, rows times combinations"
            self._report_errors([EvaluationError(path=("jobs", index), message=message)])
            return ()
        return tuple(Variant(matrix=each, row=row) for row in rows for each in found)

    def _combinations(self, index: int, written: Any) -> list[Combination | None]:
        path = self.source_map.written_path(("matrix",), index)
        message = "matrix must be a mapping of names to lists"
        matrix = self._interpolate(written, path, dict, message)
        if matrix is None:
            return []
        found, errors = combinations(matrix)
        self._report_errors(replace(error, path=(*path, *error.path)) for error in errors)
        return [*found]

    def _rows(self, index: int, written: Any) -> list[Row | None]:
        path = self.source_map.written_path(("foreach",), index)
        message = "foreach must be the path of a csv, tsv, jsonl or txt file"
        value = self._interpolate(written, path, (str, dict), message)
        if isinstance(value, str):
            value = {"file": value}
        if value is None or (source := self._source(value, written, path)) is None:
            return []
        file = self._file(source)
        self._report_errors(
            EvaluationError(
                path=path, message=f'foreach "{value["file"]}": {each.message}', hint=each.hint
            )
            for each in file.errors
            if not each.line
        )
        return [] if file.errors else [*file.rows]

    def _source(self, value: Mapping[str, Any], written: Any, path: ValuePath) -> RowSource | None:
        """What `foreach` names as a mapping; None where a part of it cannot be used."""
        file, delimiter, encoding = map(value.get, ("file", "delimiter", "encoding"))
        character = None if delimiter is None else parse_delimiter(delimiter)
        if not _is_text(file):
            wrong, kind = "file", "text"
        elif delimiter is not None and character is None:
            wrong, kind = "delimiter", "a single character"
        elif encoding is not None and not _is_text(encoding):
            wrong, kind = "encoding", "text"
        else:
            return RowSource(self.base / str(file), character, encoding)
        # Validation checks what is written without an expression.
        if has_expression(written.get(wrong) if isinstance(written, dict) else written):
            message = f"{wrong} of foreach must be {kind}"
            self._report_errors([EvaluationError(path=(*path, wrong), message=message)])
        return None

    def _file(self, source: RowSource) -> RowFile:
        # Several entries may use one file: what is wrong in its lines is reported once.
        if source not in self.files:
            self.files[source] = read_rows(*source)
            self.diagnostics.extend(_line_diagnostics(self.files[source]))
        return self.files[source]

    def _interpolate(
        self, written: Any, path: ValuePath, kind: type | tuple[type, ...], message: str
    ) -> Any:
        """The value, where it has such a type and is no empty text; otherwise None."""
        errors: list[EvaluationError] = []
        value = interpolate(written, self.scope, errors, path)
        if not errors and isinstance(value, kind) and value != "":
            return value
        # Validation checks the type of a value without an expression.
        if not errors and has_expression(written):
            errors.append(EvaluationError(path=path, message=message))
        self._report_errors(errors)
        return None

    def _report_errors(self, errors: Iterable[EvaluationError]) -> None:
        self.diagnostics.extend(self.source_map.document_diagnostics(errors))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _merged(defaults: Mapping[str, Any], entry: Mapping[str, Any], key: str) -> Any:
    if key not in defaults:
        return entry.get(key)
    own = {key: entry[key]} if key in entry else {}
    return merge_defaults({key: defaults[key]}, own).get(key)


# Errors in the lines of one file that are reported one by one.
_MAX_ROW_ERRORS = 20


def _line_diagnostics(file: RowFile) -> Iterator[Diagnostic]:
    errors = [error for error in file.errors if error.line]
    for error in errors[:_MAX_ROW_ERRORS]:
        yield Diagnostic(message=error.message, location=file.locate(error), hint=error.hint)
    more = errors[_MAX_ROW_ERRORS:]
    if more:
        message = f"{len(more):,} more rows are wrong"
        yield Diagnostic(message=message, location=Location(path=str(file.path), line=more[0].line))
    for warning in file.warnings:
        location = file.locate(warning)
        yield Diagnostic(
            message=warning.message, location=location, hint=warning.hint, warning=True
        )


def varying(variants: Sequence[Variant]) -> list[str]:
    """Names whose values differ among variants, as expressions spell them; only one of a row's."""
    rows = [variant.row.values for variant in variants if variant.row]
    matrices = [variant.matrix for variant in variants if variant.matrix]
    columns = [
        f"row.{column}" if column.isidentifier() else f'row["{column}"]'
        for column in _differing(rows)
    ]
    return columns[:1] + [f"matrix.{name}" for name in _differing(matrices)]


def _differing(mappings: Sequence[Mapping[str, Any]]) -> list[str]:
    first = mappings[0] if mappings else {}
    return [
        name
        for name, value in first.items()
        if not all(same(mapping.get(name), value) for mapping in mappings)
    ]
