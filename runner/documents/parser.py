"""Parser: reads the one document of a text in YAML or JSON."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import yaml

from runner.documents.builder import Builder, Parsed
from runner.documents.events import MAX_DEPTH, open_events
from runner.documents.json_reader import read_plain_json
from runner.documents.syntax_errors import explain
from runner.documents.text_errors import DocumentError


def parse(
    text: str,
    text_keys: frozenset[str] = frozenset(),
    *,
    as_json: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Parsed:
    """The value of the one document in `text`, and every error up to the first syntax error.

    Aliases share their values: treat the value as read-only. `text_keys` are keys that stay text
    although YAML 1.1 reads them as something else. With `as_json` the values are those that any
    JSON reader gives, but a key given twice is an error. `on_progress` is called now and then
    with the characters read so far and their total.
    """
    if as_json:
        with suppress(ValueError):
            root = len(text) - len(text.lstrip())
            return Parsed(value=read_plain_json(text, MAX_DEPTH), root=root)
    builder = Builder(text, text_keys, as_json=as_json)
    if on_progress:
        builder.on_progress = lambda index: on_progress(index, len(text))
    parsed = builder.parsed
    try:
        with open_events(text, as_json=as_json) as events:
            builder.run(events)
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        parsed.end_with(explain(error, text))
    except DocumentError as error:
        parsed.end_with(error.error)
    return parsed
