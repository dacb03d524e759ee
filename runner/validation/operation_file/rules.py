"""Rules in an operation's file: patterns that compile, limits and values that can be met."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from runner.errors import nearest, suggest
from runner.model.values import ValuePath, as_dict, as_list, is_number
from runner.operations.defaults import CONDITION_KEYWORDS, RULE_KEYWORDS
from runner.validation.diagnostics import Finding, dotted, shown
from runner.validation.operation_file.parts import Schema, all_rules, parameters
from runner.validation.schema import mappings_inside, required_only, required_sets

_BOUNDS = (
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minContains", "maxContains"),
    ("minProperties", "maxProperties"),
)
_EXPLAINED = ("pattern", "anyOf", "oneOf", "not", "maxContains")
"""The keywords in whose messages `x-expected` is written."""


def check_rules(schema: Schema) -> Iterator[Finding]:
    """Mistakes in the rules of parameters, wherever they are."""
    for each in all_rules(schema):
        path, rule = each.path, each.schema
        yield from _patterns(rule, path)
        yield from _bounds(rule, path)
        yield from _annotations(rule, path)
        if not each.is_condition:
            yield from _combinations(rule, path)
        if "default" in rule and not acceptor(rule)(rule["default"]):
            message = f"the default {shown(rule['default'])} is rejected by its own rule"
            yield Finding(
                path=(*path, "default"), message=message, hint=_option(rule["default"], rule)
            )
    yield from _narrower(schema)
    yield from _branches(schema)


def acceptor(rule: Any) -> Callable[[Any], bool]:
    """The test whether the rule accepts a value; all pass a rule that is wrong itself."""
    from jsonschema_rs import Draft202012Validator

    try:
        return Draft202012Validator(rule).is_valid
    except (ValueError, TypeError):  # reported elsewhere
        return lambda _: True


# ------------------------------------------------------------------------------------- one keyword


def _patterns(rule: Schema, path: ValuePath) -> Iterator[Finding]:
    if isinstance(pattern := rule.get("pattern"), str):
        yield from _pattern(pattern, (*path, "pattern"), key=False)
    for pattern in as_dict(rule.get("patternProperties")):
        yield from _pattern(pattern, (*path, "patternProperties", pattern), key=True)


def _pattern(pattern: str, path: ValuePath, *, key: bool) -> Iterator[Finding]:
    """An error unless both validators can read it: the fast one, and that of the messages."""
    reason = None
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        reason = str(error)
    if reason is None and not _is_readable(pattern):
        reason = "JSON Schema's syntax is that of JavaScript"
    if reason is not None:
        message = f"{shown(pattern)} is not a regular expression: {reason}"
        yield Finding(path=path, message=message, key=key)


def _is_readable(pattern: str) -> bool:
    from jsonschema_rs import Draft202012Validator

    try:
        Draft202012Validator({"pattern": pattern})
    except ValueError:
        return False
    return True


def _bounds(rule: Schema, path: ValuePath) -> Iterator[Finding]:
    for low, high in _BOUNDS:
        least, most = rule.get(low), rule.get(high)
        if is_number(least) and is_number(most) and least > most:
            message = f"{low} {least} is above {high} {most}: no value is accepted"
            yield Finding(path=(*path, low), message=message)


def _annotations(rule: Schema, path: ValuePath) -> Iterator[Finding]:
    """Hints and explanations that no message would show."""
    for keyword in as_dict(rule.get("x-hints")):
        if keyword != "required" and keyword not in rule:
            known = ["required", *(key for key in rule if not key.startswith("x-"))]
            near = nearest(keyword, known)
            yield Finding(
                path=(*path, "x-hints", keyword),
                message=f"a hint for {shown(keyword)}, which is not beside x-hints, is never shown",
                hint=f'did you mean "{near}"?' if near else None,
                key=True,
            )
    if "x-expected" in rule and not any(keyword in rule for keyword in _EXPLAINED):
        *others, last = _EXPLAINED
        message = f"x-expected is never shown: it has no {', '.join(others)} or {last} beside it"
        yield Finding(path=(*path, "x-expected"), message=message, key=True)


def _combinations(rule: Schema, path: ValuePath) -> Iterator[Finding]:
    """Alternatives and exclusions that no message could explain."""
    if "x-expected" in rule:
        return
    form = '{"required": [NAMES]}'
    for key in ("anyOf", "oneOf"):
        if key in rule and required_sets(rule[key]) is None:
            message = f"the alternatives of {key} cannot be explained"
            hint = f"write x-expected beside it, or only {form} in each"
            yield Finding(path=(*path, key), message=message, hint=hint, key=True)
    inner = as_dict(rule.get("not"))
    if {"required", "properties"} & set(inner) and required_only(inner) is None:
        message = "what is excluded cannot be explained"
        hint = f"write x-expected beside it, only {form} in it, or a condition"
        yield Finding(path=(*path, "not"), message=message, hint=hint, key=True)


# -------------------------------------------------------------------- conditions against parameters


def _narrower(schema: Schema) -> Iterator[Finding]:
    """Mistakes in conditions and narrower rules, compared with the parameter's own rule."""
    levels = mappings_inside(parameters(schema))
    for rule in all_rules(schema):
        keys = levels.get(rule.place, {})
        for name, narrower in as_dict(rule.schema.get("properties")).items():
            # The parameter's own rule is checked for itself.
            if name in keys and narrower is not keys[name]:
                path = (*rule.path, "properties", name)
                what = f"{rule.place}.{name}" if rule.place else name
                yield from _rejected(as_dict(narrower), path, what, keys[name])
                if rule.place and "default" in as_dict(narrower):
                    message = f"the default of {what} under a condition is never applied"
                    yield Finding(path=(*path, "default"), message=message, key=True)


