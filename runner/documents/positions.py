"""Positions: finds line and column of any value of a YAML text by its path, on demand."""

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
    """The positions in one text. The first path looked up costs a pass over the text's events."""

    def __init__(self, path: str, text: str):
        self.path = path
        self._text = text
        self._lines: dict[int, str] = {}

    def at(self, index: int) -> Location:
        """The location of the character at `index`, with its line."""
        number = bisect_right(self._line_starts, index)
        column = index - self._line_starts[number - 1] + 1
        return Location(path=self.path, line=number, column=column, text=self._line(number))

    def index(self, path: Path, *, key: bool = False) -> int:
        """Characters before the value, or its key, at the longest prefix of `path` that exists."""
        key_index, node = self._root.index, self._root
        for step in path:
            child = node.child(step)
            if child is None:
                break
            key_index, node = child
        return key_index if key else node.index

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(end.end() for end in _LINE_END.finditer(self._text))]

    def _line(self, number: int) -> str:
        """Line `number` without its end, cut out once: it may be long and have many errors."""
        if number not in self._lines:
            start = self._line_starts[number - 1]
            end = _LINE_END.search(self._text, start)
            self._lines[number] = self._text[start : end.start() if end else len(self._text)]
        return self._lines[number]

    @cached_property
    def _root(self) -> _Node:
        return _TreeBuilder().build(self._text)


@dataclass(slots=True)
class _Node:
    """Where one value is written. An alias shares the node of its anchor."""

    index: int
    keys: dict[str | int, int] = field(default_factory=dict)
    """In a mapping: key to the index of its first occurrence."""
    values: dict[str | int, _Node] = field(default_factory=dict)
    """In a mapping by key, in a list by number."""

    def child(self, step: str | int) -> tuple[int, _Node] | None:
        """Index of the key (in a list: of the item) and node of the value, own or merged in."""
        if step in self.values:
            node = self.values[step]
            return self.keys.get(step, node.index), node
        merged = self.values.get("<<")
        if merged is None or isinstance(step, int):
            return None
        # A merge key holds one mapping or a list of them; the first with the key wins.
        sources = (merged, *(node for key, node in merged.values.items() if isinstance(key, int)))
        return next((found for source in sources if (found := source.child(step))), None)


# Scalars share these, as they are nearly all nodes of a long manifest.
_NO_KEYS: dict[str | int, int] = {}
_NO_VALUES: dict[str | int, _Node] = {}


def _leaf(event: yaml.Event) -> _Node:
    return _Node(index_of(event), _NO_KEYS, _NO_VALUES)


class _TreeBuilder:
    """Builds the tree of nodes, up to the first syntax error."""

    def __init__(self) -> None:
        self._anchors: dict[str, _Node] = {}
        self._anchored_texts: dict[str, str] = {}

    def build(self, text: str) -> _Node:
        stem = _Node(0)
        try:
            with open_events(text) as next_event:
                while (event := next_event()) and not stem.values:
                    if isinstance(event, yaml.NodeEvent):
                        self._add(stem, 0, event, next_event, MAX_DEPTH)
        except (yaml.YAMLError, UnicodeEncodeError, RecursionError):
            pass  # the parser reports it; what comes before it can still be located
        return stem.values.get(0, stem)

    def _add(
        self, parent: _Node, step: str | int, event: yaml.Event, next_event: NextEvent, depth: int
    ) -> None:
        if not depth:
            raise RecursionError
        if isinstance(event, yaml.AliasEvent):
            parent.values[step] = self._anchors.get(event.anchor or "") or _leaf(event)
            return
        is_scalar = isinstance(event, yaml.ScalarEvent)
        node = parent.values[step] = _leaf(event) if is_scalar else _Node(index_of(event))
        if isinstance(event, yaml.SequenceStartEvent):
            self._add_items(node, next_event, depth - 1)
        elif isinstance(event, yaml.MappingStartEvent):
            self._add_entries(node, next_event, depth - 1)
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            self._anchors[event.anchor] = node
            if isinstance(event, yaml.ScalarEvent):
                self._anchored_texts[event.anchor] = event.value

    def _add_items(self, node: _Node, next_event: NextEvent, depth: int) -> None:
        while (event := next_event()) and not isinstance(event, yaml.SequenceEndEvent):
            self._add(node, len(node.values), event, next_event, depth)

    def _add_entries(self, node: _Node, next_event: NextEvent, depth: int) -> None:
        while (event := next_event()) and not isinstance(event, yaml.MappingEndEvent):
            key = self._key(event, next_event, depth)
            node.keys.setdefault(key, index_of(event))
            if value := next_event():
                self._add(node, key, value, next_event, depth)

    def _key(self, event: yaml.Event, next_event: NextEvent, depth: int) -> str:
        if isinstance(event, yaml.ScalarEvent) and not event.anchor:
            return event.value
        self._add(_Node(0), 0, event, next_event, depth)
        if isinstance(event, yaml.AliasEvent):
            return self._anchored_texts.get(event.anchor or "", "")
        return event.value if isinstance(event, yaml.ScalarEvent) else ""
