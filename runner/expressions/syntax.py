"""Expression syntax: parses `${{ path | filter(argument) }}` into a path and filter calls."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from runner.errors import HintedError, name_character, suggest
from runner.expressions.filters import FILTERS, Filter

OPENING = "${{"

Path: TypeAlias = tuple[str | int, ...]
"""Names and list indexes, from a root such as "vars"."""


class ExpressionError(HintedError):
    """An expression that cannot be parsed or evaluated."""

    def __init__(self, message: str, *, offset: int, hint: str | None = None, data: bool = False):
        super().__init__(message, hint)
        self.offset = offset
        """Characters of the text before the wrong part."""
        self.data = data
        """The value is wrong, not the expression."""


class AbsentError(HintedError, LookupError):
    """A name that is missing for a known reason; raised by mappings that a scope contains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterCall:
    """A filter with its arguments."""

    filter: Filter
    arguments: tuple[Any, ...]
    offset: int
    """Characters of the text before its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """`${{ path | filter | filter(argument) }}` at its place in a text."""

    path: Path
    calls: tuple[FilterCall, ...]
    offset: int
    """Characters of the text before the path."""
    computed: bool = False
    """Some name in its brackets contains expressions itself."""

    @property
    def name(self) -> str:
        """The path as a user would write it."""
        return format_path(self.path)


_BARE_NAME = re.compile(r"\w[\w-]*")


def format_path(path: Path) -> str:
    """A path as a user would write it: `jobs["a.1"].outputs[0]`."""
    root, *steps = path
    return str(root) + "".join(map(_format_step, steps))


def _format_step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _BARE_NAME.fullmatch(step) else f'["{step}"]'


# ----------------------------------------------------------------------------------------- tokens

# A number is not followed by a letter or hyphen: `1080p` and `2-x` are names.
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<end>\}\})
    |(?P<number>[-+]?(?:\d+\.\d+|\d+)(?:[eE][-+]?\d+)?(?![\w-]))
    |(?P<name>\w[\w-]*)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<sign>[.\[\]|(),])
    |(?P<unknown>.)
    |(?P<nothing>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "'": "'"}


class _Token(NamedTuple):
    kind: str
    """The name of a group of `_TOKEN`; "nothing" comes after the last token."""
    text: str
    start: int
    end: int

    def error(self, message: str, hint: str | None = None) -> ExpressionError:
        return ExpressionError(message, offset=self.start, hint=hint)

    def unquoted(self) -> str:
        """The value of a text token."""
        inner = self.text[1:-1]
        for escape in _ESCAPE.findall(inner):
            if escape not in _ESCAPES:
                raise self.error(f"unknown escape \\{escape}", "write a backslash as \\\\")
        return _ESCAPE.sub(lambda match: _ESCAPES[match[1]], inner)

    def number(self) -> int | float:
        """The value of a number token."""
        try:
            return int(self.text) if self.text.lstrip("+-").isdigit() else float(self.text)
        except ValueError:  # Python's limit for the digits of an integer
            raise self.error("the number is too long") from None


def _next_token(text: str, at: int) -> _Token:
    match = _TOKEN.match(text, at)
    assert match is not None, "the groups cover every text"
    kind = match.lastgroup or ""
    return _Token(kind, match[kind], *match.span(kind))


# ----------------------------------------------------------------------------------------- parser

_QUOTES = ("'", '"')
_CONSTANTS = {"true": True, "false": False, "null": None}
_BRACKETS_HINT = '${{ vars["name"] }}'
_GENERAL_HINT = "an expression is a path and filters: ${{ vars.name | lower }}"
_HINTS = dict.fromkeys("+-*/%=<>!&?", "expressions have no arithmetic and no comparisons") | {
    "|": 'use a default for a missing value: | default("...")',
    "(": "only filters take arguments, after a |",
    "}": "an expression ends with }}",
}


_ARGUMENTS = {(0,): "no arguments", (1,): "1 argument", (0, 1): "at most 1 argument"}


def parse_expression(text: str, start: int) -> tuple[Expression, int]:
    """The expression that opens at `start`, and the index after its `}}`."""
    return _Parser(text, start).expression()


class _Parser:
    """Recursive descent over tokens, with one token of lookahead in `token`."""

    def __init__(self, text: str, start: int):
        self.text = text
        self.start = start
        self.token = _next_token(text, start + len(OPENING))

    def expression(self) -> tuple[Expression, int]:
        offset, path = self.token.start, self._path()
        calls: list[FilterCall] = []
        while self._accept("|"):
            calls.append(self._call())
        if self.token.kind != "end":
            raise self._unexpected()
        # The token is not taken: what follows it is the text around the expression.
        return (
            Expression(
                path=path,
                calls=tuple(calls),
                offset=offset,
                computed=any(isinstance(step, str) and OPENING in step for step in path),
            ),
            self.token.end,
        )

    def _path(self) -> Path:
        if self.token.kind == "end":
            raise self._error("the expression is empty", "name a value: ${{ vars.name }}")
        if self.token.kind != "name":
            raise self._unexpected()
        steps: list[str | int] = [self._take().text]
        while True:
            if self._accept("."):
                steps.append(self._name_after_dot())
            elif self._accept("["):
                steps.append(self._index())
                self._expect("]")
            else:
                return tuple(steps)

    def _name_after_dot(self) -> str:
        if self.token.kind == "name" or self.token.text.isdigit():  # `.1`: a key that is a number
            return self._take().text
        raise self._error("a name must follow the dot", 'or write ["name"] without the dot')

    def _index(self) -> str | int:
        if self.token.kind == "text":
            return self._take().unquoted()
        if self.token.kind == "number" and self.token.text.isdecimal():  # no sign, no fraction
            return int(self._take().text)
        raise self._error('a number or a "name" in quotes must follow the [')

    def _call(self) -> FilterCall:
        if self.token.kind != "name":
            hint = _HINTS.get(self.token.text)
            raise self._error("the name of a filter must follow the |", hint)
        token = self._take()
        filter_ = FILTERS.get(token.text)
        if filter_ is None:
            raise token.error(
                f'unknown filter "{token.text}"',
                suggest(token.text, FILTERS, rest="docs/manifest.md has all"),
            )
        arguments = self._arguments()
        if len(arguments) not in filter_.arguments:
            needed = _ARGUMENTS[filter_.arguments]
            raise token.error(f"the filter {token.text} takes {needed}, not {len(arguments)}")
        return FilterCall(filter=filter_, arguments=arguments, offset=token.start)

    def _arguments(self) -> tuple[Any, ...]:
        arguments: list[Any] = []
        if self._accept("("):
            while not self._accept(")"):
                if arguments:
                    self._expect(",")
                arguments.append(self._argument())
        return tuple(arguments)

    def _argument(self) -> Any:
        if self.token.kind == "text":
            return self._take().unquoted()
        if self.token.kind == "number":
            return self._take().number()
        if self.token.kind == "name" and self.token.text in _CONSTANTS:
            return _CONSTANTS[self._take().text]
        hint = f'quote it: "{self.token.text}"' if self.token.kind == "name" else None
        raise self._error('an argument is a "text", a number, true, false or null', hint)

    def _take(self) -> _Token:
        token = self.token
        self.token = _next_token(self.text, token.end)
        return token

    def _accept(self, sign: str) -> bool:
        if self.token.kind != "sign" or self.token.text != sign:
            return False
        self._take()
        return True

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            raise self._error(f'"{sign}" is expected here')

    def _unexpected(self) -> ExpressionError:
        sign = self.token.text
        if unicodedata.category(sign[:1] or " ").startswith("M"):  # an accent, a vowel sign
            hint = f"write the whole name in brackets and quotes: {_BRACKETS_HINT}"
            return self._error(f"{name_character(sign[0])} is not allowed here", hint)
        return self._error(f"{sign} is not allowed here", _HINTS.get(sign, _GENERAL_HINT))

    def _error(self, message: str, hint: str | None = None) -> ExpressionError:
        """An error at the next token; a missing end is an error at what was opened."""
        if self.token.kind == "nothing":
            return ExpressionError(
                "the expression opened here is never closed",
                offset=self.start,
                hint="close it with }}, or write $${{ for a literal ${{",
            )
        if self.token.text in _QUOTES:
            return self.token.error(f"the quote {self.token.text} opened here is never closed")
        return self.token.error(message, hint)
