"""Syntax errors: explains in users' terms why the YAML parser stopped, and what to do.

`_EXPLANATIONS`, at the end, maps the parser's messages to explanations.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeAlias

import yaml

from runner.documents.conflicts import conflict_error
from runner.documents.events import index_of, open_events
from runner.documents.surprises import COMMENT, ODD_BREAK, odd_break_error, odd_indent_error
from runner.documents.text_errors import TextError
from runner.errors import INVISIBLE, ODD_INDENT, name_character

SURROGATE_ESCAPE = re.compile(r"\\(?:u|U0000)[dD][89a-fA-F][0-9a-fA-F]{2}")
"""An escape of half a character. Two of them, written with \\u, are a whole one."""

_UNPRINTABLE = re.compile(r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAX_KEY = 1024
_QUOTE = "quote the text"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stop:
    """Where the parser stopped, and the text around it."""

    text: str
    index: int
    """Characters before the place where it stopped."""
    opened: int
    """Characters before the construct that it was reading."""
    opening: str
    """The first character of that construct."""
    before: str
    """The line up to `index`."""
    after: str
    """The line from `index` on."""

    def error(self, message: str, hint: str | None = None, *, at: int | None = None) -> TextError:
        return TextError(index=self.index if at is None else at, message=message, hint=hint)


def explain(error: yaml.YAMLError | UnicodeEncodeError, text: str) -> TextError:
    """The error in users' terms, for errors of libyaml and of PyYAML's own parser."""
    if not isinstance(error, yaml.MarkedYAMLError):
        # Both parsers check the characters before anything else, each with its own exception.
        if bad := _UNPRINTABLE.search(text):
            message = f"the control character U+{ord(bad[0]):04X} is not allowed in YAML"
            hint = 'remove it, or write it as an escape in a text in "double quotes"'
            return TextError(index=bad.start(), message=message, hint=hint)
        return TextError(index=0, message=f"this is not YAML: {error}")
    stop = _stop(error, text)
    # These first: the parsers' own messages for them lead astray.
    if found := _tab(stop) or _odd_indent(stop) or _odd_break(stop) or _divider(stop):
        return found
    return _with_names(_explained(error.problem or "", stop), stop)


def _explained(problem: str, stop: _Stop) -> TextError:
    for pattern, explanation in _EXPLANATIONS.items():
        if re.search(pattern, problem):
            if isinstance(explanation, tuple):
                return stop.error(*explanation)
            if found := explanation(stop):
                return found
    return stop.error(f"this is not YAML: {problem}")


def _with_names(error: TextError, stop: _Stop) -> TextError:
    """The error with the name of what looks like the blank behind a colon or dash."""
    line = stop.text[_line_start(stop.text, error.index) :].split("\n", 1)[0]
    odd = next((c for c in INVISIBLE.finditer(line) if line[: c.start()].endswith(_SIGNS)), None)
    if odd is None:
        return error
    name = f"{name_character(odd[0])} is no space: replace it"
    return replace(error, hint=f"{error.hint}; {name}" if error.hint else name)


_SIGNS = (":", "-", ",")


def _stop(error: yaml.MarkedYAMLError, text: str) -> _Stop:
    mark, context = error.problem_mark, error.context_mark
    index = min(mark.index if mark else 0, len(text))
    opened = context.index if context else index
    return _Stop(
        text=text,
        index=index,
        opened=opened,
        opening=text[opened : opened + 1],
        before=text[text.rfind("\n", 0, index) + 1 : index],
        after=text[index:].split("\n", 1)[0].rstrip("\r"),
    )


def surrogate_error(index: int) -> TextError:
    """The error for a `SURROGATE_ESCAPE`."""
    message = "half of a surrogate pair is not a character, and UTF-8 cannot encode it"
    hint = "write the character itself, or both of its halves"
    return TextError(index=index, message=message, hint=hint)


def _tab(stop: _Stop) -> TextError | None:
    """A tab in the indentation, before the index or at it."""
    line = stop.before + stop.after
    indentation = line[: len(line) - len(line.lstrip(" \t"))]
    if "\t" not in indentation or len(stop.before) > len(indentation):
        return None
    at = stop.index - len(stop.before) + indentation.index("\t")
    hint = "YAML does not allow tabs for indentation: use spaces"
    return stop.error("a tab in the indentation", hint, at=at)


def _odd_indent(stop: _Stop) -> TextError | None:
    """What looks like indentation, on the line where it stopped or where the construct began."""
    for start in {_line_start(stop.text, index): None for index in (stop.index, stop.opened)}:
        if found := ODD_INDENT.match(stop.text, start):
            return odd_indent_error(found.end() - 1, found[0][-1])
    return None


def _odd_break(stop: _Stop) -> TextError | None:
    """A line that only YAML ends before the place where it stopped."""
    start = _line_start(stop.text, stop.opened)
    breaks = [found.start() for found in ODD_BREAK.finditer(stop.text, start, stop.index + 1)]
    return replace(odd_break_error(breaks[-1], stop.text), warning=False) if breaks else None


def _divider(stop: _Stop) -> TextError | None:
    """The line between two versions, left over where the other markers of a conflict are gone."""
    for index in (stop.index, stop.opened):
        start = _line_start(stop.text, index)
        if stop.text[start:].split("\n", 1)[0].rstrip() == "=======":
            return conflict_error(start)
    return None


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _unexpected_colon(stop: _Stop) -> TextError:
    """A second ": " on a line, or a key deeper than its siblings."""
    if len(stop.before.strip()) > _MAX_KEY:
        return stop.error(f"a key has at most {_MAX_KEY:,} characters")
    key, colon, _ = stop.before.lstrip(" -").partition(": ")
    if not colon:
        hint = "align it with the keys above, or quote a text of several lines"
        return stop.error("a key is not allowed here", hint)
    message = f'the text of "{key}" contains ": ", which would start another mapping'
    return stop.error(message, f'quote the text: {key}: "..."')


def _bad_start(stop: _Stop) -> TextError:
    if stop.after.startswith("\t"):
        return stop.error("a tab in the place of a space", "put a space after - and :")
    return stop.error(f'an unquoted text cannot start with "{stop.after[:1]}"', _QUOTE)


def _nameless_anchor(stop: _Stop) -> TextError:
    kind = "alias" if stop.opening == "*" else "anchor"
    message = f'"{stop.opening}" starts an {kind}, but no name follows'
    return stop.error(message, _QUOTE, at=stop.opened)


def _bad_escape(stop: _Stop) -> TextError:
    at = max(0, stop.text.rfind("\\", 0, stop.index + 1))
    if SURROGATE_ESCAPE.match(stop.text, at):
        return surrogate_error(at)
    hint = "write a backslash as \\\\, or use 'single quotes'"
    return stop.error("unknown escape in double quotes", hint, at=at)


def _unclosed_quote(stop: _Stop) -> TextError:
    message = f"the quote {stop.opening} opened here is never closed"
    return stop.error(message, f"close the text with {stop.opening}", at=stop.opened)


def _unclosed_bracket(stop: _Stop) -> TextError | None:
    """In a flow list or mapping: an expression that needs quotes, or no closing bracket."""
    closing = {"[": "]", "{": "}"}.get(stop.opening)
    if closing is None:
        return None
    if comment := _comment_in_brackets(stop):
        return comment
    inside = stop.text[stop.opened : stop.index + 1]
    if "${{" in inside + stop.after[:3] or inside.startswith("{{"):
        message = f"an expression inside {stop.opening}{closing} needs quotes"
        return stop.error(message, 'write "${{ ... }}"', at=stop.opened)
    message = f'the {stop.opening} opened here is not closed: expected "," or "{closing}"'
    hint = f"close it with {closing}, or quote all of it if it is text"
    return stop.error(message, hint, at=stop.opened)


def _comment_in_brackets(stop: _Stop) -> TextError | None:
    """A # that has hidden the closing bracket, on the last line before the place."""
    end = len(stop.text[: stop.index].rstrip())
    line = stop.text[_line_start(stop.text, end) : end]
    sign = COMMENT.search(line)
    if sign is None:
        return None
    at = end - len(line) + sign.end() - 1
    message = f'"{line[sign.end() - 1 :]}" is a comment, so a bracket before it is not closed'
    return stop.error(message, _QUOTE, at=at)


