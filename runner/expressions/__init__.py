"""Texts with `${{ path | filter }}` in, their values out: a path and filters, and no language."""

from __future__ import annotations

import re
from functools import lru_cache

from runner.expressions.evaluate import Template
from runner.expressions.syntax import (
    OPENING,
    AbsentError,
    Expression,
    ExpressionError,
    Path,
    read_expression,
)

__all__ = ["AbsentError", "Expression", "ExpressionError", "Path", "Template", "compile_text"]

_OPENING = re.compile(r"\$?\$\{\{")


def compile_text(text: str) -> Template | str:
    """A template, or the text itself where no expression is in it, with `$${{` made `${{`.

    Raises ExpressionError where an expression cannot be read.
    """
    return _compiled(text) if OPENING in text else text


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Template | str:
    parts: list[str | Expression] = []
    literal, behind = "", 0
    while opening := _OPENING.search(text, behind):
        literal += text[behind : opening.start()]
        behind = opening.end()
        if opening[0] != OPENING:
            literal += OPENING
            continue
        expression, behind = read_expression(text, opening.start())
        parts += [literal, expression] if literal else [expression]
        literal = ""
    literal += text[behind:]
    if not parts:
        return literal
    return Template(parts=(*parts, literal) if literal else tuple(parts))
