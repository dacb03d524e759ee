"""Surprises: what YAML takes out of a text without an error, although its author may have meant it.

The places are found in the whole text at once, so that reading costs no more where there are none.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from runner.documents.events import index_of
from runner.documents.text_errors import TextError
from runner.errors import ODD_INDENT, name_character

# One blank, as inside a text: two blanks, or a blank behind the sign, are how comments are written.
_CUT_OFF = re.compile(r"(?<=[^\s#]) #(?=[^\W_])")
# A comment deeper than the key above may be meant as the next line of its text.
_CUT_OFF_LINE = re.compile(r"(?<=[^\s#])\r?\n {2,}#(?=[^\W_])")
COMMENT = re.compile(r"[ \[{,]#(?=[^\W_])")
"""A # that may be meant as text: behind a bracket it starts a comment without any blank."""
_ODD_LINE = re.compile(rf"\n{ODD_INDENT.pattern}")  # faster than with ^
_LINE_START = re.compile(r" *(?:- +)*")
ODD_BREAK = re.compile("[\\x85\\u2028\\u2029]")
_BARE_TAG = re.compile(r"(?<![^\s\[{,])! +(?=[^\s])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surprises:
    """The places of one YAML text at which a plain scalar may surprise."""

    text: str = field(repr=False)
    hashes: dict[int, int]
    """End of a text to the index of the # behind it."""
    odd_indents: dict[int, int]
    """Index of what follows the indentation to that of a character that only looks like it."""
    bare_tags: frozenset[int]
    odd_breaks: tuple[int, ...]
    """Indexes of characters that YAML 1.1 takes as line breaks, and nobody else does."""

    def __bool__(self) -> bool:
        return bool(self.hashes or self.odd_indents or self.bare_tags or self.odd_breaks)

    def of_text(self, event: yaml.ScalarEvent, *, is_key: bool) -> TextError | None:
        """What may surprise at a scalar that is a text."""
        return self._of_break(event) or (None if event.style else self._of_plain(event, is_key))

    def _of_break(self, event: yaml.ScalarEvent) -> TextError | None:
        end = event.end_mark.index if event.end_mark else 0
        first = bisect_left(self.odd_breaks, index_of(event))
        if first == len(self.odd_breaks) or self.odd_breaks[first] >= end:
            return None
        return odd_break_error(self.odd_breaks[first], self.text)

    def _of_plain(self, event: yaml.ScalarEvent, is_key: bool) -> TextError | None:
        start = index_of(event)
        if is_key:
            odd = self.odd_indents.get(start)
            return None if odd is None else odd_indent_error(start, self.text[odd])
        if start in self.bare_tags:
            message = '"! " in front of a text is a tag, and not a part of the text'
            return TextError(index=start, message=message, hint="quote the text", warning=True)
        end = event.end_mark.index if event.end_mark else start
        sign = self.hashes.get(end)
        if sign is None or not self._is_continued(start, end, sign):
            return None
        return _comment_warning(self.text, sign)

    def _is_continued(self, start: int, end: int, sign: int) -> bool:
        """Whether the # is on the text's own line, or on the next one but deeper than the key."""
        line = self.text.rfind("\n", 0, sign) + 1
        if line <= end:
            return True
        first = self.text.rfind("\n", 0, start) + 1
        return sign - line > _after_indent(self.text, first) - first


def _comment_warning(text: str, sign: int) -> TextError:
    cut = text[sign : sign + 40].split("\n", 1)[0].strip()
    message = f'YAML takes "{cut}" as a comment, and not as a part of the text'
    hint = 'quote the text, or write "  # " if it is a comment'
    return TextError(index=sign, message=message, hint=hint, warning=True)


def find_surprises(text: str) -> Surprises:
    """The places in `text`, some of which may be inside quotes or blocks."""
    hashes: dict[int, int] = {}
    bare_tags: frozenset[int] = frozenset()
    if "#" in text:
        for pattern in (_CUT_OFF, _CUT_OFF_LINE):
            hashes |= {found.start(): found.end() - 1 for found in pattern.finditer(text)}
    if "! " in text:
        bare_tags = frozenset(found.start() for found in _BARE_TAG.finditer(text))
    # Searching for one character is faster than for any of three.
    has_odd_break = any(character in text for character in "\x85\u2028\u2029")
    odd_breaks = tuple(m.start() for m in ODD_BREAK.finditer(text)) if has_odd_break else ()
    return Surprises(
        text=text,
        hashes=hashes,
        odd_indents={} if text.isascii() else dict(_odd_indents(text)),
        bare_tags=bare_tags,
        odd_breaks=odd_breaks,
    )


def _odd_indents(text: str) -> Iterator[tuple[int, int]]:
    """Where the first scalar of such a line starts, and the index of the odd character."""
    if first := ODD_INDENT.match(text):
        yield _after_indent(text, 0), first.end() - 1
    for found in _ODD_LINE.finditer(text):
        yield _after_indent(text, found.start() + 1), found.end() - 1


def _after_indent(text: str, line: int) -> int:
    indent = _LINE_START.match(text, line)
    return indent.end() if indent else line


def odd_break_error(index: int, text: str) -> TextError:
    """The warning for a `ODD_BREAK` at `index`, which is an error where the text ends at it."""
    character = text[index]
    message = f"YAML takes {name_character(character)} as a line break"
    hint = f'remove it, or write it as \\u{ord(character):04x} in a text in "double quotes"'
    return TextError(index=index, message=message, hint=hint, warning=True)


def odd_indent_error(index: int, character: str) -> TextError:
    """The error for a character that only looks like indentation."""
    message = f"{name_character(character)} in the indentation"
    return TextError(index=index, message=message, hint="only spaces indent: replace or remove it")


def no_value_warnings(
    text: str, event: yaml.ScalarEvent, key: str, *, first: bool
) -> Iterator[TextError]:
    """A warning if a comment, or a comma in braces, may have taken the value of a key or item.

    `event` is the empty scalar that YAML gives it, `first` whether it is an item or the first key.
    """
    index = index_of(event)
    before, after = text[max(0, index - 80) : index].rstrip(), text[index : index + 80]
    if before.endswith((":", "-")):
        if sign := COMMENT.match(after):
            yield _comment_warning(text, index + sign.end() - 1)
    elif not first and not key.startswith("\0") and after.lstrip().startswith((",", "}")):
        message = f'"{key}" is a key without a value here: inside {{ }} a comma ends a text'
        hint = "quote the whole text if the comma belongs to it"
        at = max(text.rfind(key, 0, index), 0)
        yield TextError(index=at, message=message, hint=hint, warning=True)
