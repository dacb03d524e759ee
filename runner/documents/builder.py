"""Builder: turns YAML or JSON events into plain values in one pass, and collects every error.

Faster than PyYAML's constructor, and strict where YAML 1.1 surprises: see `scalars`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import yaml

from runner.documents.anchors import Anchors
from runner.documents.events import MAX_DEPTH, index_of
from runner.documents.merges import Merges
from runner.documents.scalars import (
    NON_TEXT_STARTS,
    Reading,
    read_json_word,
    read_plain,
    read_tagged,
    unknown_tag,
)
from runner.documents.surprises import find_surprises, no_value_warnings
from runner.documents.syntax_errors import SURROGATE_ESCAPE, surrogate_error
from runner.documents.text_errors import SURROGATE, DocumentError, TextError, fatal

Container: TypeAlias = dict[str, Any] | list[Any]

# Values of `Builder.key`, compared by identity, so that no key of a document can be one.
_NO_KEY: Final = "\0none"
_MERGE: Final = "\0merge"

# Keys, models and other short texts that occur often are kept once.
_MAX_SHARED_TEXTS = 20_000
_MAX_SHARED_LENGTH = 64
# Lists and mappings between two reports of progress.
_PROGRESS_EVERY = 2000
_TAGS = "tag:yaml.org,2002:"


@dataclass(slots=True, kw_only=True)
class Parsed:
    """The value of a text and what is wrong with it."""

    value: Any = None
    complete: bool = True
    """The text was read to its end. The value can be checked further in spite of errors: only
    wrong values are missing, or stand as their text."""
    errors: list[TextError] = field(default_factory=list)
    root: int | None = None
    """Index of the value's first character; None if there is no value at all."""

    def end_with(self, error: TextError) -> None:
        """Add the error after which the rest cannot be read."""
        self.complete = False
        # A warning at the same place was about the same thing.
        self.errors = [other for other in self.errors if other.index != error.index]
        self.errors.append(error)


class _Frame(NamedTuple):
    """The state of a container while another one is open inside it."""

    top: Container | None
    key: str
    anchor: str | None
    is_key: bool


