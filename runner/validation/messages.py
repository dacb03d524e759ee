"""Messages: words each violation of a schema for the user, see the table `_MESSAGES` at the end.

A schema may help with the annotations `x-expected` (what a pattern or an alternative stands for,
with its article), `x-hints` (keyword to hint; for `required` in the missing property) and `x-form`
(the name of a form in which the hint writes what a value of another type, or an empty one, means).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from runner.errors import did_you_mean, nearest, suggest
from runner.model.jobs import JOB_KEYS
from runner.model.values import as_dict
from runner.settings.values import suggest_amounts
from runner.validation.diagnostics import (
    DeferredNumber,
    DeferredText,
    Finding,
    dotted,
    in_order_of,
    shown,
)
from runner.validation.schema import Subject, Violation, violations_of


def explain(subject: Subject) -> list[Finding]:
    """Why the subject's value is rejected, in the order of its keys; never empty."""
    findings = [each for violation in violations_of(subject) for each in _findings(violation)]
    if not findings:
        # The two validators disagree (about a regular expression, say): the fast one decides.
        findings = [Finding(path=(), message=f"{subject.owner} does not match its schema")]
    # In the order of the file, not of the schema; two branches may find the same.
    return in_order_of(subject.value, dict.fromkeys(findings))


def _findings(violation: Violation) -> Iterator[Finding]:
    expected = violation.schema.get("x-expected")
    if expected and violation.keyword in {"pattern", "anyOf", "not"}:
        yield _finding(violation, f"{violation.named_value} is not {expected}")
    else:
        yield from _MESSAGES.get(violation.keyword, _not_allowed)(violation)


def _finding(violation: Violation, message: str, hint: str | None = None) -> Finding:
    written = violation.schema.get("x-hints", {}).get(violation.keyword)
    is_amounts = violation.schema.get("x-form") == "amounts"
    if is_amounts and violation.keyword in {"type", "minProperties"}:
        written = _amounts_hint(violation)
    return Finding(path=violation.path, message=message, hint=written or hint)


def _amounts_hint(violation: Violation) -> str:
    """Amounts by unit with the numbers in the value: `try budget: {credits: 60}`."""
    flows = (
        ", ".join(f"{unit}: {number}" for unit, number in amounts.items())
        for amounts in suggest_amounts(violation.value)
    )
    return "try " + ", or ".join(f"{violation.path[-1]}: {{{flow}}}" for flow in flows)


def _unknown_key(violation: Violation) -> Iterator[Finding]:
    """`unknown parameter "promt" of vidu/reference2image`; `unknown key "x" in run`."""
    known = list(violation.schema.get("properties", ()))
    noun = violation.subject.noun
    preposition = "of" if noun == "parameter" else "in"
    # The parameter of an expanded job may be a misspelt key of the job itself.
    names = known if violation.path or noun == "key" else [*known, *JOB_KEYS]
    patterns = violation.schema.get("patternProperties", ())
    for key in violation.value:
        if key not in known and not any(re.search(pattern, key) for pattern in patterns):
            yield Finding(
                path=(*violation.path, key),
                message=f"unknown {noun} {shown(key)} {preposition} {violation.name}",
                hint=suggest(key, names),
                key=True,
            )


def _required(violation: Violation) -> Iterator[Finding]:
    """`prompt is missing (vidu/reference2image needs it)`."""
    who = violation.condition or violation.name
    for name in violation.limit:
        if name not in violation.value:
            rule = violation.schema.get("properties", {}).get(name, {})
            yield Finding(
                path=violation.path,
                message=f"{dotted((*violation.path, name))} is missing ({who} needs it)",
                hint=as_dict(rule).get("x-hints", {}).get("required"),
                missing=None if violation.path else name,
            )


def _dependent_required(violation: Violation) -> Iterator[Finding]:
    """`end is missing (start needs it)`."""
    for name, needed in violation.limit.items():
        for other in needed if name in violation.value else ():
            if other not in violation.value:
                yield _finding(violation, f"{other} is missing ({name} needs it)")


_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}

# The first type that fits counts: a bool is an int too, and stand-ins are texts and numbers.
_DESCRIPTIONS: Mapping[type, str] = {
    DeferredText: "another job's output, a text",
    DeferredNumber: "another job's seed, a number",
    bool: "{}",
    str: "the text {}",
    int: "the number {}",
    float: "the number {}",
    dict: "a mapping",
}

