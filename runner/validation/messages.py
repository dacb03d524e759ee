"""Faults in, the reasons in the user's words out.

A schema may help with the annotations `x-expected` (what a pattern or an alternative stands for,
with its article), `x-hints` (keyword to hint; for `required` in the missing property) and `x-form`
(the name of a form in which the hint writes what a value of another type, or an empty one, means).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from runner.settings.values import read_amounts_text
from runner.validation.diagnostics import Finding
from runner.validation.schema import Subject, Violation, is_mapping, violations_of
from runner.validation.wording import (
    TYPES,
    NumberToCome,
    TextToCome,
    counted,
    described,
    dotted,
    nearest,
    shown,
)


def explain(subject: Subject) -> list[Finding]:
    """Why the subject's value is refused, in the order of its keys; never empty."""
    found = [finding for fault in violations_of(subject) for finding in _message(fault)]
    if not found:
        # The two validators disagree (on a regular expression, say): the fast one decides.
        found = [Finding(path=(), message=f"{subject.owner} is not as its schema wants it")]
    order = {key: n for n, key in enumerate(subject.value)} if is_mapping(subject.value) else {}
    return sorted(dict.fromkeys(found), key=lambda f: order.get(f.path[0], -1) if f.path else -1)


def _message(fault: Violation) -> Iterator[Finding]:
    if "x-expected" in fault.schema and fault.keyword in {"pattern", "anyOf", "not"}:
        message = f"{fault.name} {shown(fault.value)} is not {fault.schema['x-expected']}"
        yield _finding(fault, message)
        return
    yield from _WORDS.get(fault.keyword, _other)(fault)


def _finding(fault: Violation, message: str, hint: str | None = None) -> Finding:
    written = fault.schema.get("x-hints", {}).get(fault.keyword)
    if fault.schema.get("x-form") == "amounts" and fault.keyword in {"type", "minProperties"}:
        written = _amounts(fault)
    return Finding(path=fault.path, message=message, hint=written or hint)


def _amounts(fault: Violation) -> str:
    """Amounts by unit with the numbers that are there: `try budget: {credits: 60}`."""
    flows = (
        ", ".join(f"{unit}: {number}" for unit, number in one.items())
        for one in read_amounts_text(fault.value)
    )
    return "try " + ", or ".join(f"{fault.path[-1]}: {{{flow}}}" for flow in flows)


def _unknown(fault: Violation) -> Iterator[Finding]:
    known = list(fault.schema.get("properties", ()))
    owner = dotted(fault.path) or fault.subject.owner
    names = known if fault.path else [*known, *fault.subject.more_names]
    patterns = fault.schema.get("patternProperties", ())
    for key in fault.value:
        if key not in known and not any(re.search(pattern, key) for pattern in patterns):
            yield Finding(
                path=(*fault.path, key),
                message=f"unknown {fault.subject.noun} {shown(key)} of {owner}",
                hint=nearest(key, names) or f"known: {', '.join(known)}",
                key=True,
            )


def _missing(fault: Violation) -> Iterator[Finding]:
    who = fault.holder or dotted(fault.path) or fault.subject.owner
    for name in fault.limit:
        if name not in fault.value:
            rule = fault.schema.get("properties", {}).get(name, {})
            yield Finding(
                path=fault.path,
                message=f"{dotted((*fault.path, name))} is missing ({who} needs it)",
                hint=rule.get("x-hints", {}).get("required") if is_mapping(rule) else None,
                missing=None if fault.path else name,
            )


def _type(fault: Violation) -> Iterator[Finding]:
    wanted = [fault.limit] if isinstance(fault.limit, str) else list(fault.limit)
    words = " or ".join(TYPES[name] for name in wanted if name != "null")
    message = f"{fault.name} is {described(fault.value)}, {words} is needed"
    hint = _retype(fault.value, wanted)
    if hint and hint.endswith("quotes") and fault.subject.noun == "parameter":
        hint += f" (what comes from a row: add | {_FILTERS.get(wanted[0], 'float')})"
    yield _finding(fault, message, hint)


_FILTERS = {"integer": "int", "boolean": "bool"}


def _retype(value: Any, wanted: Sequence[str]) -> str | None:
    """How to write the value so that it gets the type that is wanted."""
    if isinstance(value, NumberToCome):
        return "for an image write .output; among other words a seed becomes text"
    if isinstance(value, TextToCome):
        return 'write it as a list: ["${{ ... }}"]' if "array" in wanted else None
    text = value.strip() if isinstance(value, str) else None
    if "string" in wanted and isinstance(value, (bool, int, float)):
        return f'quote it: "{shown(value)}"'
    if text is not None and {"integer", "number"} & set(wanted) and _numeric(text):
        return f"write {text} without quotes"
    if text is not None and "boolean" in wanted:
        return "write true or false without quotes"
    if text is not None and "array" in wanted:
        return f"write it as a list: [{shown(value)}]"
    return None