class Builder:
    """The open container (`top`), its parents (`frames`), and the key that awaits a value."""

    def __init__(self, text: str, text_keys: frozenset[str], *, as_json: bool) -> None:
        self.text = text
        self.text_keys = text_keys
        self.read = read_json_word if as_json else read_plain
        self.surprises = None if as_json else find_surprises(text)
        self.has_surrogates = SURROGATE_ESCAPE.search(text) is not None
        self.parsed = Parsed()
        self.top: Container | None = None
        self.key = _NO_KEY
        self.frames: list[_Frame] = []
        self.anchors = Anchors()
        self.merges = Merges()
        self.shared_texts: dict[str, str] = {}
        self.closed = 0
        self.on_progress: Callable[[int], None] = _ignore

    def run(self, events: Iterator[yaml.Event]) -> None:
        """Build `parsed` from all events; raises DocumentError where the rest cannot be read."""
        # Each scalar is looked at twice only where something in the text makes that worth it.
        is_odd = self.has_surrogates or self.surprises
        handlers: dict[type[yaml.Event], Any] = {
            yaml.ScalarEvent: self._checked_scalar if is_odd else self._scalar,
            yaml.MappingStartEvent: lambda event: self._open({}, event, "map"),
            yaml.MappingEndEvent: self._close,
            yaml.SequenceStartEvent: lambda event: self._open([], event, "seq"),
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
            yaml.DocumentEndEvent: _ignore,
            yaml.StreamStartEvent: _ignore,
            yaml.StreamEndEvent: _ignore,
        }
        for event in events:
            handlers[type(event)](event)
        self.parsed.errors += self.anchors.warnings()

    # ------------------------------------------------------------------- one method for each event

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        if self.parsed.root is not None:
            message = "the file contains several documents"
            hint = 'a line "---" starts a new one: keep one document per file'
            raise fatal(index_of(event), message, hint)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        # The hot path of the program's start: several scalars for each job of a manifest.
        text = event.value
        value: Any = text
        if event.implicit[0]:
            if not text or text[0] in NON_TEXT_STARTS:
                value = self._plain(event)
            elif text == "<<" and self.key is _NO_KEY and self.top.__class__ is dict:
                self._merge_key(event)
                return
        elif event.tag is not None and event.tag != "!":
            value = self._accept(read_tagged(_short(event.tag), text), event)
        if event.anchor:
            self._define(event, value)
        if value is text and len(text) < _MAX_SHARED_LENGTH:
            value = self.shared_texts.get(text) or self._share(text)
        top = self.top
        key = self.key
        if top.__class__ is dict and key is not _MERGE:
            if key is _NO_KEY:
                self._set_key(value, event)
            else:
                top[key] = value
                self.key = _NO_KEY
        else:
            self._attach(value, event)

    def _define(self, event: yaml.ScalarEvent, value: Any) -> None:
        name = event.anchor or ""
        self.anchors.define(name, value)
        is_text = not event.style and (value is None or isinstance(value, str))
        if is_text and not any(str(step).startswith("x-") for step in (*self._path(), self.key)):
            self.anchors.before_texts.append((name, index_of(event)))

    def _checked_scalar(self, event: yaml.ScalarEvent) -> None:
        if self.has_surrogates and SURROGATE.search(event.value):
            # JSON and PyYAML accept half a surrogate pair, libyaml does not.
            escape = SURROGATE_ESCAPE.search(self.text, index_of(event))
            raise DocumentError(surrogate_error(escape.start() if escape else index_of(event)))
        is_text = not event.implicit[0] or isinstance(self.read(event.value).value, str)
        if self.surprises and is_text:
            is_key = self.key is _NO_KEY and self.top.__class__ is dict
            if found := self.surprises.of_text(event, is_key=is_key):
                if not found.warning:
                    raise DocumentError(found)
                self.parsed.errors.append(found)
        self._scalar(event)

    def _alias(self, event: yaml.AliasEvent) -> None:
        value = self.anchors.resolve(event.anchor or "", index_of(event), len(self.frames))
        if self.key is _NO_KEY and self.top.__class__ is dict:
            self._set_key(value, event)
        else:
            self._attach(value, event)

    def _open(self, container: Container, event: yaml.CollectionStartEvent, tag: str) -> None:
        if event.tag not in (None, "!", _TAGS + tag):  # a set or an ordered map is no JSON value
            self._report(event, unknown_tag(_short(event.tag or "")))
        if len(self.frames) == MAX_DEPTH:
            message = f"lists and mappings are nested more than {MAX_DEPTH} deep"
            raise fatal(index_of(event), message)
        if event.anchor:
            self.anchors.open(event.anchor)
        is_key = self.key is _NO_KEY and self.top.__class__ is dict
        frame = _Frame(self.top, self.key, event.anchor, is_key)
        if is_key:
            self.parsed.complete = False  # its value has no name
            hint = 'quote the text if it starts with "{" or "["'
            self._report(event, "a key must be text", hint=hint)
        else:
            self._attach(container, event)  # first: `_path` counts what its parent has
        self.frames.append(frame)
        self.top, self.key = container, _NO_KEY

    def _close(self, event: yaml.Event) -> None:
        self.closed += 1
        if not self.closed % _PROGRESS_EVERY:
            self.on_progress(index_of(event))
        closed, depth = self.top, len(self.frames)
        if depth in self.merges.pending and isinstance(closed, dict):
            self.parsed.errors += self.merges.apply(depth, closed)
        frame = self.frames.pop()
        if frame.anchor:
            self.anchors.define(frame.anchor, closed)
        self.top = frame.top
        # A container as a key was reported; a unique name takes its value out of the way.
        self.key = f"\0{id(closed)}" if frame.is_key else _NO_KEY

    # ----------------------------------------------------------------------------- keys and values

    def _attach(self, value: Any, event: yaml.Event) -> None:
        top = self.top
        if top is None:
            self.parsed.value, self.parsed.root = value, index_of(event)
        elif isinstance(top, list):
            top.append(value)
        elif self.key is _MERGE:
            self.merges.add(len(self.frames), index_of(event), value)
            self.key = _NO_KEY
        else:
            top[self.key] = value
            self.key = _NO_KEY

    def _set_key(self, key: Any, event: yaml.Event) -> None:
        if not isinstance(key, str):
            self.parsed.complete = False
            self._report(event, "a key must be text")
            key = str(key)
        elif isinstance(self.top, dict) and key in self.top:
            self._report(event, f'duplicate key "{key}"', first_key=(*self._path(), key))
        self.key = key

    def _merge_key(self, event: yaml.Event) -> None:
        self.key = _MERGE
        if len(self.frames) in self.merges.pending:
            hint = "merge several at once: <<: [*a, *b]"
            self._report(event, 'duplicate key "<<"', hint=hint, first_key=(*self._path(), "<<"))

    def _plain(self, event: yaml.ScalarEvent) -> Any:
        """The value of a plain scalar that may not be its text."""
        text = event.value
        if self.key is _NO_KEY and self.top.__class__ is dict:
            return self._plain_key(text, event)
        # Most numbers: seeds and durations. A leading zero makes an octal number.
        if len(text) < 19 and text.isdigit() and text.isascii() and text[0] != "0":
            return int(text)
        if not text:
            first = self.top.__class__ is not dict or not self.top
            self.parsed.errors += no_value_warnings(self.text, event, self.key, first=first)
        return self._accept(self.read(text), event)

    def _plain_key(self, text: str, event: yaml.Event) -> str:
        if text in self.text_keys:
            return text
        reading = read_plain(text)
        value = reading.value
        if reading.error is not None:
            self._report(event, reading.error)
        elif not text:
            self._report(event, "a key is missing before the colon")
        elif not isinstance(value, str):
            is_word = value is None or isinstance(value, bool)
            meaning = json.dumps(value) if is_word else f"the number {value}"
            self._report(event, f'YAML reads the key {text} as {meaning}; quote it: "{text}"')
        return text

    def _accept(self, reading: Reading, event: yaml.Event) -> Any:
        if reading.error is not None:
            self._report(event, reading.error)
        elif reading.warning is not None:
            self._report(event, reading.warning, warning=True)
        elif reading.as_text is not None and self._is_for_text():
            self._report(event, reading.as_text, warning=True)
        return reading.value

    def _is_for_text(self) -> bool:
        """Whether expressions can put the next value into a text."""
        path = (*self._path(), self.key)
        return path[0] == "vars" or "matrix" in path

    def _share(self, text: str) -> str:
        if len(self.shared_texts) < _MAX_SHARED_TEXTS:
            self.shared_texts[text] = text
        return text

    def _path(self) -> tuple[str | int, ...]:
        """The path of the open container."""
        steps: list[str | int] = []
        for frame in self.frames:
            if isinstance(frame.top, list):
                steps.append(len(frame.top) - 1)
            elif frame.top is not None:
                steps.append("<<" if frame.key is _MERGE else frame.key)
        return tuple(steps)

    def _report(self, event: yaml.Event, message: str, **fields: Any) -> None:
        self.parsed.errors.append(TextError(index=index_of(event), message=message, **fields))


def _ignore(_: object) -> None:
    """Handle an event without a value."""


def _short(tag: str) -> str:
    """A tag as its author wrote it: "tag:yaml.org,2002:int" is "!!int"."""
    return "!!" + tag.removeprefix(_TAGS) if tag.startswith(_TAGS) else tag
