"""A YAML parser's complaint in, what is wrong and what to do in the user's words out."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from runner.documents.events import TextError, index_of, open_events

_UNPRINTABLE = re.compile(r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAX_KEY = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _ScanError:
    """What the parser says, and the text around it."""

    problem: str
    context: str
    index: int
    """Characters before the problem."""
    opened: int
    """Characters before what the parser was reading."""
    text: str

    @property
    def line(self) -> str:
        """The problem's line up to the problem."""
        return self.text[max(self.text.rfind("\n", 0, self.index), -1) + 1 : self.index]

    @property
    def rest(self) -> str:
        """The problem's line from the problem on."""
        return self.text[self.index :].split("\n", 1)[0].rstrip("\r")

    def flaw(self, message: str, hint: str | None = None, *, at: int | None = None) -> TextError:
        """`message` at the problem, or at another index."""
        return TextError(index=self.index if at is None else at, message=message, hint=hint)


Explainer: TypeAlias = Callable[[_ScanError], TextError | None]


def explain(error: yaml.YAMLError | UnicodeEncodeError, text: str) -> TextError:
    """The flaw behind a parser's error, for libyaml's words and for PyYAML's own."""
    unprintable = _UNPRINTABLE.search(text)
    if unprintable and not isinstance(error, yaml.MarkedYAMLError):
        return _control(unprintable)
    if not isinstance(error, yaml.MarkedYAMLError):
        return TextError(index=0, message=f"this is not YAML: {error}")
    trouble = _scan_error(error, text)
    tellings = (
        telling(trouble) for pattern, telling in _EXPLAINERS if re.search(pattern, trouble.problem)
    )
    told = (flaw for flaw in tellings if flaw)
    return _tab(trouble) or next(told, None) or trouble.flaw(f"this is not YAML: {trouble.problem}")


def _scan_error(error: yaml.MarkedYAMLError, text: str) -> _ScanError:
    problem, context = error.problem_mark, error.context_mark
    index = min(problem.index if problem else 0, len(text))
    return _ScanError(
        problem=error.problem or "",
        context=error.context or "",
        index=index,
        opened=context.index if context else index,
        text=text,
    )


def _control(found: re.Match[str]) -> TextError:
    return TextError(
        index=found.start(),
        message=f"the control character U+{ord(found[0]):04X} is not allowed in YAML",
        hint='remove it, or write it as an escape in a text in "double quotes"',
    )


def _tab(trouble: _ScanError) -> TextError | None:
    """A tab before the problem, or at it, where only indentation can be."""
    reach = trouble.line + trouble.rest
    indentation = reach[: len(reach) - len(reach.lstrip(" \t"))]
    if "\t" not in indentation or len(trouble.line) > len(indentation):
        return None
    start = trouble.index - len(trouble.line)
    return trouble.flaw(
        "a tab in the indentation",
        "YAML does not allow tabs for indentation: use spaces",
        at=start + indentation.index("\t"),
    )


def _colon(trouble: _ScanError) -> TextError:
    """A second ": " on a line, or a key deeper than its siblings."""
    if len(trouble.line.strip()) > _MAX_KEY:
        return trouble.flaw(f"a key has at most {_MAX_KEY:,} characters")
    key, colon, _ = trouble.line.lstrip(" -").partition(": ")
    if colon:
        return trouble.flaw(
            f'the text of "{key}" contains ": ", which would start another mapping',
            f'quote the text: {key}: "..."',
        )
    return trouble.flaw(
        "a key cannot stand here", "align it with the keys above, or quote a text of several lines"
    )


def _start(trouble: _ScanError) -> TextError:
    return trouble.flaw(
        f'an unquoted text cannot start with "{trouble.rest[:1]}"', "quote the text"
    )


def _anchor(trouble: _ScanError) -> TextError:
    first = trouble.text[trouble.opened : trouble.opened + 1]
    return trouble.flaw(
        f'"{first}" starts an {"alias" if first == "*" else "anchor"}, and no name follows',
        "quote the text",
        at=trouble.opened,
    )


def _escape(trouble: _ScanError) -> TextError:
    at = max(0, trouble.text.rfind("\\", 0, trouble.index + 1))
    if SURROGATE.match(trouble.text, at):
        return half_a_pair(at)
    return trouble.flaw(
        "no such escape in double quotes",
        "write a backslash as \\\\, or use 'single quotes'",
        at=at,
    )


SURROGATE = re.compile(r"\\(?:u|U0000)[dD][89a-fA-F][0-9a-fA-F]{2}")
"""An escape that stands for no character, whatever JSON makes of two of them."""


