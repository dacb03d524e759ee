"""The text of an expression in, its path and filters out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from runner.expressions.filters import FILTERS, Filter


class ExpressionError(ValueError):
    """An expression that cannot be read, or not be evaluated where it stands."""

    def __init__(
        self,
        message: str,
        *,
        offset: int,
        length: int = 1,
        hint: str | None = None,
        data: bool = False,
    ):
        super().__init__(message)
        self.message = message
        self.offset = offset
        """Characters of the text before the part that is wrong."""
        self.length = length
        self.hint = hint
        self.data = data
        """The value that was found is to blame, rather than what was written."""


class AbsentError(LookupError):
    """A name that is missing for a reason of its own, raised by what an expression looks into."""

    def __init__(self, message: str, hint: str):
        super().__init__(message)
        self.message = message
        self.hint = hint


_LISTED = 12
_COMPARED = 1000
"""Comparing takes time: of more names, only those that start alike are looked at."""


def listed_names(name: str, names: Iterable[str]) -> str:
    """A hint: the known name nearest to `name`, and the first of those there are."""
    choices = list(names)
    if not choices:
        return "there are none"
    compared = choices
    if len(choices) > _COMPARED:
        compared = [choice for choice in choices if choice.startswith(name[:2])][:_COMPARED]
    nearest = difflib.get_close_matches(name, compared, n=1)
    listed = ", ".join(choices[:_LISTED]) + (", ..." if len(choices) > _LISTED else "")
    return f'did you mean "{nearest[0]}"? (known: {listed})' if nearest else f"known: {listed}"


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<end>\}\})
    |(?P<number>[-+]?(?:\d+\.\d+|\d+)(?:[eE][-+]?\d+)?(?![\w-]))
    |(?P<name>\w[\w-]*)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<sign>[.\[\]|(),])
    )""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """One piece of an expression."""

    kind: str
    """end, number, name, text or sign; unknown for any other sign, nothing behind the last."""
    text: str
    start: int
    """Characters before it."""
    end: int

    def error(self, message: str, hint: str | None = None) -> ExpressionError:
        """An error at this token."""
        length = max(1, self.end - self.start)
        return ExpressionError(message, offset=self.start, length=length, hint=hint)


def next_token(text: str, at: int) -> Token:
    """The first token of `text` from `at` on."""
    found = _TOKEN.match(text, at)
    if found and found.lastgroup:
        start, end = found.span(found.lastgroup)
        return Token(found.lastgroup, found[found.lastgroup], start, end)
    start = len(text) - len(text[at:].lstrip())
    kind = "unknown" if start < len(text) else "nothing"
    return Token(kind, text[start : start + 1], start, start + 1)


_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "'": "'"}


def unescaped(token: Token) -> str:
    """What a quoted text says."""
    unknown = next((c for c in _ESCAPE.findall(token.text[1:-1]) if c not in _ESCAPES), None)
    if unknown is not None:
        raise token.error(f"unknown escape \\{unknown}", "write a backslash as \\\\")
    return _ESCAPE.sub(lambda found: _ESCAPES[found[1]], token.text[1:-1])


def number(token: Token) -> int | float:
    """The value of a number."""
    try:
        return int(token.text) if token.text.lstrip("+-").isdigit() else float(token.text)
    except ValueError:
        raise token.error("the number is too long") from None


Path: TypeAlias = tuple[str | int, ...]
"""Names and list numbers from a root such as "vars"."""

OPENING = "${{"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A filter with its arguments."""

    filter: Filter
    arguments: tuple[Any, ...]
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """`${{ path | filter | filter(argument) }}`, as it stands in a text."""

    path: Path
    calls: tuple[Call, ...]
    offset: int
    """Characters of the text before its path."""
    length: int
    """Characters of the path."""

    @property
    def name(self) -> str:
        """The path as one would write it."""
        return written(self.path)


def written(path: Path) -> str:
    """A path as one would write it: `jobs["a.1"].outputs[0]`."""
    root, *steps = path
    return str(root) + "".join(
        f"[{step}]"
        if isinstance(step, int)
        else f".{step}"
        if _BARE.fullmatch(step)
        else f'["{step}"]'
        for step in steps
    )


_BARE = re.compile(r"\w[\w-]*")


