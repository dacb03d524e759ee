"""Messages: words each violation of a schema for the user, see the table `_MESSAGES` at the end.

A schema may help with the annotations `x-expected` (what a pattern or an alternative stands for,
with its article), `x-hints` (keyword to hint; for `required` in the missing property) and `x-form`
(the name of a form in which the hint writes what a value of another type, or an empty one, means).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from runner.errors import did_you_mean, nearest
from runner.model.values import as_dict
from runner.operations import suggest_operation
from runner.settings.values import suggest_amounts
from runner.validation.diagnostics import Finding, in_order_of, shown
from runner.validation.keys import (
    describe_alternatives,
    describe_dependent,
    describe_exclusion,
    describe_required,
    describe_unknown,
)
from runner.validation.mistyped import describe_type
from runner.validation.schema import (
    Subject,
    Violation,
    required_only,
    required_sets,
    violations_of,
)


def explain(subject: Subject) -> list[Finding]:
    """Why the subject's value is rejected, in the order of its keys; never empty."""
    findings = [each for violation in violations_of(subject) for each in _findings(violation)]
    if not findings:
        # The two validators disagree (about a regular expression?): the fast one decides.
        findings = [Finding(path=(), message=f"{subject.owner} does not match its schema")]
    # In the order of the file, not of the schema; two branches may find the same.
    return in_order_of(subject.value, dict.fromkeys(findings))


_EXPLAINED = frozenset({"pattern", "anyOf", "oneOf", "not"})
"""The keywords in whose messages `x-expected` is written."""


def _findings(violation: Violation) -> Iterator[Finding]:
    expected = violation.schema.get("x-expected")
    if expected and violation.keyword in _EXPLAINED:
        yield violation.finding(f"{violation.named_value} is not {expected}")
    elif violation.schema.get("x-form") == "amounts" and violation.keyword in _AMOUNTS_HINTED:
        hint = _amounts_hint(violation)
        yield from (replace(each, hint=hint) for each in _MESSAGES[violation.keyword](violation))
    else:
        yield from _MESSAGES.get(violation.keyword, _not_allowed)(violation)


_AMOUNTS_HINTED = frozenset({"type", "minProperties"})


def _amounts_hint(violation: Violation) -> str:
    """Amounts by unit with the numbers in the value: `try budget: {credits: 60}`."""
    flows = (
        ", ".join(f"{unit}: {number}" for unit, number in amounts.items())
        for amounts in suggest_amounts(violation.value)
    )
    return "try " + ", or ".join(f"{violation.path[-1]}: {{{flow}}}" for flow in flows)


def _enum(violation: Violation) -> Iterator[Finding]:
    """`aspect_ratio "21:9" is not offered by viduq1 (16:9, 9:16, 1:1)`.

    Of a key: `unknown run.on_ambiguous "retry" (known: ask, resubmit)`.
    """
    if violation.subject.noun != "parameter" and violation.path[-1:] == ("operation",):
        nearest_names = suggest_operation(str(violation.value), violation.limit)
        yield violation.finding(f"unknown {violation.named_value}", nearest_names)
        return
    options = violation.limit if violation.keyword == "enum" else [violation.limit]
    listed = ", ".join(str(option) for option in options)
    hint = None
    if isinstance(violation.value, str):
        hint = _other_models(violation) or _option_hint(violation.value, options)
    elif all(isinstance(option, str) for option in options):
        hint = "quote it" if isinstance(violation.value, (int, float)) else None
    elif shown(violation.value) == f'"{listed}"':
        hint = f"write {listed} without quotes"
    by = violation.by_condition or f"by {violation.subject.owner}"
    message = f"{violation.named_value} is not offered {by} ({listed})"
    if violation.subject.noun != "parameter":
        message = f"unknown {violation.named_value} (known: {listed})"
    yield violation.finding(message, hint)


def _option_hint(value: str, options: Sequence[Any]) -> str | None:
    # Other digits mean another value (viduq1, viduq2), they are not a typing error.
    names = [str(option) for option in options if _digits(option) == _digits(value)]
    name = nearest(value, names, cutoff=0.8)
    return did_you_mean(value, name) if name else None


def _digits(option: Any) -> list[str]:
    return re.findall("[0-9]", str(option))


def _other_models(violation: Violation) -> str | None:
    """Which other models offer the value."""
    found: list[str] = []
    # Only the operations' schemas have conditions on the model, for top-level parameters.
    branches = violation.subject.schema.get("allOf", ()) if len(violation.path) == 1 else ()
    for branch in branches:
        model = branch.get("if", {}).get("properties", {}).get("model", {})
        rule = branch.get("then", {}).get("properties", {}).get(violation.path[0])
        if violation.value in as_dict(rule).get("enum", ()):
            found += [model["const"]] if "const" in model else model.get("enum", [])
    own = as_dict(violation.subject.value).get("model")  # which offers it under another condition
    others = [model for model in dict.fromkeys(found) if model != own]
    listed = " and ".join(filter(None, [", ".join(others[:-1]), *others[-1:]]))
    return f"{listed} offer{'s' if len(others) == 1 else ''} it" if others else None


