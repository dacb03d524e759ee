"""A value with `${{ ... }}` in its texts in, the value with what they stand for out."""

from __future__ import annotations

import glob
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from runner.expansion.references import JobResult, JobResults, Outputs
from runner.expressions import ExpressionError, compile_text

Path: TypeAlias = tuple[str | int, ...]
Scope: TypeAlias = Mapping[str, Any]

_EXPRESSION = "${{"


class AlreadyReportedError(Exception):
    """What an expression asks for is broken itself; the user was told so at its own place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationError:
    """An expression that gives no value."""

    path: Path
    """To the text, inside the value that was filled."""
    text: str
    message: str | None
    """None where the cause was told already."""
    hint: str | None = None
    offset: int = 0
    """Characters into `text`."""
    data: bool = True
    """What came out is to blame, such as a row's cell, rather than what is written."""


def has_expression(value: Any) -> bool:
    """Whether there is an expression, or an escaped one, anywhere inside."""
    if isinstance(value, str):
        return _EXPRESSION in value
    if isinstance(value, dict):
        return any(map(has_expression, value.values()))
    return isinstance(value, list) and any(map(has_expression, value))


def roots(value: Any) -> frozenset[str]:
    """The names that expressions inside start from; of one that cannot be read, none."""
    if isinstance(value, dict):
        return frozenset().union(*map(roots, value.values()))
    if isinstance(value, list):
        return frozenset().union(*map(roots, value))
    try:
        template = compile_text(value) if isinstance(value, str) else ""
    except ExpressionError:
        return frozenset()
    return frozenset() if isinstance(template, str) else template.roots


def stand_in(text: str) -> str:
    """A glob for what `text` may come to, whatever its expressions stand for."""
    try:
        template = compile_text(text)
    except ExpressionError:
        return "*"
    parts = (template,) if isinstance(template, str) else template.parts
    return "".join(
        glob.escape(unicodedata.normalize("NFC", part)) if isinstance(part, str) else "*"
        for part in parts
    )


def interpolate(
    value: Any,
    scope: Scope,
    faults: list[EvaluationError],
    path: Path = (),
    unknown: Collection[str] = (),
) -> Any:
    """`value` with every expression inside evaluated; what fails is added to `faults`.

    Mappings and lists are walked, keys are left as they are; parts without an expression are
    shared with `value`. Where something failed, the result is of no use; nor where expressions
    start from `unknown` names, which fail nowhere.
    """
    if isinstance(value, str):
        return _evaluated(value, scope, faults, path, unknown) if _EXPRESSION in value else value
    if isinstance(value, dict):
        return {
            key: interpolate(item, scope, faults, (*path, key), unknown)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            interpolate(item, scope, faults, (*path, n), unknown) for n, item in enumerate(value)
        ]
    return value


def _evaluated(
    text: str, scope: Scope, faults: list[EvaluationError], path: Path, unknown: Collection[str]
) -> Any:
    try:
        template = compile_text(text)
        if unknown and not isinstance(template, str):
            template = template.without(unknown)
        found = template if isinstance(template, str) else template.evaluate(scope)
    except ExpressionError as error:
        fault = EvaluationError(
            path=path,
            text=text,
            message=error.message,
            hint=error.hint,
            offset=error.offset,
            data=error.data,
        )
    except AlreadyReportedError:
        fault = EvaluationError(path=path, text=text, message=None)
    else:
        if not isinstance(found, JobResults | JobResult | Outputs):
            return found
        hint = "name a part of its result, as in ${{ jobs.ID.output }}"
        fault = EvaluationError(path=path, text=text, message=f"{text} is no value", hint=hint)
    faults.append(fault)
    return None
