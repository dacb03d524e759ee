"""The text inside `${{ }}` in, its names, numbers, quoted texts and signs out."""

from __future__ import annotations

import re
from typing import NamedTuple

from runner.expressions.error import ExpressionError

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
