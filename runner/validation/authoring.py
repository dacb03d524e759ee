"""Authoring schema: the manifest's JSON Schema for editors, `schemas/manifest.schema.json`.

It requires little, since defaults may add the rest, and allows an expression anywhere; the
operations' own schemas are strict, and apply after expansion.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from runner.model.operations import Operation
from runner.validation.explained import explained
from runner.validation.quoted import quoted
from runner.validation.relaxed import (
    definitions,
    narrowed,
    null_unoffered,
    relaxed_parameters,
)
from runner.validation.shape import Schema, job_shape, manifest_shape, part

# Only keys of the schema, and the user's own.
_CLOSED: Schema = {"additionalProperties": False, "patternProperties": {"^x-": True}}
_ANY: Schema = {"$ref": "#/$defs/any"}


def manifest_text(operations: Mapping[str, Operation]) -> str:
    """The text of `manifest.schema.json`."""
    return json.dumps(manifest_schema(operations), ensure_ascii=False, indent=1) + "\n"


def manifest_schema(operations: Mapping[str, Operation]) -> Schema:
    """The authoring schema, JSON Schema 2020-12."""
    shape = explained(null_unoffered(manifest_shape(operations)))
    shape["properties"]["jobs"]["items"] = _reference("job")
    defaults = shape["properties"]["defaults"]
    shape["properties"]["defaults"] = {"$ref": "#/$defs/defaults"}
    own = _own_keys(operations)
    parameters = _Parameters(operations)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:vidu-run:schema:manifest",
        "title": "vidu-run manifest, version 1",
        "$comment": "Generated from the operations' schemas: python -m runner.validation",
        **shape,
        "allOf": [*map(_by_default, operations), _without_default(operations)],
        "$defs": {
            **definitions(part("expression")),
            "job": _job(own, operations) | {"defaultSnippets": part("snippets")},
            "undecided": {"type": "object", "properties": {"operation": {"type": "null"}}},
            "any": _any_operation(own, parameters),
            "defaults": {**defaults, **_defaults(own, parameters, operations)},
            "defaults-of-one": _keys_of_one(own),
            **{
                _key(name): quoted(_operation(own, parameters.of[name], operation))
                for name, operation in operations.items()
            },
            **parameters.definitions,
        },
    }


def _own_keys(operations: Mapping[str, Operation]) -> dict[str, Schema]:
    """A job's own keys; of its operations an editor shows what they make."""
    own: dict[str, Schema] = job_shape(operations)["properties"]
    own["operation"]["anyOf"][0]["enumDescriptions"] = [
        operation.schema.get("description", operation.title) for operation in operations.values()
    ]
    return {key: explained(null_unoffered(rule)) for key, rule in own.items()}


class _Parameters:
    """The rules of all operations' parameters, each distinct one once under `$defs`."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self.definitions: dict[str, Schema] = {}
        self._distinct: dict[str, list[Schema]] = {}
        self.of = {
            name: {key: self._defined(key, rule) for key, rule in relaxed_parameters(each).items()}
            for name, each in operations.items()
        }
        """The parameters of each operation, as references."""

    def _defined(self, name: str, relaxed: Schema) -> Schema:
        rule = quoted(relaxed)
        known = self._distinct.setdefault(name, [])
        if rule not in known:
            known.append(rule)
        index = known.index(rule)
        key = f"{name}-{index + 1}" if index else name
        self.definitions[key] = rule
        return _reference(key)

    def of_any(self) -> dict[str, Schema]:
        """Every operation's parameters; where they differ, as alternatives."""
        found: dict[str, list[Schema]] = {}
        for parameters in self.of.values():
            for name, reference in parameters.items():
                if reference not in found.setdefault(name, []):
                    found[name].append(reference)
        return {
            name: choices[0] if len(choices) == 1 else {"anyOf": choices}
            for name, choices in found.items()
        }


def _job(own: Mapping[str, Schema], operations: Iterable[str]) -> Schema:
    """A job's own keys, and what its operation adds."""
    given = {"type": "string", "pattern": r"\$\{\{"}
    choices = [(_named(name), _reference(_key(name))) for name in operations]
    return {
        "title": "Job",
        "description": "One request, or several with matrix, foreach or takes.",
        "type": "object",
        "required": ["id"],
        "properties": own,
        "allOf": [
            {"if": _has_operation(rule), "then": then} for rule, then in [*choices, (given, _ANY)]
        ],
    }


def _operation(
    own: Iterable[str], parameters: Mapping[str, Schema], operation: Operation
) -> Schema:
    """The keys of a job of this operation; those that every job has are described there."""
    return {
        "title": operation.name,
        "description": operation.schema.get("description", ""),
        **_CLOSED,
        "properties": {**parameters, **dict.fromkeys(own, True)},
        **narrowed(operation),
    }


def _any_operation(own: Iterable[str], parameters: _Parameters) -> Schema:
    """The keys of a job whose operation is not known."""
    return {
        "title": "Job",
        **_CLOSED,
        "properties": {**parameters.of_any(), **dict.fromkeys(own, True)},
    }


def _defaults(
    own: Mapping[str, Schema], parameters: _Parameters, operations: Iterable[str]
) -> Schema:
    """Keys and parameters of all jobs, and under an operation's name its own defaults."""
    shared = {key: rule for key, rule in own.items() if key != "id"}
    # The type stands here too: an editor inserts a key by what it sees beside its name.
    blocks = {
        name: {
            "title": f"Defaults of {name}",
            "type": ["object", "null"],
            "allOf": [_reference("defaults-of-one"), _reference(_key(name))],
        }
        for name in operations
    }
    return {"title": "Defaults", **_CLOSED, "properties": shared | parameters.of_any() | blocks}


def _keys_of_one(own: Mapping[str, Schema]) -> Schema:
    """A job's own keys in the defaults of one operation."""
    return {"properties": {**own, "id": False, "operation": False}}


def _key(operation: str) -> str:
    return operation.replace("/", ".")


def _reference(key: str) -> Schema:
    return {"$ref": f"#/$defs/{key}"}


# A pattern, for editors take the beginning of a constant for the whole while a key is completed.
def _named(*operations: str) -> Schema:
    # `re.escape` would escape hyphens too, which the patterns of JavaScript do not allow.
    names = "|".join(name.replace(".", r"\.") for name in operations)
    return {"type": "string", "pattern": f"^({names})$" if len(operations) > 1 else f"^{names}$"}


def _has_operation(rule: Schema) -> Schema:
    # The type, for editors apply every condition that a value which is still to be written meets.
    return {"type": "object", "properties": {"operation": rule}, "required": ["operation"]}


def _by_default(operation: str) -> Schema:
    """Jobs without an operation have the default one."""
    return {
        "if": _with_default(_named(operation)),
        "then": _undecided_jobs(_reference(_key(operation))),
    }


def _without_default(operations: Iterable[str]) -> Schema:
    """Jobs without an operation may have any, if there is no default one."""
    return {"if": {"not": _with_default(_named(*operations))}, "then": _undecided_jobs(_ANY)}


def _with_default(rule: Schema) -> Schema:
    defaults = _has_operation(rule)
    return {"type": "object", "properties": {"defaults": defaults}, "required": ["defaults"]}


def _undecided_jobs(then: Schema) -> Schema:
    items: Any = {"if": _reference("undecided"), "then": then}
    return {"properties": {"jobs": {"items": items}}}
