"""YAML text in, the parser's events out: libyaml's where it is built in, PyYAML's own otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class TextError:
    """One thing wrong (or, with `warning`, odd) in a YAML text."""

    index: int
    """Characters before it in the text."""
    message: str
    hint: str | None = None
    warning: bool = False
    twin: tuple[str | int, ...] | None = None
    """Path of the key that was there first: its place is told, too."""


class DocumentError(Exception):
    """A flaw after which reading on is pointless."""

    def __init__(self, flaw: TextError):
        super().__init__(flaw.message)
        self.flaw = flaw


NextEvent: TypeAlias = Callable[[], yaml.Event | None]
"""Gives the next event, None after the last; raises yaml.YAMLError where the text is no YAML."""

MAX_DEPTH = 100
"""Lists and mappings inside each other; no manifest needs more, and recursion has an end."""


@contextmanager
def open_events(text: str) -> Iterator[NextEvent]:
    """The events of `text`. Each knows the number of characters before it as `start_mark.index`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        yield loader.get_event
    finally:
        loader.dispose()


def index_of(event: yaml.Event) -> int:
    """Characters of the text before `event`."""
    return event.start_mark.index if event.start_mark else 0
