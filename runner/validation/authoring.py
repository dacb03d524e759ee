"""Authoring schema: the manifest's JSON Schema for editors, `schemas/manifest.schema.json`.

It requires little, since defaults may add the rest, and allows an expression anywhere; the
operations' own schemas are strict, and apply after expansion.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from runner.model import Operation
from runner.validation.shape import EXPRESSION, Schema, either, job_keys, manifest_shape


def _snippet(label: str, description: str, operation: str, **parameters: Any) -> Schema:
    body = {"id": "$1", "operation": operation, "model": "viduq2", **parameters}
    return {"label": label, "description": description, "body": body}


_SNIPPETS = [
    _snippet("image", "An image made by Vidu", "vidu/reference2image", prompt="$2"),
    _snippet(
        "video",
        "A video made by ModelVerse",
        "modelverse/reference2video",
        images=["$2"],
        prompt="$3",
    ),
]


def manifest_text(operations: Mapping[str, Operation]) -> str:
    """The text of `manifest.schema.json`."""
    return json.dumps(manifest_schema(operations), ensure_ascii=False, indent=2) + "\n"


def manifest_schema(operations: Mapping[str, Operation]) -> Schema:
    """The authoring schema, JSON Schema 2020-12."""
    shape = manifest_shape(sorted({op.provider for op in operations.values()}))
    shape["properties"]["jobs"]["items"] = {"$ref": "#/$defs/job"}
    shape["properties"]["jobs"]["defaultSnippets"] = [
        {**snippet, "body": [snippet["body"]]} for snippet in _SNIPPETS
    ]
    shape["properties"]["defaults"] = {"$ref": "#/$defs/defaults"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:vidu-run:schema:manifest",
        "title": "vidu-run manifest, version 1",
        "$comment": "Generated from the operations' schemas: python -m runner.validation",
        **shape,
        "allOf": [_by_default(name) for name in operations],
        "$defs": {
            "expression": EXPRESSION,
            "job": _job(operations),
            "defaults": _defaults(operations),
            **{_key(name): _parameters(name, operations) for name in operations},
        },
    }


def _key(operation: str) -> str:
    return operation.replace("/", ".")


def _reference(operation: str) -> Schema:
    return {"$ref": f"#/$defs/{_key(operation)}"}


def _is(operation: str) -> Schema:
    return {"properties": {"operation": {"const": operation}}, "required": ["operation"]}


def _by_default(operation: str) -> Schema:
    """Jobs without an operation have the default one."""
    without = {
        "if": {"type": "object", "not": {"required": ["operation"]}},
        "then": _reference(operation),
    }
    return {
        "if": {"properties": {"defaults": _is(operation)}, "required": ["defaults"]},
        "then": {"properties": {"jobs": {"items": without}}},
    }


def _job(operations: Mapping[str, Operation]) -> Schema:
    return {
        "description": "One request, or several with matrix, foreach or takes.",
        "type": "object",
        "required": ["id"],
        "additionalProperties": False,
        "patternProperties": {"^x-": True},
        "properties": {**job_keys(operations), **_any_parameters(operations)},
        "allOf": [{"if": _is(name), "then": _reference(name)} for name in operations],
        "defaultSnippets": _SNIPPETS,
    }


def _defaults(operations: Mapping[str, Operation]) -> Schema:
    """Directly the parameters of any operation, under an operation's name its own."""
    shared = {key: value for key, value in job_keys(operations).items() if key != "id"}
    blocks = {
        name: {
            "description": f"Defaults for {operation.title}.",
            "type": ["object", "null"],
            "additionalProperties": False,
            "patternProperties": {"^x-": True},
            "properties": {
                **{key: value for key, value in shared.items() if key != "operation"},
                **_relaxed_parameters(operation),
            },
            "allOf": _narrowed(operation),
        }
        for name, operation in operations.items()
    }
    return {
        "description": "Merged under every job; a key with a slash holds for that operation only."
        " Mappings merge, lists replace, null unsets.",
        "type": ["object", "null"],
        "additionalProperties": False,
        "patternProperties": {"^x-": True},
        "properties": {**shared, **_any_parameters(operations), **blocks},
    }


def _parameters(name: str, operations: Mapping[str, Operation]) -> Schema:
    """The parameters of a job of this operation, without those of the others."""
    own = _relaxed_parameters(operations[name])
    # A job's schema allows every operation's parameters, so the others' are forbidden by name.
    foreign = {other for op in operations.values() for other in op.schema["properties"]} - set(own)
    return {
        "title": operations[name].title,
        "description": operations[name].schema.get("description", ""),
        "properties": {**own, **dict.fromkeys(sorted(foreign), False)},
        "allOf": _narrowed(operations[name]),
    }


def _any_parameters(operations: Mapping[str, Operation]) -> dict[str, Schema]:
    """Every operation's parameters; where they differ, as alternatives."""
    found: dict[str, list[Schema]] = {}
    for operation in operations.values():
        for name, schema in _relaxed_parameters(operation).items():
            choices = found.setdefault(name, [])
            if schema not in choices:  # most parameters are the same in all operations
                choices.append(schema)
    return {
        name: choices[0] if len(choices) == 1 else {"anyOf": choices}
        for name, choices in found.items()
    }


def _relaxed_parameters(operation: Operation) -> dict[str, Schema]:
    properties: Mapping[str, Any] = operation.schema["properties"]
    return {name: _relaxed(schema) for name, schema in properties.items()}


def _relaxed(schema: Mapping[str, Any]) -> Schema:
    """The schema of a parameter where an expression, or null, may replace the value."""
    annotations = {key: schema[key] for key in ("description", "default") if key in schema}
    rules = {key: value for key, value in _plain(schema).items() if key not in annotations}
    if "items" in rules:
        rules["items"] = {"anyOf": [rules["items"], {"$ref": "#/$defs/expression"}]}
    return {**annotations, **either(rules)}


def _plain(schema: Any) -> Any:
    """Without comments and our own annotations."""
    if isinstance(schema, dict):
        return {
            key: _plain(value)
            for key, value in schema.items()
            if key != "$comment" and not key.startswith("x-")
        }
    return [_plain(value) for value in schema] if isinstance(schema, list) else schema


def _narrowed(operation: Operation) -> list[Schema]:
    """The operation's conditions, for jobs that write the condition's parameters themselves."""
    conditions = []
    for branch in operation.schema.get("allOf", ()):
        then: Mapping[str, Any] = branch.get("then", {}).get("properties", {})
        rules = {name: rule for name, rule in then.items() if rule is False or _constrains(rule)}
        if rules:
            # Required, for an absent parameter may come from the defaults.
            condition = _plain(branch["if"])
            condition["required"] = list(condition.get("properties", ()))
            then_relaxed = {name: rule and _relaxed(rule) for name, rule in rules.items()}
            conditions.append({"if": condition, "then": {"properties": then_relaxed}})
    return conditions


def _constrains(schema: Any) -> bool:
    """Whether the schema has more than a default."""
    return isinstance(schema, dict) and bool(set(_plain(schema)) - {"default"})