def read_expression(text: str, start: int) -> tuple[Expression, int]:
    """The expression that opens at `start`, and the index behind its `}}`."""
    return _Reader(text, start).expression()


class _Reader:
    """Reads tokens one by one, always one ahead."""

    def __init__(self, text: str, start: int):
        self.text = text
        self.start = start
        self.token = next_token(text, start + len(OPENING))

    def expression(self) -> tuple[Expression, int]:
        first = self.token
        path = self._path()
        length = self.behind - first.start
        calls: list[Call] = []
        while self._accept("|"):
            calls.append(self._call())
        if self.token.kind != "end":
            raise self._unexpected()
        found = Expression(path=path, calls=tuple(calls), offset=first.start, length=length)
        return found, self.token.end

    def _path(self) -> Path:
        if self.token.kind == "end":
            raise self._error("the expression is empty", "name a value: ${{ vars.name }}")
        if self.token.kind != "name":
            raise self._unexpected()
        steps: list[str | int] = [self._take().text]
        while True:
            if self._accept("."):
                steps.append(self._step())
            elif self._accept("["):
                steps.append(self._index())
                self._expect("]")
            else:
                return tuple(steps)

    def _step(self) -> str:
        if self.token.kind == "name" or self.token.text.isdigit():
            return self._take().text
        raise self._error("a name must follow the point", 'or a ["name"] without a point')

    def _index(self) -> str | int:
        token = self.token
        if token.kind == "text":
            return unescaped(self._take())
        if token.kind == "number" and token.text.isdecimal():
            return int(self._take().text)
        raise self._error('a number or a "name" in quotes must follow the [')

    def _call(self) -> Call:
        token = self.token
        if token.kind != "name":
            hint = _HINTS.get(token.text)
            raise self._error("the name of a filter must follow the |", hint)
        self._take()
        made = FILTERS.get(token.text)
        if made is None:
            hint = listed_names(token.text, FILTERS)
            raise token.error(f'unknown filter "{token.text}"', hint)
        arguments = self._arguments()
        if len(arguments) != made.arguments:
            count = f"{made.arguments or 'no'} argument{'s' * (made.arguments != 1)}"
            raise token.error(f"the filter {token.text} takes {count}, not {len(arguments)}")
        return Call(filter=made, arguments=arguments, offset=token.start)

    def _arguments(self) -> tuple[Any, ...]:
        if not self._accept("("):
            return ()
        found: list[Any] = []
        while not self._accept(")"):
            if found:
                self._expect(",")
            found.append(self._literal())
        return tuple(found)

    def _literal(self) -> Any:
        token = self.token
        if token.kind == "text":
            return unescaped(self._take())
        if token.kind == "number":
            return number(self._take())
        if token.kind == "name" and token.text in _CONSTANTS:
            return _CONSTANTS[self._take().text]
        hint = f'quote it: "{token.text}"' if token.kind == "name" else None
        raise self._error('an argument is a "text", a number, true, false or null', hint)

    # ------------------------------------------------------------------------------------ tokens

    def _take(self) -> Token:
        token = self.token
        self.behind = token.end
        self.token = next_token(self.text, token.end)
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
        return self._error(f"{sign} cannot stand here", _HINTS.get(sign, _PLAIN_HINT))

    def _error(self, message: str, hint: str | None = None) -> ExpressionError:
        """An error at the token ahead; an end that never comes is told where it was opened."""
        if self.token.kind == "nothing":
            return ExpressionError(
                "the expression opened here is never closed",
                offset=self.start,
                length=len(OPENING),
                hint="close it with }}, or write $${{ for the signs themselves",
            )
        if self.token.text in _QUOTES:
            return self.token.error(f"the quote {self.token.text} opened here is never closed")
        return self.token.error(message, hint)


_QUOTES = ("'", '"')
_CONSTANTS = {"true": True, "false": False, "null": None}
_PLAIN_HINT = "an expression is a path and filters: ${{ vars.name | lower }}"
_HINTS = dict.fromkeys("+-*/%=<>!&?", "expressions have no arithmetic and no comparisons") | {
    "|": 'another value for what is missing: | default("...")',
    "(": "only filters take arguments, after a |",
    "}": "an expression ends with }}",
}
