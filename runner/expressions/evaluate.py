"""A text with expressions and a scope of values in, the text's value out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from runner.expressions.filters import DEFAULT, FilterError, is_number, shown, to_text
from runner.expressions.syntax import (
    AbsentError,
    Expression,
    ExpressionError,
    Path,
    listed_names,
    written,
)
from runner.model import Deferred, JobOutput

_MISSING: Final = object()
_SOME_TEXT: Final = "..."


@dataclass(frozen=True, kw_only=True)
class Template:
    """A text with at least one expression, ready to be evaluated any number of times."""

    parts: tuple[str | Expression, ...]
    """Never two texts in a row, never an empty one."""

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """What the expressions refer to, in order of appearance."""
        return tuple(part.path for part in self.parts if isinstance(part, Expression))

    @cached_property
    def roots(self) -> frozenset[str]:
        """The first names of all paths: "vars", "jobs"."""
        return frozenset(str(path[0]) for path in self.paths)

    def without(self, roots: Collection[str]) -> Template | str:
        """The same with some text for each expression that starts from one of these names."""
        parts: list[str | Expression] = []
        for part in self.parts:
            known = isinstance(part, str) or part.path[0] not in roots
            piece = part if known else _SOME_TEXT
            if isinstance(piece, str) and parts and isinstance(parts[-1], str):
                parts[-1] += piece
            else:
                parts.append(piece)
        match parts:
            case [str(text)]:
                return text
        return Template(parts=tuple(parts))

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        """The value with the names of `scope` put in; an ExpressionError where one is unknown.

        One expression alone keeps the type of its value. Otherwise the values must be texts or
        numbers, and the whole is a text, or a Deferred where a part is known only later. Values
        are data: an expression inside one stays as it is.
        """
        if len(self.parts) == 1 and isinstance(self.parts[0], Expression):
            return _value(self.parts[0], scope)
        values = [part if isinstance(part, str) else _part(part, scope) for part in self.parts]
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) == len(values):
            return "".join(texts)
        return Deferred(parts=tuple(_joined(values)))


def _value(expression: Expression, scope: Mapping[str, Any]) -> Any:
    value = _look_up(expression, scope)
    for call in expression.calls:
        if isinstance(value, Deferred):
            raise ExpressionError(
                f"{expression.name} is known only when that job is done: no filter can change it",
                offset=call.offset,
                length=len(call.filter.name),
            )
        if value is _MISSING:
            value = None
        try:
            value = call.filter.apply(value, *call.arguments)
        except FilterError as error:
            raise ExpressionError(
                f"{call.filter.name} cannot take {expression.name}: {error}",
                offset=call.offset,
                length=len(call.filter.name),
                data=True,
            ) from None
    return value


def _look_up(expression: Expression, scope: Mapping[str, Any]) -> Any:
    value: Any = scope
    last = len(expression.path) - 1
    for number, step in enumerate(expression.path):
        try:
            value = _child(value, step)
        except (LookupError, TypeError) as error:
            calls = expression.calls
            if number == last and number and calls and calls[0].filter is DEFAULT:
                return _MISSING
            raise _unknown(expression, number, value, error) from None
    return value


def _child(value: Any, step: str | int) -> Any:
    """What a step leads to. Only items are looked up: no attribute of anything is in reach."""
    if value.__class__ is dict:
        return value[step]
    ordered = isinstance(value, Sequence)
    if isinstance(value, str | bytes) or (ordered and isinstance(step, str)):
        raise KeyError(step)
    if not hasattr(type(value), "__getitem__"):
        raise KeyError(step)
    return value[step]


def _unknown(expression: Expression, number: int, value: Any, error: Exception) -> ExpressionError:
    """Why step `number` leads nowhere from `value`."""
    step = expression.path[number]
    parent = written(expression.path[:number]) if number else ""
    hint = None
    if isinstance(error, AbsentError):
        message, hint = error.message, error.hint
    elif not number:
        message = f'unknown name "{step}"'
        hint = listed_names(str(step), _names(value))
    elif isinstance(value, Mapping) or (_names(value) and not isinstance(value, Sequence)):
        message = f'{parent} has no "{step}"'
        hint = listed_names(str(step), _names(value))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        message = f"{parent} has {len(value)} items, counted from 0: no [{shown(step)}]"
        hint = "a list is asked by number: [0]" if isinstance(step, str) else None
    else:
        message = f"{parent} is a single value, without parts: no {shown(step)}"
    return ExpressionError(message, offset=expression.offset, length=expression.length, hint=hint)


def _names(value: Any) -> list[str]:
    """The names a mapping, or something that lists its names likewise, offers."""
    if isinstance(value, Iterable) and not isinstance(value, str | Sequence):
        return [str(name) for name in value]
    return []


def _part(expression: Expression, scope: Mapping[str, Any]) -> str | Deferred:
    """The value of an expression with text around it."""
    value = _value(expression, scope)
    if isinstance(value, Deferred):
        return value
    if isinstance(value, str) or is_number(value):
        return to_text(value)
    raise ExpressionError(
        f"{expression.name} is {_kind(value)}, and only text and numbers go into a text",
        offset=expression.offset,
        length=expression.length,
        hint=_remedy(value, expression),
        data=True,
    )


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return shown(value)
    return "a mapping" if isinstance(value, Mapping) else "a list"


def _remedy(value: Any, expression: Expression) -> str:
    if value is None:
        return f'give it a default: ${{{{ {expression.name} | default("...") }}}}'
    name = "str" if isinstance(value, bool) else "json"
    return f"say so, if it is meant: ${{{{ {expression.name} | {name} }}}}"


def _joined(values: Iterable[str | Deferred]) -> list[str | JobOutput]:
    """The parts of texts and deferred values, with texts in a row made one."""
    joined: list[str | JobOutput] = []
    for value in values:
        for part in (value,) if isinstance(value, str) else value.parts:
            if isinstance(part, str) and joined and isinstance(joined[-1], str):
                joined[-1] += part
            elif part != "":
                joined.append(part)
    return joined
