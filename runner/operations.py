"""Operations: loads the schema files, applies their defaults, and builds request bodies."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from runner.errors import Failure
from runner.model.names import EACH, rule_at
from runner.model.operations import MEDIA_KINDS, MediaLimits, Operation, ResultForm, Wire
from runner.model.tables import names_in, read_tables, read_time_limits
from runner.model.values import Parameters, same, with_integers


class SchemaError(Failure):
    """A schema file that ships with the program is malformed."""


SUFFIX = ".schema.json"


def schema_folder() -> Path:
    """Where the schemas are: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / "schemas"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "schemas"


def operation_files(folder: Path | None = None) -> list[Path]:
    """Every file under `folder`, or of the program, that may be an operation, in order of names."""
    root = folder or schema_folder()
    # Those in the folder itself describe manifests and results.
    return sorted(root.glob("*/**/*" + SUFFIX), key=functools.partial(operation_at, folder=root))


def operation_at(file: Path, folder: Path) -> str:
    """The operation of a file under `folder`: its path in there, `<provider>/<operation>`."""
    return file.relative_to(folder).as_posix().removesuffix(SUFFIX)


@functools.cache
def load_operations(folder: Path | None = None) -> Mapping[str, Operation]:
    """Every operation under `folder`, by name and in the order of names; read-only.

    An operation is a file `<provider>/<operation>.schema.json` whose root has `x-operation`; the
    operation's name may have slashes. Raises SchemaError, which names the file and what is wrong in
    it.
    """
    operations = {}
    root = folder or schema_folder()
    for file in operation_files(root):
        name = operation_at(file, root)
        try:
            schema = json.loads(file.read_text(encoding="utf-8"))
            if "x-operation" in schema:
                operations[name] = _operation(name, schema)
                _check_conditions(operations[name])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise SchemaError(f"{file}: not an operation's schema: {what}") from error
    return MappingProxyType(operations)  # all callers get the same one


def defaults_of(operation: Operation, parameters: Parameters) -> dict[str, Any]:
    """All defaults that the API document states for a request with these parameters."""
    given = [
        (name, parameters[name] if isinstance(parameters[name], str | int | float) else _NO_SCALAR)
        for name in _condition_names(operation)
        if name in parameters
    ]
    return dict(_defaults_where(operation, tuple(given)))


_NO_SCALAR = object()
"""A list, or another job's result: equal to no value of a condition."""


@functools.cache
def _condition_names(operation: Operation) -> tuple[str, ...]:
    conditions = [condition for condition, _ in _defaults(operation)]
    names = [
        n for each in conditions for key in ("properties", "required") for n in each.get(key, ())
    ]
    return tuple(dict.fromkeys(names))


# A hundred thousand jobs have a handful of models and durations.
@functools.lru_cache(maxsize=4096)
def _defaults_where(operation: Operation, given: tuple[tuple[str, Any], ...]) -> Mapping[str, Any]:
    defaults: dict[str, Any] = {}
    for condition, values in _defaults(operation):
        # Those under a condition (a model, a duration) are narrower, and come later.
        if _holds(condition, dict(given)):
            defaults |= values
    return defaults


