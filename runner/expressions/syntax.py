"""The text of an expression in, its path and filters out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

from runner.expressions.error import ExpressionError, known
from runner.expressions.filters import FILTERS, Filter
from runner.expressions.tokens import Token, next_token, number, unescaped

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
            hint = known(token.text, FILTERS)
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
