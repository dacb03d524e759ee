"""YAML events of a text, by libyaml where PyYAML was built with it; errors with an index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import yaml

from runner.documents.json_reader import json_events, read_plain_json
from runner.documents.text_errors import SURROGATE, join_surrogates

MAX_DEPTH = 100
"""Lists and mappings inside each other; no manifest needs more, and recursion needs a limit."""

_SURROGATE_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_TAB_IN_BLOCK = re.compile(r"[|>][-+0-9]*[ \t]*(?:#.*)?\r?\n(?: *\r?\n)* +\t")
"""A block text whose first line begins with a tab behind its indentation."""


def is_json(path: str) -> bool:
    """Whether the file of that name is read as JSON; any other is YAML."""
    return path[-5:].lower() == ".json"


@contextmanager
def open_events(text: str, *, as_json: bool = False) -> Iterator[Iterator[yaml.Event]]:
    """The events of `text`; taking the next one raises yaml.YAMLError for a syntax error.

    With `as_json`, DocumentError.
    """
    by_python = not as_json and _is_beyond_libyaml(text)
    if as_json or (by_python and _is_json_text(text)):
        yield json_events(text)
        return
    # Only events are taken from it, so nothing of a document is ever constructed.
    loader = (yaml.SafeLoader if by_python else getattr(yaml, "CSafeLoader", yaml.SafeLoader))(text)
    events = iter(loader.get_event, None)
    try:
        yield map(_with_whole_characters, events) if by_python else events
    finally:
        loader.dispose()  # PyYAML's own parser refers to itself in a circle


def index_of(event: yaml.Event) -> int:
    """Characters of the text before `event`."""
    return event.start_mark.index if event.start_mark else 0


def _is_beyond_libyaml(text: str) -> bool:
    """Whether the text may have what libyaml rejects, but PyYAML's own, slow parser reads."""
    if "\t" in text and _TAB_IN_BLOCK.search(text):
        return True
    return "\\u" in text and _SURROGATE_PAIR.search(text) is not None


def _is_json_text(text: str) -> bool:
    """Whether YAML is written as JSON, as programs do: its events come ten times faster."""
    if not text.startswith("{"):
        return False
    try:
        read_plain_json(text, MAX_DEPTH)
    except ValueError:
        return False
    return True


def _with_whole_characters(event: yaml.Event) -> yaml.Event:
    """The event with the halves of surrogate pairs joined, as in JSON."""
    if isinstance(event, yaml.ScalarEvent) and SURROGATE.search(event.value):
        event.value = join_surrogates(event.value)
    return event
