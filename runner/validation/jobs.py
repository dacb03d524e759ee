"""Job checks: one expanded job's parameters against its operation's schema, and its warnings."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from runner.model.jobs import Draft
from runner.model.operations import Operation
from runner.model.values import Deferred, Parameters, ValuePath, as_list, map_leaves
from runner.validation.diagnostics import (
    DeferredNumber,
    DeferredText,
    Finding,
    in_order_of,
    shown,
)
from runner.validation.measures import measure
from runner.validation.messages import explain
from runner.validation.schema import Subject


def check_job(
    draft: Draft, operation: Operation, unknown: frozenset[str] = frozenset()
) -> list[Finding]:
    """Errors by the operation's schema, then its warnings; paths start at the parameters.

    Another job's results are assumed to fit as text or number. Parameters in `unknown` are
    present, but with a value that is not known: nothing is reported about them.
    """
    validators = _validators(operation)
    # An unknown one gets some value, so that it is not reported as missing.
    written = {**draft.parameters, **dict.fromkeys(unknown, "")}
    # Without references, as in most jobs, the walk would only cost time.
    parameters = map_leaves(written, _stand_in) if draft.needs or unknown else written
    findings = []
    if not _accepts_known(validators, parameters, unknown):
        # Messages must not show a stand-in as if the user had written it.
        shown_ = map_leaves(written, _described_stand_in)
        schema, owner = operation.schema, operation.name
        findings = explain(Subject(schema=schema, value=shown_, owner=owner, noun="parameter"))
    # What is wrong by itself would only repeat its error.
    skipped = unknown.union(str(each.path[0]) for each in findings if each.path)
    if measured := [*measure(operation, draft.parameters, parameters, skipped)]:
        findings = in_order_of(written, [*findings, *measured])
    if _accepts(validators.any_warning, parameters):
        # What is wrong has to be changed, whatever else could be said of it.
        wrong = {each.path for each in findings if each.path}
        findings += (each for each in _warnings(validators, parameters) if each.path not in wrong)
    return [each for each in findings if not unknown.intersection((*each.path[:1], *each.rivals))]


def _accepts_known(
    validators: _Validators, parameters: Parameters, unknown: frozenset[str]
) -> bool:
    if _accepts(validators.strict, parameters):
        return True
    known = {name: value for name, value in parameters.items() if name not in unknown}
    return bool(unknown) and _accepts(validators.without_required, known)


class _Validator(Protocol):
    def is_valid(self, instance: Any, /) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Validators:
    """The compiled validators of one operation."""

    strict: _Validator
    without_required: _Validator
    """The same where parameters may be missing."""
    any_warning: _Validator
    """Whether any warning applies at all: one check instead of one for each."""
    warnings: tuple[tuple[_Validator, Mapping[str, Any]], ...]


@functools.cache
def _validators(operation: Operation) -> _Validators:
    from jsonschema_rs import Draft202012Validator

    schema = operation.schema
    rules = schema.get("x-warnings", [])
    any_rule = {"anyOf": [_of_whole(rule) for rule in rules]} if rules else False
    return _Validators(
        strict=Draft202012Validator(dict(schema)),
        without_required=Draft202012Validator({**schema, "required": []}),
        any_warning=Draft202012Validator(any_rule),
        warnings=tuple((Draft202012Validator(rule["if"]), rule) for rule in rules),
    )


def _accepts(validator: _Validator, value: Any) -> bool:
    try:
        return validator.is_valid(value)
    except ValueError:  # nested more deeply than it supports: no valid parameter is
        return False


def _of_whole(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """When a warning applies, as a condition on all parameters."""
    if (name := rule.get("each")) is None:
        return rule["if"]  # type: ignore[no-any-return]
    contains = {"type": "array", "contains": {"type": "object", **rule["if"]}}
    return {"properties": {name: contains}, "required": [name]}


def _warnings(validators: _Validators, parameters: Parameters) -> Iterator[Finding]:
    for condition, rule in validators.warnings:
        for path, values in _about(rule, parameters):
            if _accepts(condition, values) and not _is_cited(rule, values, parameters):
                message = rule["message"]
                for name, value in values.items():
                    message = message.replace(f"{{{name}}}", shown(value))
                at = (*path, rule["parameter"]) if rule["parameter"] in values else path
                yield Finding(path=at, message=message, warning=True)


def _is_cited(rule: Mapping[str, Any], item: Mapping[str, Any], parameters: Parameters) -> bool:
    """Whether a text cites an item by its name, so that a warning about uncited ones is idle."""
    if "uncited_in" not in rule:
        return False
    text, name = parameters.get(rule["uncited_in"]), item.get(rule["parameter"])
    # A text that is missing, or not known, is no reason to doubt the names.
    return not (text and isinstance(text, str)) or f"@{name}" in text


def _about(
    rule: Mapping[str, Any], parameters: Parameters
) -> Iterator[tuple[ValuePath, Mapping[str, Any]]]:
    """What a warning is about: all parameters, or each item of a list; with its path."""
    if (name := rule.get("each")) is None:
        yield (), parameters
        return
    for index, item in enumerate(as_list(parameters.get(name))):
        if isinstance(item, dict):
            yield (name, index), item


_ID, _URL = "911092490931552256", "https://result.invalid/1"


def _stand_in(_path: ValuePath, leaf: Any) -> Any:
    """For a deferred value one of its kind; for one with text around it the shortest text."""
    if not isinstance(leaf, Deferred):
        return leaf
    parts = leaf.parts
    # A lone file or URL can be an image or an address: a URL fits both.
    if len(parts) == 1 and not isinstance(parts[0], str):
        return {"seed": 1, "creation_id": _ID, "task_id": _ID}.get(parts[0].attribute, _URL)
    return "".join(part if isinstance(part, str) else "1" for part in parts)


def _described_stand_in(path: ValuePath, leaf: Any) -> Any:
    """The same, in types that messages recognize."""
    value = _stand_in(path, leaf)
    if value is leaf:
        return leaf
    return DeferredNumber(value) if isinstance(value, int) else DeferredText(value)
