"""Anchors: the anchored values of one document, and the aliases that stand for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from runner.documents.events import MAX_DEPTH
from runner.documents.text_errors import TextError, fatal

MAX_ALIASED = 10_000_000
"""Values that all aliases of one document may stand for together."""
_ANCHOR_HINT = "quote the text if it should start with &"


class _Size(NamedTuple):
    values: int
    depth: int


class Anchors:
    """The anchored values of one document; rejects aliases that would expand without limit."""

    def __init__(self) -> None:
        self._anchored: dict[str, tuple[Any, _Size] | None] = {}
        """None while the value is being read."""
        self._sizes: dict[int, _Size] = {}
        """By identity of anchored containers, so that each is measured once."""
        self._aliased = 0
        self._used: set[str] = set()
        self.before_texts: list[tuple[str, int]] = []
        """Name and index of anchors in front of texts without quotes; some have aliases."""

    def open(self, name: str) -> None:
        """Note that an anchored container begins."""
        self._anchored[name] = None

    def define(self, name: str, value: Any) -> None:
        """Keep a complete value; a later definition of the same name replaces it."""
        size = self._measure(value)
        self._anchored[name] = value, size
        if isinstance(value, dict | list):
            self._sizes[id(value)] = size

    def resolve(self, name: str, index: int, depth: int) -> Any:
        """The value of `*name`, inside `depth` containers; raises DocumentError."""
        if name not in self._anchored:
            message = f"no anchor &{name} comes before the alias *{name}"
            raise fatal(index, message, 'quote the text if it should start with "*"')
        anchored = self._anchored[name]
        if anchored is None:
            raise fatal(index, f"the alias *{name} is inside its own anchor &{name}")
        value, size = anchored
        self._used.add(name)
        # Ten lists of ten aliases, each of the list before, would be ten thousand million values.
        self._aliased += size.values
        if self._aliased > MAX_ALIASED:
            message = f"the aliases up to here stand for more than {MAX_ALIASED:,} values"
            raise fatal(index, message)
        if depth + size.depth > MAX_DEPTH:
            message = f"with the alias *{name}, values are nested more than {MAX_DEPTH} deep"
            raise fatal(index, message)
        return value

    def warnings(self) -> Iterator[TextError]:
        """A warning for each anchor that may be the start of a text."""
        for name, index in self.before_texts:
            if name not in self._used:
                message = f'"&{name}" is an anchor that no alias uses, and not a part of the text'
                yield TextError(index=index, message=message, hint=_ANCHOR_HINT, warning=True)

    def _measure(self, value: Any) -> _Size:
        """How many values an alias of `value` stands for, and how deep they are nested."""
        if not isinstance(value, dict | list):
            return _Size(1, 0)
        if id(value) in self._sizes:
            return self._sizes[id(value)]
        values, depth = 1, 0
        for child in value.values() if isinstance(value, dict) else value:
            size = self._measure(child)
            values += size.values
            depth = max(depth, size.depth)
        return _Size(values, depth + 1)
