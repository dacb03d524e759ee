"""Loading: reads the operations' schema files, each when it is first asked for."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from runner.errors import Failure
from runner.model.names import rule_at
from runner.model.operations import MEDIA_KINDS, MediaLimits, Operation, ResultForm, Wire
from runner.model.tables import names_in, read_tables, read_time_limits
from runner.operations.defaults import check_conditions
from runner.operations.files import operation_at, operation_files, schema_folder


class SchemaError(Failure):
    """A schema file that ships with the program is malformed."""


class Operations(Mapping[str, Operation]):
    """Every operation by name, in the order of names; read-only.

    Names are known without reading a file; an operation is loaded when it is first asked for.
    """

    def __init__(self, names: Iterable[str], load: Callable[[str], Operation]) -> None:
        self._loaded: dict[str, Operation | None] = dict.fromkeys(names)
        self._load = load

    def __getitem__(self, name: str) -> Operation:
        operation = self._loaded[name]
        if operation is None:
            operation = self._loaded[name] = self._load(name)
        return operation

    def __contains__(self, name: object) -> bool:
        return name in self._loaded  # `Mapping` would load it

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded)

    def __len__(self) -> int:
        return len(self._loaded)


@functools.cache  # all callers get the same ones
def load_operations(folder: Path | None = None) -> Operations:
    """Every operation under `folder`, or of the program.

    An operation is a file `<provider>/<operation>.schema.json`; its name may have slashes. Asking
    for one raises SchemaError, which names the file and what is wrong in it.
    """
    root = folder or schema_folder()
    files = {operation_at(file, root): file for file in operation_files(root)}
    return Operations(files, lambda name: _read(name, files[name]))


def _read(name: str, file: Path) -> Operation:
    try:
        operation = _operation(name, json.loads(file.read_text(encoding="utf-8")))
        check_conditions(operation)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise SchemaError(f"{file}: not an operation's schema: {what}") from error
    return operation


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
    """The values of a fragment of the body, each with its path; lists and {} are values."""
    for key, value in fragment.items():
        if isinstance(value, dict) and value:
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
    if form.by_tag is not None and form.by_tag.count("{tag}") != 1:
        raise ValueError("x-operation.result.by_tag has not one {tag}")
    return form
