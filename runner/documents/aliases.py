"""Anchors and what their aliases stand for, with an end to aliases that explode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from runner.documents.events import MAX_DEPTH, DocumentError, TextError

MAX_EXPANDED = 10_000_000
"""Values that all aliases of one document may stand for together."""


class _Size(NamedTuple):
    values: int
    depth: int


_ONE = _Size(1, 0)


class Aliases:
    """The anchors of one document."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._sizes: dict[str, _Size] = {}
        self._known: dict[int, _Size] = {}
        """Sizes of anchored containers by identity, so that none is counted twice."""
        self._open: set[str] = set()
        self._expanded = 0

    def open(self, name: str) -> None:
        """An anchored list or mapping begins."""
        self._open.add(name)

    def define(self, name: str, value: Any) -> None:
        """An anchored value is complete. A name may be used anew: the last one counts."""
        self._open.discard(name)
        self._values[name] = value
        self._sizes[name] = size = _measure(value, self._known)
        if isinstance(value, dict | list):
            self._known[id(value)] = size

    def use(self, name: str, index: int, depth: int) -> Any:
        """The value behind `*name`, `depth` containers deep; a FlawError where there is none."""
        if name in self._open:
            raise DocumentError(
                TextError(index=index, message=f"the alias *{name} stands inside its own &{name}")
            )
        if name not in self._values:
            raise DocumentError(_undefined(name, index))
        size = self._sizes[name]
        self._expanded += size.values
        if self._expanded > MAX_EXPANDED:
            message = f"the aliases up to here stand for more than {MAX_EXPANDED:,} values"
            raise DocumentError(TextError(index=index, message=message))
        if depth + size.depth > MAX_DEPTH:
            message = f"with the alias *{name}, values are nested more than {MAX_DEPTH} deep"
            raise DocumentError(TextError(index=index, message=message))
        return self._values[name]


def _undefined(name: str, index: int) -> TextError:
    return TextError(
        index=index,
        message=f"no anchor &{name} stands before the alias *{name}",
        hint='quote the text, if it should start with "*"',
    )


def _measure(value: Any, known: dict[int, _Size]) -> _Size:
    """How many values an alias of `value` stands for, and how deep they are nested."""
    if not isinstance(value, dict | list):
        return _ONE
    if id(value) in known:
        return known[id(value)]
    children: Iterable[Any] = value.values() if isinstance(value, dict) else value
    values, depth = 1, 0
    for child in children:
        size = _measure(child, known)
        values += size.values
        depth = max(depth, size.depth)
    return _Size(values, depth + 1)


def merge_into(own: dict[str, Any], merges: Iterable[tuple[int, Any]]) -> Iterator[TextError]:
    """Apply merge keys to `own` in place: merged entries come first, own ones and earlier win."""
    merged: dict[str, Any] = {}
    for index, value in merges:
        for source in value if isinstance(value, list) else [value]:
            if isinstance(source, dict):
                merged = source | merged if merged else dict(source)
            else:
                yield TextError(index=index, message="<< takes a mapping or a list of mappings")
    merged |= own
    own.clear()
    own.update(merged)