def half_a_pair(at: int) -> TextError:
    """What to say about such an escape."""
    return TextError(
        index=at,
        message="half a surrogate pair is no character, and no UTF-8 can hold it",
        hint="write the character itself, or \\U and its number in eight digits",
    )


def _unclosed_quote(trouble: _ScanError) -> TextError:
    quote = trouble.text[trouble.opened : trouble.opened + 1]
    return trouble.flaw(
        f"the quote {quote} opened here is never closed",
        f"close the text with {quote}",
        at=trouble.opened,
    )


def _unclosed_bracket(trouble: _ScanError) -> TextError | None:
    """In a flow list or mapping: an expression that needs quotes, or no closing bracket."""
    bracket = trouble.text[trouble.opened : trouble.opened + 1]
    closing = {"[": "]", "{": "}"}.get(bracket)
    if closing is None:
        return None
    before = trouble.text[trouble.opened : trouble.index + 1]
    if "${{" in before + trouble.rest[:3] or before.startswith("{{"):
        return trouble.flaw(
            f"an expression inside {bracket}{closing} needs quotes",
            'write "${{ ... }}"',
            at=trouble.opened,
        )
    return trouble.flaw(
        f'the {bracket} opened here is not closed where it should be: expected "," or "{closing}"',
        f"close it with {closing}, or quote it all if it is text",
        at=trouble.opened,
    )


def _no_key(trouble: _ScanError) -> TextError:
    """Text after a closed quote or bracket, or a line that fits no indentation."""
    before = trouble.line.rstrip()
    if trouble.rest.startswith(":"):
        return trouble.flaw("a key is missing before the colon")
    if not before:
        return _misaligned(trouble)
    if before[-1] in "\"'":
        start = _last_quote(trouble.text)
        if "\n" in trouble.text[start : trouble.index]:
            number = trouble.text.count("\n", 0, trouble.index) + 1
            message = f"the quote opened here ends only in line {number}, where text goes on"
            return trouble.flaw(message, "close it where its text ends", at=start)
        hint = "inside '...' a ' is written ''; inside \"...\" a \" is written \\\""
        return trouble.flaw("text goes on after its closing quote", hint)
    if before[-1] in "]}":
        bracket = "[" if before[-1] == "]" else "{"
        hint = f"quote the whole text: one that starts with {bracket} needs quotes"
        return trouble.flaw("text goes on after the closing bracket", hint)
    return trouble.flaw("a key is expected here", "quote the text")


def _last_quote(text: str) -> int:
    """Characters before the last quoted text that could be read."""
    last = 0
    with open_events(text) as next_event, suppress(yaml.YAMLError):
        while event := next_event():
            if isinstance(event, yaml.ScalarEvent) and not event.implicit[0]:
                last = index_of(event)
    return last


def _misaligned(trouble: _ScanError) -> TextError:
    return trouble.flaw(
        "the indentation of this line fits no line above",
        "align it with the keys or items it belongs to",
    )


def _no_colon(trouble: _ScanError) -> TextError:
    return trouble.flaw(
        "this line is neither `key: value` nor `- item`",
        "add the colon and a space, or indent the line if it continues the text above",
        at=trouble.opened,
    )


def _summary(message: str, hint: str | None = None) -> Explainer:
    return lambda trouble: trouble.flaw(message, hint)


_QUOTE = "quote the text"
_EXPLAINERS: tuple[tuple[str, Explainer], ...] = (
    ("mapping values are not allowed", _colon),
    ("cannot start any token", _start),
    ("alphabetic or numeric", _anchor),
    ("unexpected (end of stream|document)", _unclosed_quote),
    ("unknown escape|hexa?decimal|invalid Unicode", _escape),
    ("tag|expected URI|'!'", _summary('"!" starts a tag', _QUOTE)),
    (r"',' or", _unclosed_bracket),
    ("expected key|expected <block end>", _no_key),
    ("could not find expected ':'", _no_colon),
    ("expected '-' indicator", _misaligned),
    (
        "sequence entries are not allowed",
        _summary(
            'a list item "- " cannot start here', "put each item on its own line, or quote the text"
        ),
    ),
    (
        "mapping keys are not allowed",
        _summary('"? " starts a key, which cannot stand here', _QUOTE),
    ),
    (
        "comment or (a )?line break|indentation indicator",
        _summary(
            "a text after | or > starts on the next line", "quote the text, if | or > belongs to it"
        ),
    ),
    (
        "document start",
        _summary(
            "the document has ended before this line", "keep one document a file; align its keys"
        ),
    ),
    ("incompatible YAML document", _summary("only YAML 1.1 and 1.2 are known")),
    ("node content", _summary("a value is missing here", "quote the text, if it is one")),
    ("block scalar|leading blank|tab", _misaligned),
)
