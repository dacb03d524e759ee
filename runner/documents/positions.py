"""YAML text and a path into its value in, line and column out; worked out only when asked."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import yaml

from runner.documents.events import MAX_DEPTH, NextEvent, index_of, open_events
from runner.errors import Location

Path: TypeAlias = tuple[str | int, ...]

_LINE_END = re.compile(r"\r\n|\r|\n")


class Positions:
    """The places of one text. The first path asked for costs a pass over the text's events."""

    def __init__(self, path: str, text: str):
        self._path = path
        self._text = text
        self._lines: dict[int, str] = {}

    def at(self, index: int) -> Location:
        """The place of the character at `index`, with its line."""
        number = bisect_right(self._starts, index)
        column = index - self._starts[number - 1] + 1
        return Location(path=self._path, line=number, column=column, text=self._line(number))

    def index(self, path: Path, *, key: bool = False) -> int:
        """Characters before the value, or its key, of the longest prefix of `path` that exists."""
        at_key, node = self._root.index, self._root
        for step in path:
            found = node.child(step)
            if found is None:
                break
            at_key, node = found
        return at_key if key else node.index

    def plain(self, path: Path) -> str | None:
        """The source text of the plain scalar at `path`; None for anything else."""
        node = self._root
        for step in path:
            found = node.child(step)
            if found is None:
                return None
            node = found[1]
        return node.plain

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _LINE_END.finditer(self._text))]

    def _line(self, number: int) -> str:
        """Line `number` without its end. A line is cut out once: it may be long and wrong often."""
        if number not in self._lines:
            start = self._starts[number - 1]
            end = _LINE_END.search(self._text, start)
            self._lines[number] = self._text[start : end.start() if end else len(self._text)]
        return self._lines[number]

    @cached_property
    def _root(self) -> _Node:
        return _Mapper().run(self._text)


@dataclass(slots=True)
class _Node:
    """Where one value stands. An alias shares the node of its anchor."""

    index: int
    plain: str | None = None
    """The text of a plain scalar."""
    keys: dict[str | int, int] = field(default_factory=dict)
    """In a mapping: key to the index of its first appearance."""
    values: dict[str | int, _Node] = field(default_factory=dict)
    """In a mapping by key, in a list by number."""

    def child(self, step: str | int) -> tuple[int, _Node] | None:
        """Index of the key (in a list: of the item) and the node of the value, merged in or own."""
        if step in self.values:
            node = self.values[step]
            return self.keys.get(step, node.index), node
        merged = self.values.get("<<")
        if merged is None or isinstance(step, int):
            return None
        sources = (merged, *(node for key, node in merged.values.items() if isinstance(key, int)))
        return next((found for source in sources if (found := source.child(step))), None)


_NOWHERE: dict[str | int, int] = {}


class _Leaf(_Node):
    """A node that holds no others, and no dictionaries of its own."""

    __slots__ = ()

    def __init__(self, index: int, plain: str | None = None):
        super().__init__(index, plain, _NOWHERE, {})


class _Mapper:
    """Builds the tree of nodes; ends at a syntax error with what there is by then."""

    def __init__(self) -> None:
        self.anchors: dict[str, _Node] = {}

    def run(self, text: str) -> _Node:
        stem = _Node(0)
        try:
            with open_events(text) as next_event:
                while (event := next_event()) and not stem.values:
                    if isinstance(event, yaml.NodeEvent):
                        self._grow(stem, 0, event, next_event, MAX_DEPTH)
        except (yaml.YAMLError, UnicodeEncodeError, RecursionError):
            pass  # the reader has told it; what stands before it can still be placed
        return stem.values.get(0, stem)

    def _grow(
        self, parent: _Node, step: str | int, event: yaml.Event, next_event: NextEvent, depth: int
    ) -> None:
        if not depth:
            raise RecursionError
        if isinstance(event, yaml.AliasEvent):
            parent.values[step] = self.anchors.get(event.anchor or "", _Leaf(index_of(event)))
            return
        node = parent.values[step] = _node(event)
        if isinstance(event, yaml.SequenceStartEvent):
            self._items(node, next_event, depth - 1)
        elif isinstance(event, yaml.MappingStartEvent):
            self._entries(node, next_event, depth - 1)
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            self.anchors[event.anchor] = node

    def _items(self, node: _Node, next_event: NextEvent, depth: int) -> None:
        while (event := next_event()) and not isinstance(event, yaml.SequenceEndEvent):
            self._grow(node, len(node.values), event, next_event, depth)

    def _entries(self, node: _Node, next_event: NextEvent, depth: int) -> None:
        while (event := next_event()) and not isinstance(event, yaml.MappingEndEvent):
            key = self._key(event, next_event, depth)
            node.keys.setdefault(key, index_of(event))
            value = next_event()
            if value:
                self._grow(node, key, value, next_event, depth)

    def _key(self, event: yaml.Event, next_event: NextEvent, depth: int) -> str:
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        stem = _Node(index_of(event))
        self._grow(stem, 0, event, next_event, depth)
        return stem.values[0].plain or ""


def _node(event: yaml.Event) -> _Node:
    if not isinstance(event, yaml.ScalarEvent):
        return _Node(index_of(event))
    return _Leaf(index_of(event), event.value if event.implicit[0] else None)
