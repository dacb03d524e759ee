"""Syntax errors: explains in users' terms why the YAML parser stopped, and what to do.

`_EXPLANATIONS`, at the end, maps the parser's messages to explanations.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

import yaml

from runner.documents.events import index_of, open_events
from runner.documents.layout_errors import Stop, layout_error, line_start, stop_of, with_names
from runner.documents.surprises import COMMENT
from runner.documents.text_errors import TextError

SURROGATE_ESCAPE = re.compile(r"\\(?:u|U0000)[dD][89a-fA-F][0-9a-fA-F]{2}")
"""An escape of half a character. Two of them, written with \\u, are a whole one."""

_UNPRINTABLE = re.compile(r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAX_KEY = 1024
_QUOTE = "quote the text"


def explain(error: yaml.YAMLError | UnicodeEncodeError, text: str) -> TextError:
    """The error in users' terms, for errors of libyaml and of PyYAML's own parser."""
    if not isinstance(error, yaml.MarkedYAMLError):
        # Both parsers check the characters before anything else, each with its own exception.
        if bad := _UNPRINTABLE.search(text):
            message = f"the control character U+{ord(bad[0]):04X} is not allowed in YAML"
            hint = 'remove it, or write it as an escape in a text in "double quotes"'
            return TextError(index=bad.start(), message=message, hint=hint)
        return TextError(index=0, message=f"this is not YAML: {error}")
    stop = stop_of(error, text)
    return layout_error(stop) or with_names(_explained(error.problem or "", stop), stop)


def _explained(problem: str, stop: Stop) -> TextError:
    for pattern, explanation in _EXPLANATIONS.items():
        if re.search(pattern, problem):
            if isinstance(explanation, tuple):
                return stop.error(*explanation)
            if found := explanation(stop):
                return found
    return stop.error(f"this is not YAML: {problem}")


def surrogate_error(index: int) -> TextError:
    """The error for a `SURROGATE_ESCAPE`."""
    message = "half of a surrogate pair is not a character, and UTF-8 cannot encode it"
    hint = "write the character itself, or both of its halves"
    return TextError(index=index, message=message, hint=hint)


def _unexpected_colon(stop: Stop) -> TextError:
    """A second ": " on a line, or a key deeper than its siblings."""
    if len(stop.before.strip()) > _MAX_KEY:
        return stop.error(f"a key has at most {_MAX_KEY:,} characters")
    key, colon, _ = stop.before.lstrip(" -").partition(": ")
    if not colon:
        hint = "align it with the keys above, or quote a text of several lines"
        return stop.error("a key is not allowed here", hint)
    message = f'the text of "{key}" contains ": ", which would start another mapping'
    return stop.error(message, f'quote the text: {key}: "..."')


def _bad_start(stop: Stop) -> TextError:
    if stop.after.startswith("\t"):
        return stop.error("a tab in the place of a space", "put a space after - and :")
    return stop.error(f'an unquoted text cannot start with "{stop.after[:1]}"', _QUOTE)


def _nameless_anchor(stop: Stop) -> TextError:
    kind = "alias" if stop.opening == "*" else "anchor"
    message = f'"{stop.opening}" starts an {kind}, but no name follows'
    return stop.error(message, _QUOTE, at=stop.opened)


def _bad_escape(stop: Stop) -> TextError:
    at = max(0, stop.text.rfind("\\", 0, stop.index + 1))
    if SURROGATE_ESCAPE.match(stop.text, at):
        return surrogate_error(at)
    hint = "write a backslash as \\\\, or use 'single quotes'"
    return stop.error("unknown escape in double quotes", hint, at=at)


def _unclosed_quote(stop: Stop) -> TextError:
    message = f"the quote {stop.opening} opened here is never closed"
    return stop.error(message, f"close the text with {stop.opening}", at=stop.opened)


def _unclosed_bracket(stop: Stop) -> TextError | None:
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


def _comment_in_brackets(stop: Stop) -> TextError | None:
    """A # that has hidden the closing bracket, on the last line before the place."""
    end = len(stop.text[: stop.index].rstrip())
    line = stop.text[line_start(stop.text, end) : end]
    sign = COMMENT.search(line)
    if sign is None or any(line.count(quote, 0, sign.start()) % 2 for quote in "\"'"):
        return None  # it may be in quotes
    at = end - len(line) + sign.end() - 1
    message = f'"{line[sign.end() - 1 :]}" is a comment, so a bracket before it is not closed'
    return stop.error(message, _QUOTE, at=at)


def _missing_value(stop: Stop) -> TextError:
    comment = _comment_in_brackets(stop)
    return comment or stop.error("a value is missing here", "quote the text if it is one")


def _missing_key(stop: Stop) -> TextError:
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


def _after_quote(stop: Stop) -> TextError:
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


def _missing_colon(stop: Stop) -> TextError:
    hint = "add a colon and a space, or indent the line if it continues the text above"
    if "：" in stop.text[stop.opened : stop.index]:  # what Chinese keyboards write
        hint = 'write ": " in the place of the wide colon U+FF1A'
    return stop.error("this line is neither `key: value` nor `- item`", hint, at=stop.opened)


_MISALIGNED = (
    "the indentation of this line matches no line above",
    "align it with the keys or items it belongs to",
)

_Explanation: TypeAlias = Callable[[Stop], TextError | None] | tuple[str, str | None]

# A pattern in the message of libyaml or PyYAML to what is wrong and what to do. The parsers offer
# nothing but their messages to go by; the first pattern with an explanation applies.
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
