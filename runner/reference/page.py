"""The page of an operation: the facts that its terminal, Markdown and JSON forms share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from runner.model.operations import MEDIA_KINDS, MediaKind, Operation
from runner.reference.examples import example_manifest
from runner.reference.prices import Grid, PriceRange, price_grids, price_ranges, time_grids
from runner.reference.rules import (
    Rule,
    branches,
    condition_words,
    properties_in,
    rule_words,
    value_words,
)
from runner.validation.schema import required_only, required_sets

Input: TypeAlias = MediaKind | Literal["text"]

_TEXT_NAMES = frozenset({"prompt", "text"})
"""The parameters, or keys inside one, that hold what is to be shown or spoken."""

_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "mapping",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a parameter may be under a condition."""

    condition: str
    """`viduq1, viduq1-classic`, `viduq3-pro with audio false`."""
    values: str
    """"" where only the default differs."""
    default: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter, or a key inside one."""

    name: str
    """As in `model.names`: `prompt`, `subjects[].images`."""
    required: bool
    """Of a key inside a parameter: where that is given."""
    values: str
    default: str | None
    description: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything that the reference has of one operation."""

    name: str
    title: str
    description: str
    makes: MediaKind
    takes: tuple[Input, ...]
    models: tuple[str, ...]
    """Empty where the operation has no choice of models."""
    rules: tuple[str, ...]
    """Which parameters go together, in sentences."""
    parameters: tuple[Parameter, ...]
    prices: tuple[PriceRange, ...]
    grids: tuple[Grid, ...]
    """Prices."""
    times: tuple[Grid, ...]
    """How long a task typically takes."""
    example: str
    """A manifest."""


def page_of(operation: Operation) -> Page:
    """The page of an operation."""
    schema = operation.schema
    return Page(
        name=operation.name,
        title=operation.title,
        description=schema.get("description", ""),
        makes=operation.makes,
        takes=_takes(operation),
        models=tuple(schema["properties"].get("model", {}).get("enum", ())),
        rules=tuple(_rules(schema)),
        parameters=_parameters(operation),
        prices=tuple(price_ranges(operation)),
        grids=tuple(price_grids(operation)),
        times=tuple(time_grids(operation)),
        example=example_manifest(operation),
    )


def _takes(operation: Operation) -> tuple[Input, ...]:
    kinds = {limits.kind for limits in operation.media.values()}
    names = {name.rpartition(".")[2] for name, _, _ in properties_in(operation.schema)}
    words: tuple[Input, ...] = ("text",) if names & _TEXT_NAMES else ()
    return (*words, *(kind for kind in MEDIA_KINDS if kind in kinds))


def _parameters(operation: Operation) -> tuple[Parameter, ...]:
    cases: dict[str, list[Case]] = {}
    for prefix, condition, then in branches(operation.schema):
        for name, rule, _ in properties_in(then, prefix):
            case = _case(condition, rule)
            if case is not None:
                cases.setdefault(name, []).append(case)
    return tuple(
        Parameter(
            name=name,
            required=required,
            values=_values(operation, name, rule),
            default=_default(rule),
            description=rule.get("description", "") if not isinstance(rule, bool) else "",
            cases=tuple(cases.get(name, ())),
        )
        for name, rule, required in properties_in(operation.schema)
    )


def _case(condition: str, rule: Rule) -> Case | None:
    """None for a rule that is only about what is inside of the parameter."""
    values, default = rule_words(rule), _default(rule)
    if not values and default is None:
        return None
    return Case(condition=condition, values=values, default=default)


def _values(operation: Operation, name: str, rule: Rule) -> str:
    """`720p, 1080p`, `whole number, 1 to 16`, `list of image, 1 to 7 items`."""
    if isinstance(rule, bool) or "enum" in rule:
        return rule_words(rule)
    type_ = rule.get("type")
    word = _TYPES.get(type_, "any value") if isinstance(type_, str) else "any value"
    if name in operation.media:
        kind = operation.media[name].kind
        word = f"list of {kind}" if type_ == "array" else kind
    return ", ".join(filter(None, [word, rule_words(rule)]))


def _default(rule: Rule) -> str | None:
    if isinstance(rule, bool) or "default" not in rule:
        return None
    return value_words(rule["default"])


def _rules(schema: Mapping[str, Any]) -> list[str]:
    found = []
    if sets := required_sets(schema.get("oneOf")):
        found.append(f"exactly one of {_alternatives(sets)} is required")
    if sets := required_sets(schema.get("anyOf")):
        found.append(f"at least one of {_alternatives(sets)} is required")
    if names := required_only(schema.get("not")):
        found.append(f"{' and '.join(names)} exclude each other")
    for name, needed in schema.get("dependentRequired", {}).items():
        found.append(f"{name} requires {' and '.join(needed)}")
    for prefix, condition, then in branches(schema):
        if needed := [f"{prefix}{name}" for name in then.get("required", ())]:
            found.append(f"{' and '.join(needed)} required with {condition}")
    return [*found, *map(_comparison, schema.get("x-compare", ()))]


def _comparison(rule: Mapping[str, Any]) -> str:
    """`multi_prompt[].duration add up to duration with multi_shot true`."""
    left, relation, right = rule["left"], rule["is"], rule["right"]
    if rule.get("sum"):
        words = f"{left} add up to {'' if relation == 'equal to' else relation + ' '}{right}"
    else:
        words = f"{left} is {relation} {right}"
    return f"{words} with {condition_words(rule['if'])}" if "if" in rule else words


def _alternatives(sets: list[tuple[str, ...]]) -> str:
    return ", ".join(" with ".join(names) for names in sets)