_NOUNS = {
    "Length": ("character", "characters"),
    "Items": ("item", "items"),
    "Properties": ("entry", "entries"),
}


def _length(violation: Violation) -> Iterator[Finding]:
    """`images has 8 items, but at most 7 are allowed`; `images is empty`."""
    size, limit, by = len(violation.value), violation.limit, violation.condition
    if violation.keyword.startswith("min"):
        rule = f"{by} needs at least {limit}" if by else f"at least {limit} are needed"
    else:
        rule = f"{by} takes at most {limit}" if by else f"at most {limit} are allowed"
    noun = next(nouns for end, nouns in _NOUNS.items() if violation.keyword.endswith(end))
    message = f"{violation.name} has {size or 'no'} {noun[size != 1]}, but {rule}"
    # Nothing can have less than no items, so an empty value violates a minimum.
    is_plainly_empty = size == 0 and limit == 1 and not violation.conditions
    finding = violation.finding(f"{violation.name} is empty" if is_plainly_empty else message)
    is_list = violation.keyword.endswith("Items") and len(violation.path) == 1
    yield replace(finding, by_form=is_list)


def _too_many(violation: Violation) -> Iterator[Finding]:
    """`subjects has 2 items with videos, but viduq2-pro takes at most 1`."""
    from jsonschema import Draft202012Validator

    # What is counted stands in `x-expected`: "items with videos".
    counted = violation.schema.get("x-expected", "such items")
    validator = Draft202012Validator(violation.schema["contains"])
    size = sum(validator.is_valid(item) for item in violation.value)
    limit, by = violation.limit, violation.condition
    rule = f"{by} takes at most {limit}" if by else f"at most {limit} are allowed"
    yield violation.finding(f"{violation.name} has {size} {counted}, but {rule}")


_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}


def _range(violation: Violation) -> Iterator[Finding]:
    """`duration 9 is not offered by viduq1 (1 to 8)`; `seed -1 is out of range (at least 0)`."""
    low, high = violation.schema.get("minimum"), violation.schema.get("maximum")
    if low is not None and high is not None:  # the whole range, whichever end is violated
        allowed = f"{low} to {high}"
    else:
        allowed = f"{_BOUNDS[violation.keyword]} {violation.limit}"
    by = violation.by_condition
    rejected = f"is not offered {by}" if by else "is out of range"
    yield violation.finding(f"{violation.named_value} {rejected} ({allowed})")


_MISMATCHES = {"multipleOf": "is not a multiple of", "pattern": "does not match the pattern"}


def _mismatch(violation: Violation) -> Iterator[Finding]:
    """`duration 3 is not a multiple of 2`; `size "big" does not match the pattern ^[0-9]+$`."""
    mismatch = _MISMATCHES[violation.keyword]
    yield violation.finding(f"{violation.named_value} {mismatch} {violation.limit}")


def _unique_items(violation: Violation) -> Iterator[Finding]:
    """`tags has "cat" more than once`."""
    value = violation.value
    repeated = next(item for index, item in enumerate(value) if item in value[:index])
    yield violation.finding(f"{violation.name} has {shown(repeated)} more than once")


def _alternatives(violation: Violation) -> Iterator[Finding]:
    known = required_sets(violation.limit) is not None
    yield from (describe_alternatives if known else _not_allowed)(violation)


def _excluded(violation: Violation) -> Iterator[Finding]:
    known = required_only(violation.limit) is not None
    yield from (describe_exclusion if known else _not_allowed)(violation)


def _not_allowed(violation: Violation) -> Iterator[Finding]:
    """`watermark true is not allowed (viduq1)`."""
    by = f" ({violation.condition})" if violation.condition else ""
    what = violation.named_value if violation.path else violation.subject.owner
    yield violation.finding(f"{what} is not allowed{by}")


# Other keywords, and a property whose schema is false, such as a parameter that a model does not
# have, are `_not_allowed`.
_MESSAGES: Mapping[str, Callable[[Violation], Iterator[Finding]]] = {
    **dict.fromkeys(("additionalProperties", "unevaluatedProperties"), describe_unknown),
    "required": describe_required,
    "dependentRequired": describe_dependent,
    **dict.fromkeys(("anyOf", "oneOf"), _alternatives),
    "not": _excluded,
    "type": describe_type,
    **dict.fromkeys(("enum", "const"), _enum),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties"), _length),
    **dict.fromkeys(_BOUNDS, _range),
    **dict.fromkeys(_MISMATCHES, _mismatch),
    "uniqueItems": _unique_items,
    "maxContains": _too_many,
}
