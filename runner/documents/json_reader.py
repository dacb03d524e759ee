"""JSON: reads a text strictly (RFC 8259), as plain values or as the YAML events of its values.

The standard library is many times faster; the events have places, so that errors in a `.json`
manifest have them like those of any other.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any, NoReturn

import yaml

from runner.documents.text_errors import SURROGATE, fatal
from runner.errors import name_character

# Numbers that may be too large for a double.
_LARGE_NUMBER = re.compile(r"[0-9][eE]\+?[0-9]{3}|[0-9]{300}")
_CONTAINERS = frozenset((dict, list))
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(text: str) -> Any:
    """The value of `text`; raises ValueError, also where `json` itself would let an error pass.

    These are keys given twice, NaN, numbers beyond a double, and halves of surrogate pairs.
    Raises RecursionError.
    """
    hooks = _NUMBER_HOOKS if _LARGE_NUMBER.search(text) else {}  # most texts need none
    value = json.loads(text, object_pairs_hook=_mapping, parse_constant=_reject, **hooks)
    # Only an escape can spell one: the text itself was UTF-8.
    if _SURROGATE_ESCAPE.search(text) and SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise ValueError("it has half a surrogate pair, which is not a character")
    return value


def read_plain_json(text: str, most_depth: int) -> Any:
    """The value of `text`; raises ValueError where it is wrong, or may have to be explained.

    So do texts that are blank, that nest deeper than `most_depth`, or have a key twice.
    """
    if _LARGE_NUMBER.search(text):
        raise ValueError("perhaps a number without a value")
    try:
        value = read_json(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if _is_deeper(value, most_depth):
        raise ValueError("nested too deeply")
    return value


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):  # `json` itself keeps the last one
        names = Counter(name for name, _ in pairs)
        raise ValueError(f'it has "{names.most_common(1)[0][0]}" twice')
    return mapping


def _reject(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text[:20]} is too large")
    return value


def _int(text: str) -> int:
    _float(text)
    return int(text)


_NUMBER_HOOKS: dict[str, Any] = {"parse_float": _float, "parse_int": _int}


def _is_deeper(value: Any, most_depth: int) -> bool:
    """Whether more than `most_depth` lists and mappings are inside each other."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(most_depth):
        parts = (part.values() if isinstance(part, dict) else part for part in level)
        level = [part for part in chain.from_iterable(parts) if part.__class__ in _CONTAINERS]
    return bool(level)


# ----------------------------------------------------------------------------------------- events

_BLANKS = re.compile(r"[ \t\n\r]*")
_WORD = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null")
_BAD_WORD = re.compile(r"[^\s,:{}\[\]\"]+")
_STRINGS = json.JSONDecoder()
_CLOSING = {"{": "}", "[": "]"}
AS_YAML = "or name the file .yaml, if YAML is meant"

_EVENTS = {
    "{": (yaml.MappingStartEvent, yaml.MappingEndEvent),
    "[": (yaml.SequenceStartEvent, yaml.SequenceEndEvent),
}


def json_events(text: str) -> Iterator[yaml.Event]:
    """The events of `text`, none for blank text; raises DocumentError at the first error."""
    reader = _Reader(text)
    if reader.next():
        yield from reader.value()
    if reader.next():
        raise reader.error("the document has ended before this", "keep one document per file")


