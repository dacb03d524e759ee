"""YAML text in, plain values out, with the flaws found on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import yaml

from runner.documents.aliases import Aliases, merge_into
from runner.documents.events import (
    MAX_DEPTH,
    DocumentError,
    NextEvent,
    TextError,
    index_of,
    open_events,
)
from runner.documents.scalars import SUSPECT, Reading, read_plain, read_tagged, unknown_tag
from runner.documents.syntax_errors import SURROGATE, explain, half_a_pair

Container: TypeAlias = dict[str, Any] | list[Any]

_AWAITED: Final = "\0awaited"
_MERGE: Final = "\0merge"
_MAX_MEMO = 20_000
_SEEN_EVERY = 2000
"""Lists and mappings from one word on how far it is to the next."""
_MAX_MEMO_LENGTH = 64
_BRACKET_HINT = 'quote the text, if it starts with "{" or "["'
_TAGS = "tag:yaml.org,2002:"


@dataclass(slots=True, kw_only=True)
class Built:
    """The value of a text and what is wrong with it."""

    value: Any = None
    whole: bool = True
    """Whether the text was read to its end, so that the value can be looked at in spite of its
    flaws: what is wrong is the only value that is missing, or stands there as its text."""
    flaws: list[TextError] = field(default_factory=list)
    root: int | None = None
    """Index of the value's first character; None where there is no value at all."""


def build(
    text: str,
    names: frozenset[str] = frozenset(),
    seen: Callable[[int, int], None] | None = None,
) -> Built:
    """The value of the one document in `text`, and every flaw up to the first syntax error.

    What aliases stand for is shared, not copied: treat the value as read-only. `names` are keys
    that are meant as text though YAML 1.1 reads them as something else. `seen` is told now and
    then how many characters are read, and how many there are.
    """
    builder = _Builder(names, text if SURROGATE.search(text) else "")
    if seen:
        builder.seen = lambda index: seen(index, len(text))
    try:
        with open_events(text) as next_event:
            builder.run(next_event)
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        builder.whole = False
        builder.flaws.append(explain(error, text))
    except DocumentError as error:
        builder.whole = False
        builder.flaws.append(error.flaw)
    return Built(value=builder.value, whole=builder.whole, flaws=builder.flaws, root=builder.root)


class _Frame(NamedTuple):
    """What was being filled when a container was opened inside it."""

    top: Container | None
    key: str
    anchor: str | None
    is_key: bool


