"""YAML parser: builds plain values from YAML events in one pass and collects every error.

Faster than PyYAML's constructor, and strict where YAML 1.1 surprises: see `scalars`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import yaml

from runner.documents.events import MAX_DEPTH, DocumentError, TextError, index_of, open_events
from runner.documents.scalars import NON_TEXT_STARTS, Reading, read_plain, read_tagged, unknown_tag
from runner.documents.syntax_errors import SURROGATE_ESCAPE, explain, surrogate_error

Container: TypeAlias = dict[str, Any] | list[Any]

# Values of `_Builder.key`, compared by identity, so that no key of a document can be one.
_NO_KEY: Final = "\0none"
_MERGE: Final = "\0merge"

MAX_ALIASED = 10_000_000
"""Values that all aliases of one document may stand for together."""
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


def parse(
    text: str,
    text_keys: frozenset[str] = frozenset(),
    on_progress: Callable[[int, int], None] | None = None,
) -> Parsed:
    """The value of the one document in `text`, and every error up to the first syntax error.

    Aliases share their values: treat the value as read-only. `text_keys` are keys that stay text
    although YAML 1.1 reads them as something else. `on_progress` is called now and then with the
    characters read so far and their total.
    """
    builder = _Builder(text_keys, text if SURROGATE_ESCAPE.search(text) else "")
    if on_progress:
        builder.on_progress = lambda index: on_progress(index, len(text))
    parsed = builder.parsed
    try:
        with open_events(text) as events:
            builder.run(events)
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        parsed.complete = False
        parsed.errors.append(explain(error, text))
    except DocumentError as error:
        parsed.complete = False
        parsed.errors.append(error.error)
    return parsed


class _Frame(NamedTuple):
    """The state of a container while another one is open inside it."""

    top: Container | None
    key: str
    anchor: str | None
    is_key: bool


class _Builder:
    """The open container (`top`), its parents (`frames`), and the key that awaits a value."""

    def __init__(self, text_keys: frozenset[str], surrogate_text: str) -> None:
        """`surrogate_text` is the document's text if it may contain half a surrogate pair."""
        self.text_keys = text_keys
        self.surrogate_text = surrogate_text
        self.parsed = Parsed()
        self.top: Container | None = None
        self.key = _NO_KEY
        self.frames: list[_Frame] = []
        self.anchors = _Anchors()
        self.merges: dict[int, list[tuple[int, Any]]] = {}
        """Depth of a mapping to its merge keys: the index and value of each."""
        self.shared_texts: dict[str, str] = {}
        self.closed = 0
        self.on_progress: Callable[[int], None] = _ignore

    def run(self, events: Iterator[yaml.Event]) -> None:
        handlers: dict[type[yaml.Event], Any] = {
            yaml.ScalarEvent: self._checked_scalar if self.surrogate_text else self._scalar,
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

    # ------------------------------------------------------------------- one method for each event

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        if self.parsed.root is not None:
            message = "the file contains several documents"
            hint = 'a line "---" starts a new one: keep one document per file'
            raise _fatal(index_of(event), message, hint)

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
            self.anchors.define(event.anchor, value)
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

    def _checked_scalar(self, event: yaml.ScalarEvent) -> None:
        # PyYAML accepts half a surrogate pair, libyaml does not.
        escape = SURROGATE_ESCAPE.search(self.surrogate_text, index_of(event))
        if escape and any("\ud800" <= character <= "\udfff" for character in event.value):
            raise DocumentError(surrogate_error(escape.start()))
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
            raise _fatal(index_of(event), message)
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
        if self.merges and depth in self.merges and isinstance(closed, dict):
            self.parsed.errors += _merge_into(closed, self.merges.pop(depth))
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
            self.merges.setdefault(len(self.frames), []).append((index_of(event), value))
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
        if len(self.frames) in self.merges:
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
        return self._accept(read_plain(text), event)

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
        return reading.value

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


def _fatal(index: int, message: str, hint: str | None = None) -> DocumentError:
    return DocumentError(TextError(index=index, message=message, hint=hint))


def _short(tag: str) -> str:
    """A tag as its author wrote it: "tag:yaml.org,2002:int" is "!!int"."""
    return "!!" + tag.removeprefix(_TAGS) if tag.startswith(_TAGS) else tag


def _merge_into(own: dict[str, Any], merges: Iterable[tuple[int, Any]]) -> Iterator[TextError]:
    """Apply merge keys in place: merged entries come first, own and earlier ones win."""
    merged: dict[str, Any] = {}
    for index, value in merges:
        for source in value if isinstance(value, list) else [value]:
            if isinstance(source, dict):
                merged = source | merged
            else:
                yield TextError(index=index, message="<< takes a mapping or a list of mappings")
    merged |= own
    own.clear()  # in place: its parent holds the mapping already
    own.update(merged)


# ---------------------------------------------------------------------------- anchors and aliases


class _Size(NamedTuple):
    values: int
    depth: int


class _Anchors:
    """The anchored values of one document; rejects aliases that would expand without limit."""

    def __init__(self) -> None:
        self._anchored: dict[str, tuple[Any, _Size] | None] = {}
        """None while the value is being read."""
        self._sizes: dict[int, _Size] = {}
        """By identity of anchored containers, so that each is measured once."""
        self._aliased = 0

    def open(self, name: str) -> None:
        """Note that an anchored container begins."""
        self._anchored[name] = None

    def define(self, name: str, value: Any) -> None:
        """Keep a complete value; a later definition of the same name replaces it."""
        size = self._measure(value)
        self._anchored[name] = value, size
        if isinstance(value, dict | list):
            self._sizes[id(value)] = size

    def resolve(self, name: str, index: int, depth: int) -> Any:
        """The value of `*name`, inside `depth` containers; raises DocumentError."""
        if name not in self._anchored:
            message = f"no anchor &{name} comes before the alias *{name}"
            raise _fatal(index, message, 'quote the text if it should start with "*"')
        anchored = self._anchored[name]
        if anchored is None:
            raise _fatal(index, f"the alias *{name} is inside its own anchor &{name}")
        value, size = anchored
        # Ten lists of ten aliases, each of the list before, would be ten thousand million values.
        self._aliased += size.values
        if self._aliased > MAX_ALIASED:
            message = f"the aliases up to here stand for more than {MAX_ALIASED:,} values"
            raise _fatal(index, message)
        if depth + size.depth > MAX_DEPTH:
            message = f"with the alias *{name}, values are nested more than {MAX_DEPTH} deep"
            raise _fatal(index, message)
        return value

    def _measure(self, value: Any) -> _Size:
        """How many values an alias of `value` stands for, and how deep they are nested."""
        if not isinstance(value, dict | list):
            return _Size(1, 0)
        if id(value) in self._sizes:
            return self._sizes[id(value)]
        values, depth = 1, 0
        for child in value.values() if isinstance(value, dict) else value:
            size = self._measure(child)
            values += size.values
            depth = max(depth, size.depth)
        return _Size(values, depth + 1)
