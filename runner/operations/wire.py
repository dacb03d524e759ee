"""Wire: builds the body of a request from its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from runner.model.operations import Operation
from runner.model.values import Parameters, with_integers


def to_wire(operation: Operation, parameters: Parameters) -> dict[str, Any]:
    """The request body: every parameter at its place and in its type, and the constants.

    Images must be what the provider accepts, URLs or data URIs. The order is that of the schema
    file. Raises ValueError for a parameter that the operation does not have.
    """
    body: dict[str, Any] = {}
    # `index` raises for an unknown parameter: nothing may be dropped silently.
    for name in sorted(parameters, key=list(operation.wire).index):
        wire = operation.wire[name]
        _put(body, wire.path, _converted(_with_fill(parameters[name], wire.fill), wire.type))
    for path, value in operation.constants.items():
        _put(body, path, value)
    return body


def _put(body: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        body = body.setdefault(key, {})
    if value == {}:  # an object that is there even where no parameter is in it
        body.setdefault(path[-1], {})
    else:
        body[path[-1]] = value


def _with_fill(value: Any, fill: Mapping[str, Any]) -> Any:
    if not fill or not isinstance(value, list | tuple):
        return value
    return [{**fill, **item} if isinstance(item, Mapping) else item for item in value]


def _converted(value: Any, type_: Literal["json", "string"]) -> Any:
    value = with_integers(value)  # 5.0 is an integer to JSON Schema, but not to every server
    return str(value) if type_ == "string" else value