class _Reader:
    """Where the text has been read to, and the open brackets. Its caller limits the depth."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.index = 0
        self.opened: list[int] = []
        """Indexes of the brackets that are not closed yet."""

    def next(self) -> str:
        """Skip blanks; the character after them, empty at the end of the text."""
        if found := _BLANKS.match(self.text, self.index):
            self.index = found.end()
        return self.text[self.index : self.index + 1]

    def value(self) -> Iterator[yaml.Event]:
        """The events of one value."""
        first = self.next()
        if first in _CLOSING:
            yield from self._container(first)
        else:
            yield self._string() if first == '"' else self._word()

    def _container(self, bracket: str) -> Iterator[yaml.Event]:
        start, end = _EVENTS[bracket]
        mark = _mark(self.index)
        self.opened.append(self.index)
        self.index += 1
        yield start(None, None, True, mark, mark)
        if self.next() != _CLOSING[bracket]:
            yield from self._items(bracket)
        mark = _mark(self.index)
        self.opened.pop()
        self.index += 1
        yield end(mark)

    def _items(self, bracket: str) -> Iterator[yaml.Event]:
        """One item or more, up to the closing bracket."""
        while True:
            if bracket == "{":
                yield self._key()
            yield from self.value()
            if self.next() != ",":
                break
            self.index += 1
        if self.next() != _CLOSING[bracket]:
            raise self._unexpected(f"a comma or {_CLOSING[bracket]}")

    def _key(self) -> yaml.Event:
        """A key and its colon."""
        if self.next() != '"':
            raise self._unexpected('a key in "double quotes"')
        key = self._string()
        if self.next() != ":":
            raise self._unexpected("a colon")
        self.index += 1
        return key

    def _string(self) -> yaml.Event:
        start = self.index
        try:
            value, self.index = _STRINGS.raw_decode(self.text, start)
        except json.JSONDecodeError as error:
            raise self._bad_string(start, error) from None
        return _scalar(value, start, self.index, '"')

    def _word(self) -> yaml.Event:
        start = self.index
        found = _WORD.match(self.text, start)
        whole = _BAD_WORD.match(self.text, start)
        if not found or not whole or found.end() != whole.end():
            raise self._unexpected("a value")
        self.index = found.end()
        return _scalar(found[0], start, self.index, "")

    # ------------------------------------------------------------------------------------- errors

    def error(self, message: str, hint: str | None = None, *, at: int | None = None) -> Exception:
        index = self.index if at is None else at
        return fatal(index, f"this is not JSON: {message}", hint)

    def _unexpected(self, wanted: str) -> Exception:
        """The error for a token that is not what is `wanted` here."""
        rest = self.text[self.index : self.index + 80]
        if not rest:
            bracket = self.text[self.opened[-1]]
            at = self.opened[-1]
            return self.error(f"the {bracket} opened here is not closed", at=at)
        if rest[0] in "}]" and self.text[: self.index].rstrip().endswith(","):
            return self.error(f"a comma before the {rest[0]}", "remove the comma")
        if rest[0] in "#/":
            return self.error("a comment", f"remove it, {AS_YAML}")
        if rest[0] == "'":
            return self.error("a text needs double quotes", f'write "...", {AS_YAML}')
        if not rest[0].isprintable() or rest[0].isspace():
            return self.error(f"{name_character(rest[0])} cannot stand here", "remove it")
        word = _BAD_WORD.match(rest)
        found = word[0] if word else rest[0]
        # A word where no value can be is not the mistake.
        hint = _word_hint(found) if word and wanted == "a value" else None
        return self.error(f"{wanted} is expected here, not {found}", hint)

    def _bad_string(self, start: int, error: json.JSONDecodeError) -> Exception:
        character = self.text[error.pos : error.pos + 1]
        if error.msg.startswith("Invalid control"):
            escape = json.dumps(character)[1:-1]
            name = {"\n": "a line break", "\t": "a tab"}.get(character) or name_character(character)
            return self.error(f"{name} inside a text", f"write it as {escape}", at=error.pos)
        if error.msg.startswith("Unterminated"):
            message = "the quote opened here is never closed"
            return self.error(message, 'close the text with "', at=start)
        hint = "write a backslash as \\\\"
        at = self.text.rfind("\\", start, error.pos + 1)
        return self.error("unknown escape in a text", hint, at=at)


def _word_hint(word: str) -> str:
    """What to write in the place of a word that is no value."""
    plain = word.lower().lstrip("+-")
    if plain in {"true", "false", "null"}:
        return f"write {plain}"
    if plain in {"none", "undefined", "nan", "infinity", "inf"}:
        return "write null"
    if plain[:1].isdigit() or plain[:1] == ".":
        return "a number has no leading zero or plus, and digits around its point"
    return f"quote it, {AS_YAML}"


def _scalar(value: str, start: int, end: int, style: str) -> yaml.Event:
    implicit = (not style, bool(style))  # as of a plain or quoted scalar in YAML
    return yaml.ScalarEvent(None, None, implicit, value, _mark(start), _mark(end), style)


def _mark(index: int) -> yaml.Mark:
    return yaml.Mark("", index, 0, 0, None, 0)
