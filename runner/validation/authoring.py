"""Authoring schema: the manifest's JSON Schema for editors, `schemas/manifest.schema.json`.

It requires little, since defaults may add the rest, and allows an expression anywhere; the
operations' own schemas are strict, and apply after expansion.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import combinations
from typing import Any

from runner.model.operations import Operation
from runner.validation.schema import required_only, required_sets
from runner.validation.shape import Schema, job_shape, manifest_shape, part

# Only keys of the schema, and the user's own.
_CLOSED: Schema = {"additionalProperties": False, "patternProperties": {"^x-": True}}


def manifest_text(operations: Mapping[str, Operation]) -> str:
    """The text of `manifest.schema.json`."""
    return json.dumps(manifest_schema(operations), ensure_ascii=False, indent=2) + "\n"


def manifest_schema(operations: Mapping[str, Operation]) -> Schema:
    """The authoring schema, JSON Schema 2020-12."""
    shape, snippets = manifest_shape(operations), part("snippets")
    shape["properties"]["jobs"] |= {
        "items": {"$ref": "#/$defs/job"},
        "defaultSnippets": [{**snippet, "body": [snippet["body"]]} for snippet in snippets],
    }
    defaults = shape["properties"]["defaults"]
    shape["properties"]["defaults"] = {"$ref": "#/$defs/defaults"}
    own = job_shape(operations)["properties"]
    shared = {key: value for key, value in own.items() if key != "id"}
    parameters = _any_parameters(operations)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:vidu-run:schema:manifest",
        "title": "vidu-run manifest, version 1",
        "$comment": "Generated from the operations' schemas: python -m runner.validation",
        **shape,
        "allOf": [_by_default(name) for name in operations],
        "$defs": {
            "expression": part("expression"),
            "job": {
                "description": "One request, or several with matrix, foreach or takes.",
                "type": "object",
                "required": ["id"],
                **_CLOSED,
                "properties": own | parameters,
                "allOf": [{"if": _is(name), "then": _reference(name)} for name in operations],
                "defaultSnippets": snippets,
            },
            "defaults": {
                **defaults,
                **_CLOSED,
                "properties": shared | parameters | _default_blocks(shared, operations),
            },
            **{name.replace("/", "."): _parameters(name, operations) for name in operations},
        },
    }


def _reference(operation: str) -> Schema:
    return {"$ref": f"#/$defs/{operation.replace('/', '.')}"}


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


def _default_blocks(shared: Schema, operations: Mapping[str, Operation]) -> Schema:
    """Under an operation's name its own defaults; `shared` are the keys of all jobs."""
    keys = {key: value for key, value in shared.items() if key != "operation"}
    return {
        name: {
            "description": f"Defaults for {operation.title}.",
            "type": ["object", "null"],
            **_CLOSED,
            "properties": keys | _relaxed_parameters(operation),
            **_narrowed(operation),
        }
        for name, operation in operations.items()
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
        **_narrowed(operations[name]),
    }


def _any_parameters(operations: Mapping[str, Operation]) -> dict[str, Schema]:
    """Every operation's parameters; where they differ, as alternatives."""
    found: dict[str, list[Schema]] = {}
    for operation in operations.values():
        for name, schema in _relaxed_parameters(operation).items():
            if schema not in found.setdefault(name, []):  # most are the same in all operations
                found[name].append(schema)
    return {
        name: choices[0] if len(choices) == 1 else {"anyOf": choices}
        for name, choices in found.items()
    }


def _relaxed_parameters(operation: Operation) -> dict[str, Schema]:
    properties: Mapping[str, Any] = operation.schema["properties"]
    return {name: _relaxed(schema) for name, schema in properties.items()}


def _relaxed(schema: Mapping[str, Any]) -> Schema:
    """The schema of a parameter where an expression, or null, may replace the value."""
    relaxed: Schema = _replaceable(schema, {"type": "null"}, _EXPRESSION)
    return relaxed


_EXPRESSION: Schema = {"$ref": "#/$defs/expression"}


def _replaceable(schema: Any, *others: Schema) -> Any:
    """The rule of a value where another one of `others` may stand; what is forbidden stays so."""
    if not isinstance(schema, dict):
        return schema
    annotations = {key: schema[key] for key in ("description", "default") if key in schema}
    rules = {key: value for key, value in _open(schema).items() if key not in annotations}
    return {**annotations, "anyOf": [rules, *others]}


def _open(schema: Mapping[str, Any]) -> Schema:
    """The rule of a value in whose parts expressions may stand."""
    rules: Schema = _plain(schema)
    for key in _PARTS & rules.keys():
        rules[key] = _replaceable(schema[key], _EXPRESSION)
    if "properties" in rules:
        inside = schema["properties"].items()
        # Null unsets a key of an item as it does a parameter.
        rules["properties"] = {name: _relaxed(rule) for name, rule in inside}
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
            for key, value in schema.items()
            if key != "$comment" and not key.startswith("x-")
        }
    return [_plain(value) for value in schema] if isinstance(schema, list) else schema


def _narrowed(operation: Operation) -> Schema:
    """The operation's conditions, for jobs that write the condition's parameters themselves."""
    conditions = []
    for branch in operation.schema.get("allOf", ()):
        then: Mapping[str, Any] = branch.get("then", {})
        # A condition that only changes a default restricts nothing.
        narrower = {
            name: rule and _relaxed(rule)
            for name, rule in then.get("properties", {}).items()
            if rule is False or set(_plain(rule)) - {"default"}
        }
        relaxed: Schema = {"properties": narrower} if narrower else {}
        if exclusions := _exclusions(then):
            relaxed["allOf"] = exclusions
        if relaxed:
            # Required, for an absent parameter may come from the defaults.
            conditions.append({"if": _written(branch["if"]), "then": relaxed})
    rules = [*_exclusions(operation.schema), *conditions]
    return {"allOf": rules} if rules else {}


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
