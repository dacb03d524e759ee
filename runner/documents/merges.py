"""Merge keys (`<<`): what they bring into the mappings of one document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.documents.text_errors import TextError


class Merges:
    """The merge keys of the mappings that are still open."""

    def __init__(self) -> None:
        self.pending: dict[int, list[tuple[int, Any]]] = {}
        """Depth of a mapping to its merge keys: the index and value of each."""

    def add(self, depth: int, index: int, value: Any) -> None:
        """Keep a merge key's value until its mapping is complete."""
        self.pending.setdefault(depth, []).append((index, value))

    def apply(self, depth: int, own: dict[str, Any]) -> Iterator[TextError]:
        """Complete a mapping in place: merged entries come first, own and earlier ones win."""
        merged: dict[str, Any] = {}
        for index, value in self.pending.pop(depth):
            for source in value if isinstance(value, list) else [value]:
                if isinstance(source, dict):
                    merged = source | merged
                else:
                    yield TextError(index=index, message="<< takes a mapping or a list of mappings")
        merged |= own
        own.clear()  # in place: its parent holds the mapping already
        own.update(merged)
