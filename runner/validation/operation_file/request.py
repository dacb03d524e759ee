"""The request in an operation's file: each parameter has a place in the body, each name exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.model.values import ValuePath, as_dict, as_list
from runner.validation.diagnostics import Finding, dotted, shown
from runner.validation.operation_file.parts import (
    Schema,
    described,
    listed_names,
    parameters,
    rules_by_path,
    unknown_name,
)
from runner.validation.operation_file.rules import acceptor
from runner.validation.schema import mappings_inside

_ROOT = ("x-operation",)
_DEEPEST = 20
"""Keys of a path in the body; the meta-schema rejects more."""


def check_request(schema: Schema) -> Iterator[Finding]:
    """Mistakes in `x-operation`, but for its tables."""
    known, request = parameters(schema), described(schema)
    if not known or not request:
        return
    levels = mappings_inside(known)
    if isinstance(wire := request.get("wire"), dict):
        yield from _wire(known, wire)
        for name, entry in wire.items():
            place = (*_ROOT, "wire", name, "fill")
            yield from _fill(name, as_dict(as_dict(entry).get("fill")), place, levels)
    yield from _collisions(request)
    yield from listed_names(request.get("unhashed"), (*_ROOT, "unhashed"), known)
    inside = rules_by_path(schema)
    for name in as_dict(request.get("media")):
        yield from _media(name, (*_ROOT, "media", name), inside)
    yield from _typed(request.get("tag"), (*_ROOT, "tag"), known, "string")
    if "by_tag" in as_dict(request.get("result")) and request.get("tag") is None:
        message = "by_tag has no effect: x-operation.tag is null"
        yield Finding(path=(*_ROOT, "result", "by_tag"), message=message, key=True)
    wrong_seed = [*_typed(request.get("seed"), (*_ROOT, "seed"), known, "integer")]
    yield from wrong_seed or _largest_seed(request, known)


def _wire(known: Mapping[str, Any], wire: Mapping[str, Any]) -> Iterator[Finding]:
    for name in known:
        if name not in wire:
            message = f"{name} has no entry in x-operation.wire: it could not be sent"
            hint = f'add "{name}": {{"path": ["{name}"]}} there'
            yield Finding(path=("properties", name), message=message, hint=hint, key=True)
    for name in wire:
        if name not in known:
            yield unknown_name((*_ROOT, "wire", name), name, known, key=True)


def _fill(
    name: str, fill: Mapping[str, Any], path: ValuePath, levels: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    """Keys that items do not have, or values that they reject."""
    if not fill:
        return
    if (keys := levels.get(place := f"{name}[]")) is None:
        message = f"{name} is not a list of mappings: nothing is filled in"
        yield Finding(path=path, message=message, key=True)
        return
    for key, value in fill.items():
        if key not in keys:
            yield unknown_name((*path, key), key, keys, key=True, place=place)
        elif not acceptor(keys[key])(value):
            message = f"{place}.{key} never is {shown(value)}: its own rule rejects it"
            yield Finding(path=(*path, key), message=message)


_JSON_TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
_TYPES = {"string": "text", "integer": "a whole number"}


def _typed(name: Any, path: ValuePath, known: Mapping[str, Any], wanted: str) -> Iterator[Finding]:
    """An error unless `name` is a parameter whose rule has the wanted type, or any."""
    if not isinstance(name, str):
        return
    if name not in known:
        yield unknown_name(path, name, known, key=False)
        return
    types = as_dict(known[name]).get("type", wanted)
    if types in _JSON_TYPES and types != wanted:
        message = f"{name} must be {_TYPES[wanted]} here, but its type is {shown(types)}"
        yield Finding(path=path, message=message)


def _media(name: str, path: ValuePath, inside: Mapping[str, Any]) -> Iterator[Finding]:
    """An error unless it is a parameter, or a key inside one, that is a text or a list of them."""
    if name not in inside:
        yield unknown_name(path, name, inside, key=True)
        return
    rule = as_dict(inside[name])
    types = [rule.get("type")]
    if types == ["array"]:
        types.append(as_dict(rule.get("items")).get("type"))
    if types not in (["string"], ["array", "string"]):
        what = " of ".join(str(each) for each in types)
        message = f"{name} must be text or a list of texts here, but its type is {what}"
        hint = 'write "type": "string", or "type": "array" and that type in its items'
        yield Finding(path=path, message=message, hint=hint, key=True)


def _largest_seed(request: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Finding]:
    name, most = request.get("seed"), request.get("seed_max")
    if isinstance(name, str) and name in known and not acceptor(known[name])(most):
        message = f"{name} does not accept {shown(most)}, the largest seed that would be drawn"
        yield Finding(path=(*_ROOT, "seed_max"), message=message)


def _collisions(request: Mapping[str, Any]) -> Iterator[Finding]:
    """Two values for one place in the body, or one inside the other."""
    taken: dict[tuple[str, ...], str] = {}
    around: dict[tuple[str, ...], str] = {}
    """The places that have a value inside, with the name of one."""
    for path, name, place in _places(request):
        prefixes = [path[:end] for end in range(1, len(path))]
        owners = [*(taken.get(each) for each in (*prefixes, path)), around.get(path)]
        if owner := next(filter(None, owners), None):
            message = f"{name} and {owner} both are at {dotted(path)} of the body"
            yield Finding(path=place, message=message)
        taken[path] = name
        around |= dict.fromkeys(prefixes, name)


def _places(request: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str, ValuePath]]:
    """The path in the body, the name and the place in the file of all that is sent."""
    for path in _leaves(as_dict(request.get("constants"))):
        yield path, "a constant", (*_ROOT, "constants", *path)
    for name, entry in as_dict(request.get("wire")).items():
        keys = as_list(as_dict(entry).get("path"))
        if 0 < len(keys) <= _DEEPEST and all(isinstance(key, str) for key in keys):
            yield tuple(keys), name, (*_ROOT, "wire", name, "path")


def _leaves(fragment: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in fragment.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key)