def _missing_value(stop: _Stop) -> TextError:
    comment = _comment_in_brackets(stop)
    return comment or stop.error("a value is missing here", "quote the text if it is one")


def _missing_key(stop: _Stop) -> TextError:
    """Text after a closing quote or bracket, or a line that fits no indentation."""
    before = stop.before.rstrip()
    if stop.after.startswith(":"):
        return stop.error("a key is missing before the colon")
    if not before:
        return stop.error(*_MISALIGNED)
    if before[-1] in "\"'":
        return _after_quote(stop)
    if before[-1] in "]}":
        bracket = "[" if before[-1] == "]" else "{"
        hint = f"quote the whole text: a text that starts with {bracket} needs quotes"
        return stop.error("text continues after the closing bracket", hint)
    return stop.error("a key is expected here", _QUOTE)


def _after_quote(stop: _Stop) -> TextError:
    start = 0  # of the last quoted text that could be read
    with open_events(stop.text) as events, suppress(yaml.YAMLError):
        for event in events:
            if isinstance(event, yaml.ScalarEvent) and not event.implicit[0]:
                start = index_of(event)
    if "\n" in stop.text[start : stop.index]:
        number = stop.text.count("\n", 0, stop.index) + 1
        message = f"the quote opened here only ends in line {number}, where text continues"
        return stop.error(message, "close it where its text ends", at=start)
    hint = "inside '...' write ' as ''; inside \"...\" write \" as \\\""
    return stop.error("text continues after its closing quote", hint)


