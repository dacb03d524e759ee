"""Positions: finds line and column of any value of a YAML text by its path, on demand."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile

import yaml

from runner.documents.events import MAX_DEPTH, index_of, is_json, open_events
from runner.documents.text_errors import DocumentError
from runner.errors import Location
from runner.model.values import ValuePath

_LINE_END = re.compile(r"\r\n|\r|\n")


class Positions:
    """The positions in one text, JSON by its path or else YAML.

    The first path looked up costs a pass over the text's events.
    """

    def __init__(self, path: str, text: str):
        self.path = path
        self._text = text
        self._lines: dict[int, str] = {}

    def at(self, index: int) -> Location:
        """The location of the character at `index`, with its line."""
        number = bisect_right(self._line_starts, index)
        column = index - self._line_starts[number - 1] + 1
        return Location(path=self.path, line=number, column=column, text=self._line(number))

    def index(self, path: ValuePath, *, key: bool = False) -> int:
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
        return _tree(self._text, as_json=is_json(self.path))


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


def _tree(text: str, *, as_json: bool) -> _Node:
    """The node of the text's value, as far as the text can be read."""
    stem = _Node(0)
    # The parser reports what is wrong; what comes before it can still be located.
    unreadable = (yaml.YAMLError, UnicodeEncodeError, DocumentError, RecursionError)
    with suppress(*unreadable), open_events(text, as_json=as_json) as events:
        if event := next(filter(_starts_node, events), None):
            _TreeBuilder(events).add(stem, 0, event, 0)
    return stem.values.get(0, stem)


def _starts_node(event: yaml.Event) -> bool:
    return isinstance(event, yaml.NodeEvent)


class _TreeBuilder:
    """Adds the nodes of one document to a tree."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._anchors: dict[str, tuple[_Node, str]] = {}
        """Anchor to its node and text."""

    def add(self, parent: _Node, step: str | int, event: yaml.Event, depth: int) -> str:
        """Add the node that starts with `event`; its text, empty if it is no scalar."""
        if depth == MAX_DEPTH:
            raise RecursionError
        if isinstance(event, yaml.AliasEvent):
            unknown = _Node(index_of(event)), ""
            parent.values[step], text = self._anchors.get(event.anchor or "", unknown)
            return text
        if isinstance(event, yaml.ScalarEvent):
            node, text = _Node(index_of(event), _NO_KEYS, _NO_VALUES), event.value
        else:
            node, text = _Node(index_of(event)), ""
        parent.values[step] = node  # before its content, which a syntax error may cut short
        if isinstance(event, yaml.SequenceStartEvent):
            for number, item in enumerate(takewhile(_starts_node, self._events)):
                self.add(node, number, item, depth + 1)
        elif isinstance(event, yaml.MappingStartEvent):
            for item in takewhile(_starts_node, self._events):
                self._add_entry(node, item, depth + 1)
        # After its content: an alias inside its own anchor would make a circle.
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            self._anchors[event.anchor] = node, text
        return text

    def _add_entry(self, node: _Node, event: yaml.Event, depth: int) -> None:
        if isinstance(event, yaml.ScalarEvent) and not event.anchor:
            key = event.value
        else:  # a key may have an anchor, or be an alias
            key = self.add(_Node(0), 0, event, depth)
        node.keys.setdefault(key, index_of(event))
        self.add(node, key, next(self._events), depth)
