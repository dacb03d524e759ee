"""YAML events of a text, by libyaml where PyYAML was built with it; errors with an index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import yaml

from runner.model.values import ValuePath


@dataclass(frozen=True, slots=True, kw_only=True)
class TextError:
    """One thing that is wrong (or, with `warning`, odd) in a YAML text."""

    index: int
    """Characters of the text before it."""
    message: str
    hint: str | None = None
    warning: bool = False
    first_key: ValuePath | None = None
    """For a duplicate key: the path of the first one, whose location is added to the message."""


class DocumentError(Exception):
    """An error after which the rest of the text cannot be read."""

    def __init__(self, error: TextError):
        super().__init__(error.message)
        self.error = error


MAX_DEPTH = 100
"""Lists and mappings inside each other; no manifest needs more, and recursion needs a limit."""


@contextmanager
def open_events(text: str) -> Iterator[Iterator[yaml.Event]]:
    """The events of `text`; taking the next one raises yaml.YAMLError for a syntax error."""
    # Only events are taken from it, so nothing of a document is ever constructed.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        yield iter(loader.get_event, None)
    finally:
        loader.dispose()  # PyYAML's own parser refers to itself in a circle


def index_of(event: yaml.Event) -> int:
    """Characters of the text before `event`."""
    return event.start_mark.index if event.start_mark else 0
