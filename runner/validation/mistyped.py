"""Messages about values of a wrong type: what they are, and how to write what is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.model.values import as_dict
from runner.validation.diagnostics import DeferredNumber, DeferredText, Finding, shown
from runner.validation.schema import Violation

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


def describe_type(violation: Violation) -> Iterator[Finding]:
    """`duration is the text "5", but must be a whole number`."""
    wanted = [violation.limit] if isinstance(violation.limit, str) else list(violation.limit)
    types = " or ".join(_TYPES[name] for name in wanted if name != "null")
    message = f"{violation.name} is {_described(violation.value)}, but must be {types}"
    yield violation.finding(message, _hint(violation, wanted))


def _described(value: Any) -> str:
    """The type of a value, with the value where it is short."""
    for type_, text in _DESCRIPTIONS.items():
        if isinstance(value, type_):
            return text.format(shown(value))
    return "empty (null)" if value is None else "a list"


def _hint(violation: Violation, wanted: Sequence[str]) -> str | None:
    """How to write the value so that it has the wanted type."""
    value = violation.value
    if isinstance(value, DeferredNumber):
        return "for an image write .output; with text around it a seed becomes text"
    if isinstance(value, DeferredText):
        return 'write it as a list: ["${{ ... }}"]' if "array" in wanted else None
    if isinstance(value, (bool, int, float)) and "string" in wanted:
        # It may have been written as yes or 3.10.
        return "quote it" if isinstance(value, (bool, float)) else f'quote it: "{shown(value)}"'
    if isinstance(value, str):
        return _hint_for_text(violation, value, wanted)
    if isinstance(value, dict | list):
        return _hint_for_parts(value, wanted)
    return None


def _hint_for_text(violation: Violation, value: str, wanted: Sequence[str]) -> str | None:
    text = value.strip()
    is_number = {"integer", "number"} & set(wanted) and _NUMBER.fullmatch(text)
    if is_number or "boolean" in wanted:
        hint = f"write {text if is_number else 'true or false'} without quotes"
        if violation.subject.noun == "parameter":
            # Cells of a row are text, and have no quotes to remove.
            hint += f" (for a value from a row, add | {_FILTERS.get(wanted[0], 'float')})"
        return hint
    items = as_dict(violation.schema.get("items"))
    if "array" in wanted and items.get("type") != "object":
        return f"write it as a list: [{shown(value)}]"
    keys = list(as_dict(items.get("properties") or violation.schema.get("properties")))
    if violation.subject.noun == "parameter" and keys:
        return f"{'each item is' if items else 'write it as'} a mapping of {', '.join(keys)}"
    return None


def _hint_for_parts(value: Any, wanted: Sequence[str]) -> str | None:
    if isinstance(value, dict) and "array" in wanted and value:
        return f"write it as a list: [{{{next(iter(value))}: ...}}]"
    if isinstance(value, list) and "array" not in wanted and len(value) == 1:
        return f"write it without a list: {shown(value[0])}"
    return None