def _numeric(text: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text) is not None


def _enum(fault: Violation) -> Iterator[Finding]:
    options = fault.limit if fault.keyword == "enum" else [fault.limit]
    listed = ", ".join(str(option) for option in options)
    hint = None
    if isinstance(fault.value, str):
        elsewhere = _offered_elsewhere(fault)
        alike = [option for option in options if _digits(option) == _digits(fault.value)]
        hint = elsewhere or nearest(fault.value, alike, cutoff=0.8)
    elif all(isinstance(option, str) for option in options):
        hint = "quote it" if isinstance(fault.value, (int, float)) else None
    elif shown(fault.value) == f'"{listed}"':
        hint = f"write {listed} without quotes"
    offered = f"is not offered {fault.by_holder or f'by {fault.subject.owner}'}"
    if fault.subject.noun != "parameter":
        offered = "is not known"
    yield _finding(fault, f"{fault.name} {shown(fault.value)} {offered} ({listed})", hint)


def _digits(option: Any) -> str:
    """Other digits are another value (viduq1, viduq2), not a slip of the finger."""
    return "".join(re.findall("[0-9]", str(option)))


def _offered_elsewhere(fault: Violation) -> str | None:
    """Which other models offer the value."""
    found = []
    for branch in fault.subject.schema.get("allOf", ()) if len(fault.path) == 1 else ():
        model = branch.get("if", {}).get("properties", {}).get("model", {}).get("const")
        rule = branch.get("then", {}).get("properties", {}).get(fault.path[0], {})
        if model is not None and fault.value in rule.get("enum", ()):
            found.append(model)
    return f"{' and '.join(found)} offer{'s' * (len(found) == 1)} it" if found else None


def _length(fault: Violation) -> Iterator[Finding]:
    """minLength, maxLength, minItems, maxItems, minProperties."""
    least = fault.keyword.startswith("min")
    noun = {"Length": "character", "Items": "item", "operties": "entry"}
    unit = next(word for end, word in noun.items() if fault.keyword.endswith(end))
    size = len(fault.value)
    if least and fault.limit == 1 and size == 0 and not fault.conditions:
        yield _finding(fault, f"{fault.name} is empty")
        return
    verb = "needs" if least else "takes"
    bound = f"at {'least' if least else 'most'} {fault.limit}"
    rule = f"{bound} {'are needed' if least else 'are allowed'}"
    if fault.holder:
        rule = f"{fault.holder} {verb} {bound}"
    yield _finding(fault, f"{fault.name} has {counted(size, unit)}, {rule}")


def _range(fault: Violation) -> Iterator[Finding]:
    """minimum, maximum and their exclusive forms, told with the whole range."""
    rule = fault.schema
    low, high = rule.get("minimum"), rule.get("maximum")
    if low is not None and high is not None:
        words = f"{low} to {high}"
    else:
        bound = {
            "minimum": "at least",
            "maximum": "at most",
            "exclusiveMinimum": "more than",
            "exclusiveMaximum": "less than",
        }
        words = f"{bound[fault.keyword]} {fault.limit}"
    offered = f"is not offered {fault.by_holder}" if fault.holder else "is out of range"
    yield _finding(fault, f"{fault.name} {shown(fault.value)} {offered} ({words})")


def _multiple(fault: Violation) -> Iterator[Finding]:
    yield _finding(fault, f"{fault.name} {shown(fault.value)} is no multiple of {fault.limit}")


def _pattern(fault: Violation) -> Iterator[Finding]:
    message = f"{fault.name} {shown(fault.value)} does not have the form that is needed"
    yield _finding(fault, f"{message} ({fault.limit})")


def _repeated(fault: Violation) -> Iterator[Finding]:
    twice = [v for n, v in enumerate(fault.value) if v in fault.value[:n]]
    yield _finding(fault, f"{fault.name} has {shown(twice[0])} more than once")


def _together(fault: Violation) -> Iterator[Finding]:
    for name, needed in fault.limit.items():
        for other in needed if name in fault.value else ():
            if other not in fault.value:
                message = f"{other} is missing ({name} needs it)"
                yield _finding(fault, message)


def _other(fault: Violation) -> Iterator[Finding]:
    by = f" ({fault.holder})" if fault.holder else ""
    what = f"{fault.name} {shown(fault.value)}" if fault.path else fault.subject.owner
    yield _finding(fault, f"{what} is not allowed{by}")


_WORDS: Mapping[str, Callable[[Violation], Iterator[Finding]]] = {
    "additionalProperties": _unknown,
    "unevaluatedProperties": _unknown,
    "required": _missing,
    "dependentRequired": _together,
    "type": _type,
    "enum": _enum,
    "const": _enum,
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties"), _length),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _range),
    "multipleOf": _multiple,
    "pattern": _pattern,
    "uniqueItems": _repeated,
}