class _Builder:
    """One pass over the events: the open container, its parents, the key that awaits a value."""

    def __init__(self, names: frozenset[str], suspect: str) -> None:
        """`suspect` is the document's text where it may have half a surrogate pair."""
        self.names = names
        self.suspect = suspect
        self.value: Any = None
        self.root: int | None = None
        self.whole = True
        self.flaws: list[TextError] = []
        self.top: Container | None = None
        self.key = _AWAITED
        self.frames: list[_Frame] = []
        self.aliases = Aliases()
        self.merges: dict[int, list[tuple[int, Any]]] = {}
        self.memo: dict[str, str] = {}
        self.closed = 0
        self.seen: Callable[[int], None] = _nothing

    def run(self, next_event: NextEvent) -> None:
        handlers: dict[type[yaml.Event], Any] = {
            yaml.ScalarEvent: self._suspected if self.suspect else self._scalar,
            yaml.MappingStartEvent: self._mapping,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceStartEvent: self._sequence,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
            yaml.DocumentEndEvent: _nothing,
            yaml.StreamStartEvent: _nothing,
            yaml.StreamEndEvent: _nothing,
        }
        while event := next_event():
            handlers[type(event)](event)

    # ------------------------------------------------------------------------ one method an event

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        if self.root is not None:
            raise DocumentError(
                TextError(
                    index=index_of(event),
                    message="the file holds several documents",
                    hint='a line "---" starts a new one: keep one document a file',
                )
            )

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text = event.value
        value: Any = text
        if event.implicit[0]:
            if not text or text[0] in SUSPECT:
                value = self._plain(event)
            elif text == "<<" and self.key is _AWAITED and self.top.__class__ is dict:
                self._merge_key(event)
                return
        elif event.tag is not None and event.tag != "!":
            value = self._heed(read_tagged(_short(event.tag), text), event)
        if event.anchor:
            self.aliases.define(event.anchor, value)
        if value is text and len(text) < _MAX_MEMO_LENGTH:
            value = self.memo.get(text) or self._remember(text)
        top = self.top
        if top.__class__ is dict:
            if self.key is _AWAITED:
                self._name(value, event)
            elif self.key is _MERGE:
                self._attach(value, event)
            else:
                top[self.key] = value
                self.key = _AWAITED
        else:
            self._attach(value, event)

    def _suspected(self, event: yaml.ScalarEvent) -> None:
        """PyYAML lets half a surrogate pair pass, libyaml does not."""
        escape = SURROGATE.search(self.suspect, index_of(event))
        if escape and any("\ud800" <= character <= "\udfff" for character in event.value):
            raise DocumentError(half_a_pair(escape.start()))
        self._scalar(event)

    def _alias(self, event: yaml.AliasEvent) -> None:
        value = self.aliases.use(event.anchor or "", index_of(event), len(self.frames))
        if self.key is _AWAITED and self.top.__class__ is dict:
            self._name(value, event)
        else:
            self._attach(value, event)

    def _mapping(self, event: yaml.MappingStartEvent) -> None:
        self._open({}, event, "map")

    def _sequence(self, event: yaml.SequenceStartEvent) -> None:
        self._open([], event, "seq")

    def _open(self, container: Container, event: yaml.CollectionStartEvent, tag: str) -> None:
        if event.tag not in (None, "!", _TAGS + tag):
            self._complain(event, unknown_tag(_short(event.tag or "")))
        if len(self.frames) == MAX_DEPTH:
            message = f"lists and mappings are nested more than {MAX_DEPTH} deep"
            raise DocumentError(TextError(index=index_of(event), message=message))
        if event.anchor:
            self.aliases.open(event.anchor)
        is_key = self.key is _AWAITED and self.top.__class__ is dict
        frame = _Frame(self.top, self.key, event.anchor, is_key)
        if is_key:
            self.whole = False  # its value has no name
            self._complain(event, "a key must be text", hint=_BRACKET_HINT)
        else:
            self._attach(container, event)
        self.frames.append(frame)
        self.top, self.key = container, _AWAITED

    def _close(self, event: yaml.Event) -> None:
        self.closed += 1
        if not self.closed % _SEEN_EVERY:
            self.seen(index_of(event))
        closed, depth = self.top, len(self.frames)
        if self.merges and depth in self.merges and isinstance(closed, dict):
            self.flaws += merge_into(closed, self.merges.pop(depth))
        frame = self.frames.pop()
        if frame.anchor:
            self.aliases.define(frame.anchor, closed)
        self.top = frame.top
        self.key = f"\0{id(closed)}" if frame.is_key else _AWAITED

    # -------------------------------------------------------------------------------- their parts

    def _attach(self, value: Any, event: yaml.Event) -> None:
        top = self.top
        if top is None:
            self.value, self.root = value, index_of(event)
        elif isinstance(top, list):
            top.append(value)
        elif self.key is _MERGE:
            self.merges.setdefault(len(self.frames), []).append((index_of(event), value))
            self.key = _AWAITED
        else:
            top[self.key] = value
            self.key = _AWAITED

    def _name(self, key: Any, event: yaml.Event) -> None:
        """Take `key` as the open mapping's next; told where it is no text or there already."""
        if not isinstance(key, str):
            self.whole = False
            self._complain(event, "a key must be text")
            key = str(key)
        elif isinstance(self.top, dict) and key in self.top:
            self._complain(event, f'duplicate key "{key}"', twin=(*self._path(), key))
        self.key = key

    def _merge_key(self, event: yaml.Event) -> None:
        self.key = _MERGE
        if len(self.frames) in self.merges:
            hint = "merge several at once: <<: [*a, *b]"
            self._complain(event, 'duplicate key "<<"', hint=hint, twin=(*self._path(), "<<"))

    def _plain(self, event: yaml.ScalarEvent) -> Any:
        """The value of a plain scalar that may be more than its text."""
        text = event.value
        if self.key is _AWAITED and self.top.__class__ is dict:
            return self._plain_key(text, event)
        if len(text) < 19 and text.isdigit() and text.isascii() and text[0] != "0":
            return int(text)
        return self._heed(read_plain(text), event)

    def _plain_key(self, text: str, event: yaml.Event) -> str:
        if text in self.names:
            return text
        reading = read_plain(text)
        if reading.error is not None:
            self._heed(reading, event)
        elif not text:
            self._complain(event, "a key is missing before the colon")
        elif not isinstance(reading.value, str):
            read_as = _described(reading.value)
            self._complain(event, f'YAML reads the key {text} as {read_as}; quote it: "{text}"')
        return text

    def _heed(self, reading: Reading, event: yaml.Event) -> Any:
        if reading.error is not None:
            self._complain(event, reading.error)
        elif reading.warning is not None:
            self._complain(event, reading.warning, warning=True)
        return reading.value

    def _remember(self, text: str) -> str:
        """Texts that come again (keys, models) are kept once."""
        if len(self.memo) < _MAX_MEMO:
            self.memo[text] = text
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

    def _complain(
        self,
        event: yaml.Event,
        message: str,
        *,
        hint: str | None = None,
        warning: bool = False,
        twin: tuple[str | int, ...] | None = None,
    ) -> None:
        self.flaws.append(
            TextError(index=index_of(event), message=message, hint=hint, warning=warning, twin=twin)
        )


def _nothing(_: object) -> None:
    """Streams and the ends of documents mean nothing here."""


def _short(tag: str) -> str:
    """A tag as its author wrote it: "tag:yaml.org,2002:int" is "!!int"."""
    return "!!" + tag.removeprefix(_TAGS) if tag.startswith(_TAGS) else tag


def _described(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    return f"the number {value}"
