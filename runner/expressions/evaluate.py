"""Templates: compile a text with expressions once, evaluate it against any scope of values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from runner.errors import suggest
from runner.expressions.filters import DEFAULT, FilterError, format_value, to_text
from runner.expressions.syntax import (
    OPENING,
    AbsentError,
    Expression,
    ExpressionError,
    format_path,
    parse_expression,
)
from runner.model.values import Deferred, is_number

_MISSING: Final = object()
_PLACEHOLDER: Final = "..."
_OPENING = re.compile(r"\$?\$\{\{")


def compile_text(text: str) -> Template | str:
    """A template; or the text itself, with `$${{` as `${{`, if it contains no expression.

    Raises ExpressionError.
    """
    return _compile(text) if OPENING in text else text


# The same text is compiled for each row, matrix value and take; few, because they may be long.
@lru_cache(maxsize=512)
def _compile(text: str) -> Template | str:
    parts: list[str | Expression] = []
    end = 0
    while opening := _OPENING.search(text, end):
        parts.append(text[end : opening.start()])
        if opening[0] == OPENING:
            expression, end = parse_expression(text, opening.start())
            for step in expression.path if expression.computed else ():
                _inner_template(step, expression)  # raises for one that cannot be parsed
            parts.append(expression)
        else:  # escaped with a second dollar sign
            parts.append(OPENING)
            end = opening.end()
    return _template([*parts, text[end:]])


def _inner_template(step: str | int, expression: Expression) -> Template | str | int:
    """A name in the brackets of a path, which may contain expressions, compiled."""
    try:
        return compile_text(step) if isinstance(step, str) else step
    except ExpressionError as error:
        raise _at(expression, error) from None


def _at(expression: Expression, error: ExpressionError) -> ExpressionError:
    """An error inside the brackets of an expression, where the offset counts from there."""
    return ExpressionError(
        error.message, offset=expression.offset, hint=error.hint, data=error.data
    )


def _template(parts: Iterable[str | Expression]) -> Template | str:
    match _joined(parts):
        case (str(text),):
            return text
        case joined:
            return Template(parts=joined)


def _joined(parts: Iterable[Any]) -> tuple[Any, ...]:
    """The parts with neighbouring texts joined, and without empty texts."""
    joined: list[Any] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text with at least one expression."""

    parts: tuple[str | Expression, ...]
    """No two texts in a row and no empty text."""

    def without(self, roots: AbstractSet[str]) -> Template | str:
        """The template with placeholder text for the expressions that start with these names."""
        return _template(
            _PLACEHOLDER if isinstance(part, Expression) and roots & names_in(part) else part
            for part in self.parts
        )

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        """The value; raises ExpressionError where `scope` lacks a name or a filter fails.

        A single expression keeps the type of its value. Otherwise each value must be text or a
        number, and the result is text, or a Deferred if a part is only known later. Values are
        data: an expression inside a value is not evaluated.
        """
        if len(self.parts) == 1 and isinstance(self.parts[0], Expression):
            return _evaluate(self.parts[0], scope)
        values = [part if isinstance(part, str) else _as_text(part, scope) for part in self.parts]
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) == len(values):
            return "".join(texts)
        nested = ((value,) if isinstance(value, str) else value.parts for value in values)
        return Deferred(parts=_joined(chain.from_iterable(nested)))


def names_in(expression: Expression) -> set[str]:
    """The names that it starts from, with those of the expressions inside its brackets."""
    names = {str(expression.path[0])}
    for step in expression.path if expression.computed else ():
        template = _inner_template(step, expression)
        for part in template.parts if isinstance(template, Template) else ():
            names |= names_in(part) if isinstance(part, Expression) else set()
    return names


def _evaluate(expression: Expression, scope: Mapping[str, Any]) -> Any:
    value = _look_up(expression, scope)
    for call in expression.calls:
        name = call.filter.name
        if isinstance(value, Deferred):
            raise ExpressionError(
                f"{expression.name} is not known until that job is done: filters cannot change it",
                offset=call.offset,
            )
        try:
            value = call.filter.apply(None if value is _MISSING else value, *call.arguments)
        except FilterError as error:
            raise ExpressionError(
                f"{name} does not accept {expression.name}: {error}",
                offset=call.offset,
                hint=error.hint,
                data=True,
            ) from None
    return value