def _rejected(rule: Schema, path: ValuePath, what: str, own: Any) -> Iterator[Finding]:
    """Values that the parameter's own rule rejects."""
    if values := [*_values(rule, path)]:
        is_accepted = acceptor(own)
        for place, value in values:
            if not is_accepted(value):
                message = f"{what} never is {shown(value)}: its own rule rejects it"
                yield Finding(path=place, message=message, hint=_option(value, as_dict(own)))


def _values(rule: Schema, path: ValuePath) -> Iterator[tuple[ValuePath, Any]]:
    for key in ("const", "default"):
        if key in rule:
            yield (*path, key), rule[key]
    for index, value in enumerate(as_list(rule.get("enum"))):
        yield (*path, "enum", index), value
    if isinstance(inner := rule.get("not"), dict):
        yield from _values(inner, (*path, "not"))


def _option(value: Any, rule: Mapping[str, Any]) -> str | None:
    options = [str(option) for option in as_list(rule.get("enum"))]
    return suggest(str(value), options)


def _branches(schema: Schema) -> Iterator[Finding]:
    """Conditions of defaults may use a part of JSON Schema only; an `else` has no defaults."""
    for index, branch in enumerate(as_list(schema.get("allOf"))):
        path = ("allOf", index)
        for name, rule in as_dict(as_dict(as_dict(branch).get("if")).get("properties")).items():
            if isinstance(rule, bool):
                message = f"a condition about {name} must be a mapping, not {shown(rule)}"
                yield Finding(path=(*path, "if", "properties", name), message=message)
        for name in _defaults(as_dict(branch).get("else")):
            message = f"the default of {name} under else is never applied"
            hint = "write a branch of its own, with the opposite condition"
            place = (*path, "else", "properties", name, "default")
            yield Finding(path=place, message=message, hint=hint, key=True)
        if names := _defaults(as_dict(branch).get("then")):
            condition = as_dict(as_dict(branch).get("if"))
            yield from _unsupported(condition, (*path, "if"), ", ".join(names))


def _unsupported(condition: Schema, path: ValuePath, names: str) -> Iterator[Finding]:
    found = [(path, key) for key in condition if key not in {*CONDITION_KEYWORDS, "$comment"}]
    for name, rule in as_dict(condition.get("properties")).items():
        place = (*path, "properties", name)
        found += [(place, key) for key in as_dict(rule) if key not in {*RULE_KEYWORDS, "$comment"}]
    for place, key in found:
        message = f"the default of {names} has a condition with {key}: {dotted(place)}"
        hint = "such conditions may use required and, per property, const, enum, minimum, maximum"
        yield Finding(path=(*place, key), message=message, hint=hint, key=True)


def _defaults(schema: Any) -> list[str]:
    rules = as_dict(as_dict(schema).get("properties"))
    return [name for name, rule in rules.items() if "default" in as_dict(rule)]