@functools.cache
def _defaults(operation: Operation) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The defaults without a condition ({}), then those of each `then` with its `if`."""
    branches = operation.schema.get("allOf", ())
    conditional = [(branch["if"], _stated(branch.get("then", {}))) for branch in branches]
    return [({}, _stated(operation.schema)), *(pair for pair in conditional if pair[1])]


def without_inner_defaults(operation: Operation, name: str, value: Any) -> Any:
    """A parameter's value without what inside of it equals the document's default.

    That a key of an object is absent, has its default, or is an empty list of images is one
    request.
    """
    if name not in _structured(operation):
        return value
    return _pruned(operation, name, operation.schema["properties"][name], value)


def with_inner_defaults(operation: Operation, name: str, value: Any) -> Any:
    """A parameter's value with the document's defaults for what inside of it is absent."""
    if name not in _structured(operation):
        return value
    return _filled(operation.schema["properties"][name], value)


@functools.cache
def _structured(operation: Operation) -> frozenset[str]:
    """The parameters that are objects or lists of objects."""
    rules: Mapping[str, Any] = operation.schema["properties"]
    return frozenset(
        name
        for name, rule in rules.items()
        if isinstance(rule, dict)
        and ("properties" in rule or "properties" in rule.get("items", {}))
    )


def _filled(rule: Any, value: Any) -> Any:
    rule = rule if isinstance(rule, dict) else {}
    if isinstance(value, list):
        return [_filled(rule.get("items"), item) for item in value]
    if not isinstance(value, dict):
        return value
    rules = rule.get("properties", {})
    given = {key: _filled(rules.get(key), item) for key, item in value.items()}
    return given | {key: item for key, item in _stated(rule).items() if key not in given}


def _pruned(operation: Operation, name: str, rule: Any, value: Any) -> Any:
    rule = rule if isinstance(rule, dict) else {}
    if isinstance(value, list):
        items = rule.get("items")
        return [_pruned(operation, name + EACH, items, item) for item in value]
    if not isinstance(value, dict):
        return value
    rules, stated = rule.get("properties", {}), _stated(rule)
    return {
        key: _pruned(operation, f"{name}.{key}", rules.get(key), item)
        for key, item in value.items()
        if not (key in stated and same(item, stated[key]))
        and not (item == [] and f"{name}.{key}" in operation.media)
    }


def _stated(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = schema.get("properties", {})
    rules = {name: rule for name, rule in properties.items() if isinstance(rule, dict)}
    return {name: rule["default"] for name, rule in rules.items() if "default" in rule}


def _holds(condition: Mapping[str, Any], parameters: Parameters) -> bool:
    """Whether an `if` holds; conditions of defaults may use a part of JSON Schema only."""
    if not all(name in parameters for name in condition.get("required", ())):
        return False
    properties: Mapping[str, Any] = condition.get("properties", {})
    return all(
        _matches(rule, parameters[name]) for name, rule in properties.items() if name in parameters
    )


def _matches(rule: Mapping[str, Any], value: Any) -> bool:
    if rule.get("const", value) != value or value not in rule.get("enum", [value]):
        return False
    if isinstance(value, (int, float)):
        return bool(rule.get("minimum", value) <= value <= rule.get("maximum", value))
    return True


_CONDITION_KEYWORDS = frozenset({"properties", "required"})
_RULE_KEYWORDS = frozenset({"const", "enum", "minimum", "maximum"})


def _check_conditions(operation: Operation) -> None:
    # A keyword that `_matches` ignores would apply a default where the document has another one.
    for condition, values in _defaults(operation):
        unsupported = set(condition) - _CONDITION_KEYWORDS
        for rule in condition.get("properties", {}).values():
            unsupported |= set(rule) - _RULE_KEYWORDS
        if unsupported:
            names = ", ".join(values)
            raise ValueError(f"the default of {names} has a condition with {min(unsupported)}")


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
    body[path[-1]] = value


def _with_fill(value: Any, fill: Mapping[str, Any]) -> Any:
    if not fill or not isinstance(value, list | tuple):
        return value
    return [{**fill, **item} if isinstance(item, Mapping) else item for item in value]


def _converted(value: Any, type_: Literal["json", "string"]) -> Any:
    value = with_integers(value)  # 5.0 is an integer to JSON Schema, but not to every server
    return str(value) if type_ == "string" else value


_KEYS = {field.name for field in fields(Operation)} - {"name", "title", "provider", "schema"}


def _operation(name: str, schema: Mapping[str, Any]) -> Operation:
    # A misspelt key would silently change what is sent, so every key is checked.
    described = {k: v for k, v in schema["x-operation"].items() if k != "$comment"}
    if unknown := set(described) - _KEYS:
        raise ValueError(f"x-operation has an unknown key {min(unknown)}")
    if missing := _KEYS - set(described):
        raise ValueError(f"x-operation has no {min(missing)}")
    if described["makes"] not in MEDIA_KINDS:
        raise ValueError(f"x-operation.makes is none of {', '.join(MEDIA_KINDS)}")
    tables = {key: read_tables(described[key]) for key in ("price", "time")}
    limits = read_time_limits(described["timeout"])
    columns = {
        column for tables_ in tables.values() for table in tables_ for column in table.columns
    }
    columns |= {column for limit in limits for column in limit.where}
    _check_names(schema["properties"], described, names_in(columns))
    converted = {
        "wire": {key: _wire(key, value) for key, value in described["wire"].items()},
        "body_limit_bytes": _body_limit(described["body_limit_bytes"]),
        "constants": dict(_leaves(described["constants"])),
        "media": {key: _limits(value) for key, value in described["media"].items()},
        "unhashed": frozenset(described["unhashed"]),
        "result": _result_form(described["result"] or {}),
        "timeout": limits,
        **tables,
    }
    return Operation(
        name=name,
        title=str(schema.get("title", name)),
        provider=name.partition("/")[0],
        schema=schema,
        **(described | converted),
    )


def _check_names(
    properties: Mapping[str, Any], described: Mapping[str, Any], columns: set[str]
) -> None:
    """Every parameter has its wire entry, and every name in x-operation is a parameter."""
    if missing := set(properties) - set(described["wire"]):
        raise ValueError(f"x-operation.wire has no entry for {min(missing)}")
    named = {*described["wire"], *described["media"], *described["unhashed"], *columns}
    named |= {described[key] for key in ("seed", "tag") if described[key] is not None}
    schema = {"properties": properties}
    if unknown := [name for name in sorted(named) if rule_at(schema, name) is None]:
        raise ValueError(f"x-operation names {unknown[0]}, which is not a parameter")


def _wire(name: str, value: Mapping[str, Any]) -> Wire:
    if value.get("type", "json") not in {"json", "string"} or not value["path"]:
        raise ValueError(f"x-operation.wire.{name} is malformed")
    fill = value.get("fill", {})
    return Wire(path=tuple(value["path"]), type=value.get("type", "json"), fill=fill)


def _body_limit(value: int | list[int] | None) -> tuple[int, int] | None:
    if isinstance(value, list):
        sure, most = value
        return sure, most
    # The "MB" of a document may be millions of bytes.
    return None if value is None else (value * 10**6 // 2**20, value)


def _leaves(
    fragment: Mapping[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The values of a fragment of the body, each with its path; lists are values."""
    for key, value in fragment.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


_BY_COUNT = frozenset({"min_s", "max_s"})
"""Limits that may depend on the number of items; those without a list hold for any number."""


def _limits(value: Mapping[str, Any]) -> MediaLimits:
    limits = {key: item for key, item in value.items() if key != "$comment"}
    if "as" in limits:
        limits["as_object"] = limits.pop("as")
    for key in _BY_COUNT & limits.keys():
        limits[key] = limits[key] if isinstance(limits[key], list) else [limits[key]]
    lists = {key: tuple(item) for key, item in limits.items() if isinstance(item, list)}
    return MediaLimits(**(limits | lists))


def _result_form(value: Mapping[str, Any]) -> ResultForm:
    form = ResultForm(**{key: item for key, item in value.items() if key != "$comment"})
    if form.path is not None and form.path.count("{id}") != 1:
        raise ValueError("x-operation.result.path has not one {id}")
    return form
