"""Interpolation: evaluates the `${{ ... }}` expressions in the texts of a value."""

from __future__ import annotations

import glob
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from runner.expansion.references import JobResult, JobResults, Outputs
from runner.expressions.evaluate import compile_text, names_in
from runner.expressions.syntax import OPENING, Expression, ExpressionError
from runner.model.values import ValuePath, map_leaves, walk

Scope: TypeAlias = Mapping[str, Any]
"""The values of the names that expressions start from: `vars`, `matrix`, `jobs`, ..."""


class AlreadyReportedError(Exception):
    """What an expression refers to is wrong itself, and was reported where it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationError:
    """An expression that has no value, or a value that cannot be used where it stands."""

    path: ValuePath
    """Of the text with the expression, inside the value that was interpolated."""
    message: str | None
    """None where the cause is reported elsewhere."""
    hint: str | None = None
    text: str = ""
    """The text with the expression; empty where the error has no offset in it."""
    offset: int = 0
    """Characters into `text`."""
    data: bool = True
    """The value is wrong, such as a row's cell, rather than what the manifest writes."""


def has_expression(value: Any) -> bool:
    """Whether there is an expression, or an escaped one, anywhere inside."""
    # Asked of every value of every job, so without the paths that `walk` makes.
    if isinstance(value, str):
        return OPENING in value
    if isinstance(value, dict):
        return any(map(has_expression, value.values()))
    return isinstance(value, list | tuple) and any(map(has_expression, value))


def parts_of(text: str) -> tuple[str | Expression, ...]:
    """The expressions of a text and the texts between them; empty for a syntax error."""
    try:
        template = compile_text(text)
    except ExpressionError:
        return ()
    return (template,) if isinstance(template, str) else template.parts


def roots(value: Any) -> set[str]:
    """The names that expressions inside `value` start from, as far as they can be parsed."""
    parts = (part for _, leaf in walk(value) if isinstance(leaf, str) for part in parts_of(leaf))
    return {name for part in parts if isinstance(part, Expression) for name in names_in(part)}


def glob_of(text: str) -> str:
    """A glob that matches whatever `text` may become when its expressions are evaluated."""
    globs = [
        glob.escape(unicodedata.normalize("NFC", part)) if isinstance(part, str) else "*"
        for part in parts_of(text)
    ]
    return "".join(globs) if globs else "*"  # a text that cannot be parsed may become anything


def interpolate(
    value: Any,
    scope: Scope,
    errors: list[EvaluationError],
    path: ValuePath = (),
    unknown: Collection[str] = (),
) -> Any:
    """`value` with every expression inside evaluated; what fails is added to `errors`.

    `path` is that of `value`, for the errors. Expressions that start from a name in `unknown`
    become some text and never fail. The result is meaningless where an expression failed or is
    unknown.
    """
    if value is None or (isinstance(value, str) and OPENING not in value):
        return value  # most values: without the walk
    return map_leaves(value, lambda at, leaf: _evaluated(leaf, scope, errors, at, unknown), path)


def _evaluated(
    text: Any,
    scope: Scope,
    errors: list[EvaluationError],
    path: ValuePath,
    unknown: Collection[str],
) -> Any:
    if not isinstance(text, str) or OPENING not in text:
        return text
    try:
        template = compile_text(text)  # cached: a hundred thousand jobs share a few texts
        if unknown and not isinstance(template, str):
            template = template.without(frozenset(unknown))
        value = template if isinstance(template, str) else template.evaluate(scope)
    except ExpressionError as error:
        failure = EvaluationError(
            path=path,
            text=text,
            message=error.message,
            hint=error.hint,
            offset=error.offset,
            data=error.data,
        )
    except AlreadyReportedError:
        failure = EvaluationError(path=path, text=text, message=None)
    else:
        # These are steps on the way to a part of a result, and mean nothing to a provider.
        if not isinstance(value, JobResults | JobResult | Outputs):
            return value
        hint = "name a part of its result, as in ${{ jobs.ID.output }}"
        failure = EvaluationError(path=path, text=text, message=f"{text} is not a value", hint=hint)
    errors.append(failure)
    return None
