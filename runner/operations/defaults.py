"""Defaults: what the document states for parameters that a request leaves out."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from runner.model.names import EACH
from runner.model.operations import Operation
from runner.model.values import Parameters, same


def defaults_of(operation: Operation, parameters: Parameters) -> dict[str, Any]:
    """All defaults that the API document states for a request with these parameters."""
    given = [
        (name, parameters[name] if isinstance(parameters[name], str | int | float) else _NO_SCALAR)
        for name in _condition_names(operation)
        if name in parameters
    ]
    return dict(_defaults_where(operation, tuple(given)))


_NO_SCALAR = object()
"""A list, or another job's result: equal to no value of a condition."""


@functools.cache
def _condition_names(operation: Operation) -> tuple[str, ...]:
    conditions = [condition for condition, _ in _defaults(operation)]
    names = [
        n for each in conditions for key in ("properties", "required") for n in each.get(key, ())
    ]
    return tuple(dict.fromkeys(names))


# A hundred thousand jobs have a handful of models and durations.
@functools.lru_cache(maxsize=4096)
def _defaults_where(operation: Operation, given: tuple[tuple[str, Any], ...]) -> Mapping[str, Any]:
    defaults: dict[str, Any] = {}
    for condition, values in _defaults(operation):
        # Those under a condition (a model, a duration) are narrower, and come later.
        if _holds(condition, dict(given)):
            defaults |= values
    return defaults


@functools.cache
def _defaults(operation: Operation) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The defaults without a condition ({}), then those of each `then` with its `if`."""
    branches = operation.schema.get("allOf", ())
    conditional = [(branch["if"], _stated(branch.get("then", {}))) for branch in branches]
    return [({}, _stated(operation.schema)), *(pair for pair in conditional if pair[1])]


def without_inner_defaults(operation: Operation, name: str, value: Any) -> Any:
    """A parameter's value without what inside of it equals the document's default.

    That a key of an object is absent, has its default, or is an empty list of images is one
    request.
    """
    if name not in _structured(operation):
        return value
    return _pruned(operation, name, operation.schema["properties"][name], value)


def with_inner_defaults(operation: Operation, name: str, value: Any) -> Any:
    """A parameter's value with the document's defaults for what inside of it is absent."""
    if name not in _structured(operation):
        return value
    return _filled(operation.schema["properties"][name], value)


@functools.cache
def _structured(operation: Operation) -> frozenset[str]:
    """The parameters that are objects or lists of objects."""
    rules: Mapping[str, Any] = operation.schema["properties"]
    return frozenset(
        name
        for name, rule in rules.items()
        if isinstance(rule, dict)
        and ("properties" in rule or "properties" in rule.get("items", {}))
    )


def _filled(rule: Any, value: Any) -> Any:
    rule = rule if isinstance(rule, dict) else {}
    if isinstance(value, list):
        return [_filled(rule.get("items"), item) for item in value]
    if not isinstance(value, dict):
        return value
    rules = rule.get("properties", {})
    given = {key: _filled(rules.get(key), item) for key, item in value.items()}
    return given | {key: item for key, item in _stated(rule).items() if key not in given}


def _pruned(operation: Operation, name: str, rule: Any, value: Any) -> Any:
    rule = rule if isinstance(rule, dict) else {}
    if isinstance(value, list):
        items = rule.get("items")
        return [_pruned(operation, name + EACH, items, item) for item in value]
    if not isinstance(value, dict):
        return value
    rules, stated = rule.get("properties", {}), _stated(rule)
    return {
        key: _pruned(operation, f"{name}.{key}", rules.get(key), item)
        for key, item in value.items()
        if not (key in stated and same(item, stated[key]))
        and not (item == [] and f"{name}.{key}" in operation.media)
    }


def _stated(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = schema.get("properties", {})
    rules = {name: rule for name, rule in properties.items() if isinstance(rule, dict)}
    return {name: rule["default"] for name, rule in rules.items() if "default" in rule}


def _holds(condition: Mapping[str, Any], parameters: Parameters) -> bool:
    """Whether an `if` holds; conditions of defaults may use a part of JSON Schema only."""
    if not all(name in parameters for name in condition.get("required", ())):
        return False
    properties: Mapping[str, Any] = condition.get("properties", {})
    return all(
        _matches(rule, parameters[name]) for name, rule in properties.items() if name in parameters
    )


def _matches(rule: Mapping[str, Any], value: Any) -> bool:
    if rule.get("const", value) != value or value not in rule.get("enum", [value]):
        return False
    if isinstance(value, (int, float)):
        return bool(rule.get("minimum", value) <= value <= rule.get("maximum", value))
    return True


CONDITION_KEYWORDS = frozenset({"properties", "required"})
RULE_KEYWORDS = frozenset({"const", "enum", "minimum", "maximum"})
"""What the condition of a default may use, and of each parameter in it."""


def check_conditions(operation: Operation) -> None:
    """Raise ValueError for a default under a condition that is not understood."""
    # A keyword that `_matches` ignores would apply a default where the document has another one.
    for condition, values in _defaults(operation):
        unsupported = set(condition) - CONDITION_KEYWORDS
        for rule in condition.get("properties", {}).values():
            unsupported |= set(rule) - RULE_KEYWORDS
        if unsupported:
            names = ", ".join(values)
            raise ValueError(f"the default of {names} has a condition with {min(unsupported)}")
