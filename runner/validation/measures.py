"""Measures: the rules of an operation's file that JSON Schema lacks.

A text's length where some characters count more than once (`x-length`), and a number that another
one bounds (`x-compare`). Values of another type are skipped: the schema reports them.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from runner.model.names import EACH, leaves_at, steps, values_at
from runner.model.operations import Operation
from runner.model.values import Parameters, ValuePath, is_number
from runner.operations import defaults_of, with_inner_defaults
from runner.validation.diagnostics import Finding, dotted, shown
from runner.validation.schema import rules_inside

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

Rule = Mapping[str, Any]


def measure(
    operation: Operation,
    parameters: Parameters,
    stand_ins: Parameters,
    skipped: Collection[str] = (),
) -> Iterator[Finding]:
    """The errors; conditions are about `stand_ins`, which has a value for each deferred one.

    Nothing is compared with parameters in `skipped`, whose values are unknown or wrong.
    """
    rules = _rules(operation)
    for name, rule in rules.lengths:
        for path, value in leaves_at(parameters, name):
            if isinstance(value, str):
                yield from _length(path, value, rule)
    for condition, rule in rules.comparisons:
        names = {steps(rule[side])[0] for side in ("left", "right")}
        if names.isdisjoint(skipped) and condition.is_valid(dict(stand_ins)):
            yield from _compared(rule, parameters, _with_defaults(operation, parameters, names))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    lengths: tuple[tuple[str, Rule], ...]
    """The name of each text, see `model.names`, with its `x-length`."""
    comparisons: tuple[tuple[Draft202012Validator, Rule], ...]
    """Each with its compiled condition."""


@functools.cache
def _rules(operation: Operation) -> _Rules:
    from jsonschema_rs import Draft202012Validator

    rules = rules_inside(operation.schema["properties"])
    comparisons = operation.schema.get("x-compare", ())
    return _Rules(
        lengths=tuple((n, rule["x-length"]) for n, rule in rules.items() if "x-length" in rule),
        comparisons=tuple((Draft202012Validator(c.get("if", {})), c) for c in comparisons),
    )


# ---------------------------------------------------------------------------------------- lengths


def _length(path: ValuePath, text: str, rule: Rule) -> Iterator[Finding]:
    """`text has 3 characters, but at least 4 are needed`."""
    count, weight = len(text), rule["wide"]
    total = sum(weight if _is_wide(each) else 1 for each in text)
    least, most = rule.get("min", 0), rule.get("max", total)
    if least <= total <= most:
        return
    needed = f"at least {least} are needed" if total < least else f"at most {most} are allowed"
    counted = f"{count or 'no'} character{'' if count == 1 else 's'}"
    if total != count:
        counted += f", which count{'s' if count == 1 else ''} as {total}"
    hint = f"a Chinese character counts as {weight}"
    yield Finding(path=path, message=f"{dotted(path)} has {counted}, but {needed}", hint=hint)


def _is_wide(character: str) -> bool:
    """Whether it is a Chinese character, or one of that width: kana, hangul, full-width forms."""
    return unicodedata.east_asian_width(character) in "WF"


# ------------------------------------------------------------------------------------ comparisons


def _with_defaults(
    operation: Operation, parameters: Parameters, names: Collection[str]
) -> Parameters:
    values = {**defaults_of(operation, parameters), **parameters}
    return {
        name: with_inner_defaults(operation, name, values[name]) for name in names & values.keys()
    }


_HOLDS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "below": lambda left, right: left < right,
    "at most": lambda left, right: left <= right,
    "equal to": lambda left, right: left == right,
}
_BROKEN = {"below": "is not below", "at most": "is above", "equal to": "is not"}


def _compared(rule: Rule, given: Parameters, values: Parameters) -> Iterator[Finding]:
    """`timing_prompts[0].from 3 is not below timing_prompts[0].to 2`."""
    holds, broken = _HOLDS[rule["is"]], _BROKEN[rule["is"]]
    lefts = [(path, _number(value)) for path, value in values_at(values, rule["left"])]
    if rule.get("sum"):
        yield from _summed(rule, given, values, lefts)
        return
    for path, left in lefts:
        for other_path, value in _rights(rule, path, values):
            right = _number(value)
            if left is not None and right is not None and not holds(left, right):
                other = _described(other_path, value, given)
                message = f"{dotted(path)} {_plain(left)} {broken} {other}"
                yield Finding(path=path, message=message)


def _summed(
    rule: Rule,
    given: Parameters,
    values: Parameters,
    lefts: list[tuple[ValuePath, Decimal | None]],
) -> Iterator[Finding]:
    """`multi_prompt[].duration add up to 4, which is not duration 5 (the default)`."""
    numbers = [left for _, left in lefts if left is not None]
    if not numbers or len(numbers) < len(lefts):
        return
    total = sum(numbers, Decimal(0))
    for path, value in values_at(values, rule["right"]):
        right = _number(value)
        if right is not None and not _HOLDS[rule["is"]](total, right):
            other = _described(path, value, given)
            broken = _BROKEN[rule["is"]]
            message = f"{rule['left']} add up to {_plain(total)}, which {broken} {other}"
            yield Finding(path=steps(rule["left"])[:1], message=message)


def _rights(rule: Rule, path: ValuePath, values: Parameters) -> list[tuple[ValuePath, Any]]:
    """What the value at `path` is compared with: of the same item, where both are in one list."""
    name = rule["right"]
    found = values_at(values, name)
    if EACH not in name:
        return found
    return [(other, value) for other, value in found if other[:-1] == path[:-1]]


def _described(path: ValuePath, value: Any, given: Parameters) -> str:
    is_default = len(path) == 1 and path[0] not in given
    return f"{dotted(path)} {shown(value)}{' (the default)' if is_default else ''}"


def _number(value: Any) -> Decimal | None:
    """The number that a value is or, as the digits of a text, has; exact, so that sums are."""
    if not isinstance(value, str) and not is_number(value):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _plain(number: Decimal) -> str:
    return f"{number:f}"
