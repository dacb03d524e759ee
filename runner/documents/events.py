"""YAML text in, the parser's events out: libyaml's where it is built in, PyYAML's own otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import yaml

NextEvent: TypeAlias = Callable[[], yaml.Event | None]
"""Gives the next event, None after the last; raises yaml.YAMLError where the text is no YAML."""

MAX_DEPTH = 100
"""Lists and mappings inside each other; no manifest needs more, and recursion has an end."""


@contextmanager
def opened(text: str) -> Iterator[NextEvent]:
    """The events of `text`. Each knows the number of characters before it as `start_mark.index`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        yield loader.get_event
    finally:
        loader.dispose()


def index_of(event: yaml.Event) -> int:
    """Characters of the text before `event`."""
    return event.start_mark.index if event.start_mark else 0