def _missing_colon(stop: _Stop) -> TextError:
    hint = "add a colon and a space, or indent the line if it continues the text above"
    if "：" in stop.text[stop.opened : stop.index]:  # what Chinese keyboards write
        hint = 'write ": " in the place of the wide colon U+FF1A'
    return stop.error("this line is neither `key: value` nor `- item`", hint, at=stop.opened)


_MISALIGNED = (
    "the indentation of this line matches no line above",
    "align it with the keys or items it belongs to",
)

_Explanation: TypeAlias = Callable[[_Stop], TextError | None] | tuple[str, str | None]

# A pattern in the message of libyaml or PyYAML to what is wrong and what to do. The parsers offer
# nothing but their messages to tell errors apart; the first pattern with an explanation applies.
_EXPLANATIONS: dict[str, _Explanation] = {
    "mapping values are not allowed": _unexpected_colon,
    "cannot start any token": _bad_start,
    "alphabetic or numeric": _nameless_anchor,
    "unexpected (end of stream|document)": _unclosed_quote,
    "unknown escape|hexa?decimal|invalid Unicode": _bad_escape,
    "tag|expected URI|'!'": ('"!" starts a tag', _QUOTE),
    "',' or": _unclosed_bracket,
    "expected key|expected <block end>": _missing_key,
    "could not find expected ':'": _missing_colon,
    "expected '-' indicator": _MISALIGNED,
    "sequence entries are not allowed": (
        'a list item "- " is not allowed here',
        "put each item on its own line, or quote the text",
    ),
    "mapping keys are not allowed": ('"? " starts a key, which is not allowed here', _QUOTE),
    "comment or (a )?line break|indentation indicator": (
        "a text after | or > starts on the next line",
        "quote the text if | or > belongs to it",
    ),
    "document start": (
        "the document has ended before this line",
        "keep one document per file, and align its keys",
    ),
    "incompatible YAML document": ("only YAML 1.1 and 1.2 can be read", None),
    "node content": _missing_value,
    "block scalar|leading blank|tab": _MISALIGNED,
}
