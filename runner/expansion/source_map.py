"""A job and a path inside its values in, the place where that value is written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from runner.errors import Location
from runner.expansion.interpolate import EvaluationError, Path, has_expression
from runner.expansion.matrix import same
from runner.expressions import ExpressionError, compile_text
from runner.model import Draft, Row


class LocationAt(Protocol):
    """Tells where in the manifest's text a value stands (`documents.Document.place`)."""

    def __call__(self, path: Path, /, *, key: bool = False) -> Location:
        """The place of the value, or its key, at a path from the root, as far as it exists."""


_MOST_STEPS = 50
"""Variables that are followed from one to the next: they may stand in a circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What one job comes from."""

    entry: int
    """Index under `jobs`."""
    operation: str
    """Empty where none could be made out."""
    matrix: Mapping[str, Any] | None = None
    row: Row | None = None


class SourceMap:
    """Finds places in one manifest, only when one is asked for: most manifests have no problem."""

    def __init__(self, document: Mapping[str, Any], place: LocationAt):
        self._document = document
        self._place = place

    def of_draft(self, draft: Draft, path: Path, *, key: bool = False) -> Location:
        """Where the value at `path` comes from: the job, a default, a variable, a row, a matrix.

        The empty path is the job's own place, ("id",) its id. With `key`, where its key stands.
        """
        origin = Origin(
            entry=draft.entry, operation=draft.operation, matrix=draft.matrix, row=draft.row
        )
        written = self.written(origin, path)
        return self._place(written, key=True) if key else self._traced(written, origin, 0)

    def of_error(self, origin: Origin, fault: EvaluationError) -> Location:
        """Where an expression in one of a job's values is wrong: in its row, or as written."""
        path = self.written(origin, fault.path)
        place = shifted(self._place(path), fault.text, fault.offset)
        row = origin.row
        # Lines of jsonl may differ in what they have, the rows of a table may not.
        blamed = row and (fault.data or row.path.lower().endswith(".jsonl"))
        return _in_row(row, place) if row and blamed and self._asks_row(path) else place

    def at_error(self, fault: EvaluationError) -> Location:
        """The same where the fault's path starts at the manifest's root."""
        return shifted(self._place(fault.path), fault.text, fault.offset)

    def at(self, path: Path) -> Location:
        """The place of a path from the manifest's root."""
        return self._place(path)

    def written(self, origin: Origin, path: Path) -> Path:
        """Path from the manifest's root to where a job's value is written: the job or a default."""
        job: Path = ("jobs", origin.entry)
        if path[:1] in {(), ("id",)}:
            return (*job, *path)
        layers: list[Path] = [job, ("defaults", origin.operation), ("defaults",)]
        return self._owner(layers, path)

    def _owner(self, layers: Sequence[Path], path: Path) -> Path:
        """`path` under the layer that has its first key; deeper where mappings were merged."""
        under = {layer: self._value(layer) for layer in layers}
        holding = [n for n in layers if isinstance(under[n], dict) and path[0] in under[n]]
        if not holding:
            return (*layers[0], *path)
        inner = []
        for layer in holding:
            if not isinstance(under[layer][path[0]], dict):
                break
            inner.append((*layer, path[0]))
        if len(path) > 1 and inner:
            return self._owner(inner, path[1:])
        return (*holding[0], *path)

    def _value(self, path: Path) -> Any:
        value: Any = self._document
        for key in path:
            value = _item(value, key)
        return value

    def _traced(self, path: Path, origin: Origin, followed: int) -> Location:
        """The place of `path`, or of what the lone expression written there stands for."""
        value: Any = self._document
        for length, key in enumerate((*path, None)):
            source = _lone_path(value) if isinstance(value, str) else None
            if source and followed < _MOST_STEPS:
                return self._followed(path, source, path[length:], origin, followed)
            if key is not None:
                value = _item(value, key)
        if origin.row and isinstance(value, str) and "row" in _roots(value):
            return _in_row(origin.row, self._place(path))
        return self._place(path)

    def _asks_row(self, path: Path) -> bool:
        """Whether what is written at `path`, or above it as one text, takes something of a row."""
        value: Any = self._document
        for key in path:
            value = value if isinstance(value, str) else _item(value, key)
        return any("row" in _roots(text) for text in _texts(value))

    def _followed(
        self, path: Path, source: Path, rest: Path, origin: Origin, followed: int
    ) -> Location:
        root, *names = source
        if root == "row" and origin.row:
            return _in_row(origin.row, self._place(path))
        if root == "vars" and names:
            return self._traced((*source, *rest), origin, followed + 1)
        if root == "matrix" and names and origin.matrix:
            inside = self._element(origin, str(names[0]))
            if inside:
                return self._traced((*inside, *names[1:], *rest), origin, followed + 1)
        return self._place(path)

    def _element(self, origin: Origin, name: str) -> Path | None:
        """Where the matrix has the value that `name` has in this job."""
        above = self.written(origin, ("matrix",))
        if not origin.matrix or name not in origin.matrix:
            return None
        value = origin.matrix[name]
        for index, element in enumerate(_listed(self._value((*above, name)))):
            if same(element, value):
                return (*above, name, index)
        included = _listed(self._value((*above, "include")))
        for index in reversed(range(len(included))):
            if same(_item(included[index], name, _MISSING), value):
                return (*above, "include", index, name)
        return None


def shifted(place: Location, text: str, offset: int) -> Location:
    """The place of the character `offset` of a text that starts at `place`.

    It is `place` itself where the file does not spell the text just so, in one line.
    """
    if place.text is None or not place.column:
        return place
    start = place.text.find(text, place.column - 1)
    if start not in {place.column - 1, place.column}:
        return place
    return replace(place, column=start + 1 + offset)


def _in_row(row: Row, template: Location) -> Location:
    return Location(path=row.path, line=row.line, via=template)


def _roots(text: str) -> frozenset[str]:
    """The names that the expressions in a text start with; none where it cannot be read."""
    try:
        template = compile_text(text)
    except ExpressionError:
        return frozenset()
    return frozenset() if isinstance(template, str) else template.roots


def _texts(value: Any) -> Iterator[str]:
    """The texts with expressions inside a value."""
    if isinstance(value, str):
        yield value
    elif has_expression(value):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _lone_path(text: str) -> Path | None:
    """The path of a text that is one expression and nothing else."""
    if not text.startswith("${{"):
        return None
    try:
        template = compile_text(text)
    except ExpressionError:
        return None
    if isinstance(template, str) or len(template.parts) > 1:
        return None
    return template.paths[0]


_MISSING = object()


def _item(value: Any, key: Any, missing: Any = None) -> Any:
    """The item of a mapping or list, or `missing`."""
    if isinstance(value, dict):
        return value.get(key, missing)
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    return missing


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
