"""Source map: finds the location in a file at which a job's value is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from runner.errors import Diagnostic, Location
from runner.expansion.interpolate import EvaluationError, parts_of, roots
from runner.expressions.syntax import Expression
from runner.model.jobs import DocumentLocator, Draft, Row
from runner.model.values import ValuePath, as_list, same

# Variables that are followed from one to the next: they may refer to each other in a circle.
_MAX_STEPS = 50


class SourceMap:
    """Finds locations in one manifest, on request: most manifests have no errors."""

    def __init__(self, document: Mapping[str, Any], locate: DocumentLocator):
        self._document = document
        self.at = locate
        """The location of a path from the manifest's root."""

    def of_draft(self, draft: Draft, path: ValuePath, *, key: bool = False) -> Location:
        """Where the value at `path` is written: the job, a default, a variable, a row, a matrix.

        The empty path is the job itself, ("id",) its id. With `key`, the location of its key.
        """
        written = self.written_path(path, draft.entry, draft.operation)
        return self.at(written, key=True) if key else self._trace(written, draft, 0)

    def of_error(self, draft: Draft, error: EvaluationError) -> Location:
        """The location of an error in a job's value: in its row, or where it is written."""
        path = self.written_path(error.path, draft.entry, draft.operation)
        location = shifted(self.at(path), error.text, error.offset)
        row = draft.row
        if row is None or not self._uses_row(path):
            return location
        # Lines of jsonl may differ in their names; all rows of a table have the same columns.
        in_row = error.data or row.path.lower().endswith(".jsonl")
        return _row_location(row, location) if in_row else location

    def draft_diagnostics(
        self, draft: Draft, errors: Iterable[EvaluationError]
    ) -> list[Diagnostic]:
        """Errors in a job's values, except those reported elsewhere."""
        return [
            Diagnostic(
                message=error.message,
                location=self.of_error(draft, error),
                job=draft.id or None,
                hint=error.hint,
            )
            for error in errors
            if error.message is not None
        ]

    def document_diagnostics(self, errors: Iterable[EvaluationError]) -> list[Diagnostic]:
        """Errors whose paths start at the manifest's root, except those reported elsewhere."""
        return [
            Diagnostic(
                message=error.message,
                location=shifted(self.at(error.path), error.text, error.offset),
                hint=error.hint,
            )
            for error in errors
            if error.message is not None
        ]

    def written_path(self, path: ValuePath, entry: int, operation: str = "") -> ValuePath:
        """The path in the manifest to where a job's value is written: the job or a default."""
        job: ValuePath = ("jobs", entry)
        if path[:1] in {(), ("id",)}:
            return (*job, *path)
        # The order in which defaults are merged, the strongest first.
        layers: list[ValuePath] = [job, ("defaults", operation), ("defaults",)]
        return self._path_in(layers, path)

    def _path_in(self, layers: Sequence[ValuePath], path: ValuePath) -> ValuePath:
        """`path` in the first layer that has it; `layers` are merged, the first one wins."""
        values = {layer: self._value(layer) for layer in layers}
        holding = [n for n in layers if isinstance(values[n], dict) and path[0] in values[n]]
        if not holding:
            return (*layers[0], *path)
        # A layer without a mapping there hides what the weaker layers have.
        mappings = takewhile(lambda layer: isinstance(values[layer][path[0]], dict), holding)
        merged = [(*layer, path[0]) for layer in mappings]
        if len(path) > 1 and merged:
            return self._path_in(merged, path[1:])
        return (*holding[0], *path)

    def _value(self, path: ValuePath) -> Any:
        value: Any = self._document
        for key in path:
            value = _item(value, key)
        return value

    def _trace(self, path: ValuePath, draft: Draft, steps: int) -> Location:
        """The location of what the value at `path` comes from, if that is a lone expression."""
        value: Any = self._document
        for length, key in enumerate((*path, None)):
            source = _lone_path(value)
            if source and steps < _MAX_STEPS:
                return self._follow(path, source, path[length:], draft, steps)
            if key is not None:
                value = _item(value, key)
        # Not a lone expression, but a text with a cell in it: the row is as likely to be wrong.
        if draft.row and isinstance(value, str) and "row" in roots(value):
            return _row_location(draft.row, self.at(path))
        return self.at(path)

    def _uses_row(self, path: ValuePath) -> bool:
        """Whether the value written at `path`, or a text above it, uses a row."""
        value: Any = self._document
        for key in path:
            value = value if isinstance(value, str) else _item(value, key)
        return "row" in roots(value)

    def _follow(
        self, path: ValuePath, source: ValuePath, remainder: ValuePath, draft: Draft, steps: int
    ) -> Location:
        """The location of `remainder` inside what the expression at `path` refers to."""
        root, *names = source
        if root == "row" and draft.row:
            return _row_location(draft.row, self.at(path))
        if root == "vars" and names:
            return self._trace((*source, *remainder), draft, steps + 1)
        if root == "matrix" and names and (element := self._matrix_element(draft, names[0])):
            return self._trace((*element, *names[1:], *remainder), draft, steps + 1)
        return self.at(path)

    def _matrix_element(self, draft: Draft, name: Any) -> ValuePath | None:
        """The path to where the matrix has the value that `name` has in this job."""
        if not draft.matrix or name not in draft.matrix:
            return None
        value = draft.matrix[name]
        matrix_path = self.written_path(("matrix",), draft.entry, draft.operation)
        # Only the value is kept with a job, not where it was: the first equal one is found.
        for index, element in enumerate(as_list(self._value((*matrix_path, name)))):
            if same(element, value):
                return (*matrix_path, name, index)
        # The last include wins, as in `combinations`.
        included = as_list(self._value((*matrix_path, "include")))
        for index in reversed(range(len(included))):
            if same(_item(included[index], name, _MISSING), value):
                return (*matrix_path, "include", index, name)
        return None


def shifted(location: Location, text: str, offset: int) -> Location:
    """The location of the character `offset` of a text that starts at `location`.

    It is `location` itself where the file does not spell the text literally, in one line.
    """
    if location.text is None or not location.column:
        return location
    start = location.text.find(text, location.column - 1)
    # A quote may stand before the text.
    if start not in {location.column - 1, location.column}:
        return location
    return replace(location, column=start + 1 + offset)


def _row_location(row: Row, via: Location) -> Location:
    return Location(path=row.path, line=row.line, via=via)


def _lone_path(value: Any) -> ValuePath | None:
    """The path of a text that is one expression and nothing else."""
    match parts_of(value) if isinstance(value, str) else ():
        case (Expression(path=path),):
            return path
    return None


_MISSING = object()


def _item(value: Any, key: Any, missing: Any = None) -> Any:
    """The item of a mapping or list, or `missing`."""
    if isinstance(value, dict):
        return value.get(key, missing)
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    return missing