def _as_text(expression: Expression, scope: Mapping[str, Any]) -> str | Deferred:
    """The value of an expression with text around it."""
    value = _evaluate(expression, scope)
    if isinstance(value, Deferred):
        return value
    if isinstance(value, str) or is_number(value):
        return to_text(value)
    kind, advice, filter_ = "a list", "convert it", "json"
    if value is None:
        kind, advice, filter_ = "null", "give it a default", 'default("...")'
    elif isinstance(value, bool):
        kind, filter_ = format_value(value), "str"
    elif isinstance(value, Mapping):
        kind = "a mapping"
    raise ExpressionError(
        f"{expression.name} is {kind}, and only text and numbers can be part of a text",
        offset=expression.offset,
        hint=f"{advice}: ${{{{ {expression.name} | {filter_} }}}}",
        data=True,
    )


# ----------------------------------------------------------------------------------------- lookup


def _look_up(expression: Expression, scope: Mapping[str, Any]) -> Any:
    """The value at the path; `_MISSING` if only its last name is missing and has a default."""
    value: Any = scope
    if expression.computed:
        path = tuple(_computed(step, expression, scope) for step in expression.path)
        expression = replace(expression, path=path)
    last = len(expression.path) - 1
    for number, step in enumerate(expression.path):
        try:
            value = _child(value, step)
        except (LookupError, TypeError) as error:
            calls = expression.calls
            # Only the last name may be missing: a typo in the path must not become the default.
            if number == last and number and calls and calls[0].filter is DEFAULT:
                return _MISSING
            raise _lookup_error(expression, number, value, error) from None
    return value


def _computed(step: str | int, expression: Expression, scope: Mapping[str, Any]) -> str | int:
    """A step of the path, with the expressions inside it evaluated to text."""
    template = _inner_template(step, expression)
    if not isinstance(template, Template):
        return template
    try:
        value = template.evaluate(scope)
    except ExpressionError as error:
        raise _at(expression, error) from None
    if isinstance(value, str) or is_number(value):
        return to_text(value)
    raise ExpressionError(
        f"{step} is neither text nor a number, so that it can be no name",
        offset=expression.offset,
        data=True,
    )


def _child(value: Any, step: str | int) -> Any:
    # Only items are looked up, never attributes: no object of Python's can be reached.
    if value.__class__ is dict:
        return value[step]
    is_sequence = isinstance(value, Sequence)
    if isinstance(value, str | bytes) or (is_sequence and isinstance(step, str)):
        raise KeyError(step)
    if not hasattr(type(value), "__getitem__"):
        raise KeyError(step)
    return value[step]


def _lookup_error(
    expression: Expression, number: int, value: Any, error: Exception
) -> ExpressionError:
    """Why `value` has no step `number` of the path."""
    step = expression.path[number]
    parent = format_path(expression.path[:number]) if number else ""
    # Of a mapping, or of an object that iterates over the names it offers.
    has_names = isinstance(value, Iterable) and not isinstance(value, str | Sequence)
    names = [str(name) for name in value] if has_names else []
    hint = None
    if isinstance(error, AbsentError):
        message, hint = error.message, error.hint
    elif not number:
        message, hint = f'unknown name "{step}"', suggest(str(step), names)
    elif names:
        message, hint = f'{parent} has no "{step}"', suggest(str(step), names)
    elif isinstance(value, Mapping):
        message = f"{parent} is empty"
    elif isinstance(value, Sequence) and not isinstance(value, str):
        message = f"{parent} has {len(value)} items, numbered from 0: no [{format_value(step)}]"
        hint = "select an item by its number: [0]" if isinstance(step, str) else None
    else:
        message = f"{parent} is a single value: it has no {format_value(step)}"
    return ExpressionError(message, offset=expression.offset, hint=hint)