_FILTERS = {"integer": "int", "boolean": "bool"}
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def _type(violation: Violation) -> Iterator[Finding]:
    """`duration is the text "5", but must be a whole number`."""
    wanted = [violation.limit] if isinstance(violation.limit, str) else list(violation.limit)
    types = " or ".join(_TYPES[name] for name in wanted if name != "null")
    message = f"{violation.name} is {_described(violation.value)}, but must be {types}"
    yield _finding(violation, message, _type_hint(violation, wanted))


def _described(value: Any) -> str:
    """The type of a value, with the value where it is short."""
    for type_, text in _DESCRIPTIONS.items():
        if isinstance(value, type_):
            return text.format(shown(value))
    return "empty (null)" if value is None else "a list"


def _type_hint(violation: Violation, wanted: Sequence[str]) -> str | None:
    """How to write the value so that it has the wanted type."""
    value = violation.value
    if isinstance(value, DeferredNumber):
        return "for an image write .output; with text around it a seed becomes text"
    if isinstance(value, DeferredText):
        return 'write it as a list: ["${{ ... }}"]' if "array" in wanted else None
    if isinstance(value, (bool, int, float)) and "string" in wanted:
        # It may have been written as yes or 3.10.
        return "quote it" if isinstance(value, (bool, float)) else f'quote it: "{shown(value)}"'
    if isinstance(value, (bool, int, float)):
        return None
    if not isinstance(value, str):
        return None
    text = value.strip()
    is_number = {"integer", "number"} & set(wanted) and _NUMBER.fullmatch(text)
    if not is_number and "boolean" not in wanted:
        return f"write it as a list: [{shown(value)}]" if "array" in wanted else None
    hint = f"write {text if is_number else 'true or false'} without quotes"
    if violation.subject.noun == "parameter":
        # Cells of a row are text, and have no quotes to remove.
        hint += f" (for a value from a row, add | {_FILTERS.get(wanted[0], 'float')})"
    return hint


def _enum(violation: Violation) -> Iterator[Finding]:
    """`aspect_ratio "21:9" is not offered by viduq1 (16:9, 9:16, 1:1)`.

    Of a key: `unknown operation "vidu/x" (known: vidu/reference2image)`.
    """
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
    yield _finding(violation, message, hint)


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
    yield _finding(violation, f"{violation.name} is empty" if is_plainly_empty else message)


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
    yield _finding(violation, f"{violation.named_value} {rejected} ({allowed})")


_MISMATCHES = {"multipleOf": "is not a multiple of", "pattern": "does not match the pattern"}


def _mismatch(violation: Violation) -> Iterator[Finding]:
    """`duration 3 is not a multiple of 2`; `size "big" does not match the pattern ^[0-9]+$`."""
    mismatch = _MISMATCHES[violation.keyword]
    yield _finding(violation, f"{violation.named_value} {mismatch} {violation.limit}")


def _unique_items(violation: Violation) -> Iterator[Finding]:
    """`tags has "cat" more than once`."""
    value = violation.value
    repeated = next(item for index, item in enumerate(value) if item in value[:index])
    yield _finding(violation, f"{violation.name} has {shown(repeated)} more than once")


def _not_allowed(violation: Violation) -> Iterator[Finding]:
    """`watermark true is not allowed (viduq1)`."""
    by = f" ({violation.condition})" if violation.condition else ""
    what = violation.named_value if violation.path else violation.subject.owner
    yield _finding(violation, f"{what} is not allowed{by}")


# Other keywords, and a property whose schema is false, such as a parameter that a model does not
# have, are `_not_allowed`.
_MESSAGES: Mapping[str, Callable[[Violation], Iterator[Finding]]] = {
    **dict.fromkeys(("additionalProperties", "unevaluatedProperties"), _unknown_key),
    "required": _required,
    "dependentRequired": _dependent_required,
    "type": _type,
    **dict.fromkeys(("enum", "const"), _enum),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties"), _length),
    **dict.fromkeys(_BOUNDS, _range),
    **dict.fromkeys(_MISMATCHES, _mismatch),
    "uniqueItems": _unique_items,
}
