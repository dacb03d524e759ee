"""Examples: a short manifest with one job of an operation, made from its schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runner.documents.dump import dump
from runner.model.names import EACH
from runner.model.operations import MediaKind, MediaLimits, Operation
from runner.validation.schema import is_valid, required_sets

_FILES: Mapping[MediaKind, str] = {"image": "png", "video": "mp4", "audio": "mp3"}
"""The ending of each kind's file."""

_TEXTS = {
    "prompt": "A red fox runs through fresh snow, @fox",
    "text": "The fox is home before the snow.",
    "name": "fox",
    "id": "fox",
    "voice_id": "fox-voice-1",
}
"""What stands for a text of that name; another one is its own name."""


def example_manifest(operation: Operation) -> str:
    """A manifest to copy: what the operation requires, and one of each alternative."""
    parameters = _mapping(operation, "", operation.schema)
    job = {"id": "example", "operation": operation.name, **parameters}
    return dump({"version": 1, "jobs": [job]})


def _value(operation: Operation, name: str, rule: Mapping[str, Any]) -> Any:
    """The first value that the schema offers, or one of its type."""
    for key in ("examples", "enum"):
        if rule.get(key):
            return rule[key][0]
    if "const" in rule:
        return rule["const"]
    if rule.get("type") == "array":
        return _items(operation, name, rule)
    if rule.get("type") == "object":
        return _mapping(operation, f"{name}.", rule)
    if name in operation.media:
        return _medium(operation.media[name], 1)
    if rule.get("default") not in (None, ""):
        return rule["default"]
    return _scalar(name, rule)


def _items(operation: Operation, name: str, rule: Mapping[str, Any]) -> list[Any]:
    count = max(1, rule.get("minItems", 1))
    if name in operation.media:
        return [_medium(operation.media[name], number) for number in range(1, count + 1)]
    items = rule.get("items", {})
    if "properties" in items:
        return [_mapping(operation, f"{name}{EACH}.", items) for _ in range(count)]
    return [_value(operation, name + EACH, items) for _ in range(count)]


def _mapping(operation: Operation, prefix: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    rules = rule["properties"]
    keys = list(rule.get("required", ()))
    for keyword in ("oneOf", "anyOf"):
        if sets := required_sets(rule.get(keyword)):
            keys += sets[0]
    mapping = {key: _value(operation, prefix + key, rules[key]) for key in dict.fromkeys(keys)}
    for branch in rule.get("allOf", ()):
        for key in _required_by(branch, mapping):
            mapping.setdefault(key, _value(operation, prefix + key, rules[key]))
    return mapping


def _required_by(branch: Mapping[str, Any], mapping: Mapping[str, Any]) -> Sequence[str]:
    """The keys that a condition requires in a mapping like this one."""
    outcome = "then" if is_valid(branch["if"], mapping) else "else"
    required: Sequence[str] = branch.get(outcome, {}).get("required", ())
    return required


def _medium(limits: MediaLimits, number: int) -> str:
    ending = _FILES[limits.kind]
    suffix = "" if number == 1 else f"-{number}"
    name = f"{limits.kind}{suffix}.{ending}"
    # A URL is the one form for which the reader needs no file; some places take files only.
    return f"https://example.com/{name}" if "url" in limits.forms else name


def _scalar(name: str, rule: Mapping[str, Any]) -> Any:
    match rule.get("type"):
        case "integer" | "number":
            return rule.get("minimum", rule.get("maximum", 1))
        case "boolean":
            return True
    key = name.rpartition(".")[2]
    if rule.get("x-expected") == "an http or https URL":
        return f"https://example.com/{key}"
    return _TEXTS.get(key, _TEXTS.get(key.rpartition("_")[2], key))
