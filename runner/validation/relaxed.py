"""Relaxed rules: an operation's schema for editors, who see jobs before expansion.

An expression may stand for any value, null unsets a parameter, and what is missing may come from
the defaults.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Any

from runner.model.operations import Operation
from runner.validation.schema import required_only, required_sets
from runner.validation.shape import Schema

_OTHER_TYPES = ["array", "boolean", "number", "object"]

_EXPRESSION: Schema = {"$ref": "#/$defs/expression"}
_NULL: Schema = {"$ref": "#/$defs/null"}
_EITHER: Schema = {"$ref": "#/$defs/expression-or-null"}


def definitions(expression: Schema) -> dict[str, Schema]:
    """What the relaxed rules refer to.

    Null is described by what it is not, because editors offer the types that a rule names. The
    titles show in an editor which alternative a value matched; the text is the parameter's.
    """
    pattern = expression["pattern"]
    return {
        "expression": expression,
        "null": {"title": "Null", "not": {"type": [*_OTHER_TYPES, "string"]}},
        "expression-or-null": {
            "title": "Expression",
            "pattern": pattern,
            "not": {"type": _OTHER_TYPES},
        },
    }


def relaxed_parameters(operation: Operation) -> dict[str, Schema]:
    """The rule of each parameter, where an expression or null may replace the value."""
    properties: Mapping[str, Any] = operation.schema["properties"]
    return {name: relaxed(rule) for name, rule in properties.items()}


def relaxed(rule: Mapping[str, Any]) -> Schema:
    """The rule of a value that an expression, or null, may replace."""
    replaceable: Schema = _replaceable(rule, expression=_EITHER, other=_NULL)
    return replaceable


def null_unoffered(rule: Any) -> Any:
    """A rule of the manifest's own keys: null stays allowed, but editors do not offer it."""
    if isinstance(rule, list):
        return [null_unoffered(each) for each in rule]
    if not isinstance(rule, dict):
        return rule
    changed = {key: null_unoffered(value) for key, value in rule.items()}
    # A mapping or a list keeps its type: an editor inserts a key by that.
    if changed.get("type") == ["string", "null"]:
        del changed["type"]
        changed["anyOf"] = [{"type": "string"}, _NULL]
    choices = changed.get("anyOf", [])
    if {"type": "null"} in choices and _EXPRESSION in choices:
        others = [each for each in choices if each not in ({"type": "null"}, _EXPRESSION)]
        changed["anyOf"] = [*others, _EITHER]
    return changed


def narrowed(operation: Operation) -> Schema:
    """The operation's conditions, for jobs that write the condition's parameters themselves."""
    conditions = []
    for branch in operation.schema.get("allOf", ()):
        then: Mapping[str, Any] = branch.get("then", {})
        # A condition that only changes a default restricts nothing.
        narrower = {
            name: rule and relaxed(rule)
            for name, rule in then.get("properties", {}).items()
            if rule is False or set(_plain(rule)) - {"default"}
        }
        rules: Schema = {"properties": narrower} if narrower else {}
        if exclusions := _exclusions(then):
            rules["allOf"] = exclusions
        if rules:
            # Required, for an absent parameter may come from the defaults.
            conditions.append({"if": _written(branch["if"]), "then": rules})
    found = [*_exclusions(operation.schema), *conditions]
    return {"allOf": found} if found else {}


_ANNOTATIONS = ("description", "default")
_FOR_NEITHER = frozenset(
    {
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minItems", "maxItems", "uniqueItems"),
    }
)
"""Keywords that match every text and null."""
_FOR_TEXT = frozenset({"type", "minLength", "maxLength"})
"""Keywords that an expression matches if the type is a text."""


def _replaceable(rule: Any, *, expression: Schema, other: Schema | None) -> Any:
    """The rule of a value where an `expression` may stand; what is forbidden stays so.

    `other` is what else may stand there, for a rule that every expression matches.
    """
    if not isinstance(rule, dict):
        return rule
    annotations = {key: rule[key] for key in _ANNOTATIONS if key in rule}
    rules = {key: value for key, value in _open(rule).items() if key not in annotations}
    if _FOR_NEITHER.issuperset(rules):
        return annotations | rules
    # An alternative that always matches as well would only blur what an editor shows.
    extra = other if _FOR_TEXT.issuperset(rules) and rules.get("type") == "string" else expression
    return annotations | (rules if extra is None else {"anyOf": [rules, extra]})


def _open(schema: Mapping[str, Any]) -> Schema:
    """The rule of a value in whose parts expressions may stand."""
    rules: Schema = _plain(schema)
    for key in _PARTS & rules.keys():
        rules[key] = _replaceable(schema[key], expression=_EXPRESSION, other=None)
    if "properties" in rules:
        inside = schema["properties"].items()
        # Null unsets a key of an item as it does a parameter.
        rules["properties"] = {name: relaxed(rule) for name, rule in inside}
    # Without `else`: an expression may give what the condition is about.
    if "properties" in schema.get("if", {}):
        rules |= {"if": _written(schema["if"]), "then": _open(schema.get("then", {}))}
        rules.pop("else", None)
    if "allOf" in rules:
        rules["allOf"] = [_open(each) for each in schema["allOf"]]
    return rules


_PARTS = frozenset({"items", "contains", "additionalProperties"})


def _written(condition: Mapping[str, Any]) -> Schema:
    """The condition for values that write all the parameters it is about."""
    plain: Schema = _plain(condition)
    names = [*plain.get("properties", ()), *plain.get("required", ())]
    return {**plain, "required": list(dict.fromkeys(names))}


def _plain(schema: Any) -> Any:
    """Without comments and our own annotations."""
    if isinstance(schema, dict):
        return {
            key: _plain(value)
            for key, value in (schema | _loosest_length(schema)).items()
            if key != "$comment" and not key.startswith("x-")
        }
    return [_plain(value) for value in schema] if isinstance(schema, list) else schema


def _loosest_length(schema: Mapping[str, Any]) -> Schema:
    """The lengths that editors can check, where some characters count more than once."""
    length = schema.get("x-length")
    if not isinstance(length, dict):  # a parameter may have that name
        return {}
    found: Schema = {"maxLength": length["max"]} if "max" in length else {}
    if "min" in length:
        found["minLength"] = math.ceil(length["min"] / length["wide"])
    return found


def _exclusions(schema: Mapping[str, Any]) -> list[Schema]:
    """The parameters that exclude each other; what is missing may come from the defaults."""
    rivals = [names for names in [required_only(schema.get("not"))] if names]
    alternatives = required_sets(schema.get("oneOf")) or []
    rivals += [(*left, *right) for left, right in combinations(alternatives, 2)]
    # Null unsets a parameter.
    return [
        {
            "not": {
                "required": list(dict.fromkeys(names)),
                "properties": {name: {"not": {"type": "null"}} for name in names},
            }
        }
        for names in rivals
    ]
