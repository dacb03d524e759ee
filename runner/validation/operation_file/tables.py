"""Tables in an operation's file: the names and conditions in them, and in time limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from runner.model.names import EACH
from runner.model.tables import is_inside
from runner.model.values import ValuePath, as_dict, as_list
from runner.validation.diagnostics import Finding
from runner.validation.operation_file.parts import (
    Schema,
    described,
    parameters,
    rules_by_path,
    unknown_name,
)
from runner.validation.operation_file.table_rows import Column, check_rows


def check_tables(schema: Schema) -> Iterator[Finding]:
    """Mistakes in the tables of prices and times, and in the time limits."""
    if not parameters(schema):  # the meta-schema asks for some
        return
    names = _Names(rules=rules_by_path(schema), media=as_dict(described(schema).get("media")))
    for kind in ("price", "time"):
        tables = described(schema).get(kind)
        path = ("x-operation", kind)
        if isinstance(tables, list):
            for index, table in enumerate(tables):
                yield from _table(as_dict(table), (*path, index), names)
        else:
            yield from _table(as_dict(tables), path, names)
    limits = as_list(described(schema).get("timeout"))
    yield from _time_limits(limits, ("x-operation", "timeout"), names)


@dataclass(frozen=True, slots=True)
class _Names:
    """The names that a file's tables can use."""

    rules: Mapping[str, Any]
    """The rule of each parameter and of each key inside one."""
    media: Mapping[str, Any]

    def problem(self, name: str, path: ValuePath, each: str | None, *, key: bool) -> Finding | None:
        """Why a table over the items of `each` has no value for a name; None if it has one."""
        if name not in self.rules:
            known = [known for known in self.rules if self._is_single(known, each)]
            return unknown_name(path, name, dict.fromkeys(known), key=key)
        if self._is_single(name, each):
            return None
        items = name.rpartition(EACH)[0]
        message = f"{name} is not one value, but one for each of {items}"
        hint = f'add "each": "{items}" to the table, which then adds up'
        # What is done to the sum can depend on no single item.
        return Finding(path=path, message=message, hint=None if key else hint, key=key)

    def _is_single(self, name: str, each: str | None) -> bool:
        inner = name.removeprefix(f"{each}{EACH}.") if is_inside(name, each) else name
        return EACH not in inner or name in self.media  # which are counted

    def column(self, name: str) -> Column | None:
        """The cells of a name; None where there is no such name."""
        if name not in self.rules:
            return None
        return Column(name, as_dict(self.rules[name]), is_counted=name in self.media)


def _table(table: Schema, path: ValuePath, known: _Names) -> Iterator[Finding]:
    names = as_list(table.get("by"))
    if not all(isinstance(name, str) for name in names):
        return
    each = table.get("each")
    if wrong := [*_each(each, (*path, "each"), known)]:
        yield from wrong  # every name inside its items would be reported as well
        return
    each = each if isinstance(each, str) else None
    for index, name in enumerate(names):
        if found := known.problem(name, (*path, "by", index), each, key=False):
            yield found
    yield from _per(table.get("per"), (*path, "per"), each, known)
    for index, change in enumerate(as_list(table.get("changes"))):
        yield from _change(as_dict(change), (*path, "changes", index), known)
    columns = list(map(known.column, names))
    yield from check_rows(names, columns, as_list(table.get("rows")), (*path, "rows"))


def _each(name: Any, path: ValuePath, known: _Names) -> Iterator[Finding]:
    """An error unless `name` is that of a list of objects, or absent."""
    if not isinstance(name, str):
        return
    if name not in known.rules:
        yield unknown_name(path, name, known.rules, key=False)
    elif not any(is_inside(inner, name) for inner in known.rules):
        message = f"{name} is no list of objects: the table cannot be applied to each of its items"
        yield Finding(path=path, message=message)


def _per(value: Any, path: ValuePath, each: str | None, known: _Names) -> Iterator[Finding]:
    """An error unless `value` names a number, a text, or media that have a length."""
    if isinstance(value, dict):
        value, path = value.get("of"), (*path, "of")
    if isinstance(value, list):
        yield from _alternatives(value, path, known)
        return
    if not isinstance(value, str):
        return
    if found := known.problem(value, path, each, key=False):
        yield found
    elif as_dict(known.media.get(value)).get("kind") == "image":
        message = f"{value} are images, which have no seconds to multiply by"
        yield Finding(path=path, message=message)
    elif value not in known.media and as_dict(known.rules[value]).get("type") not in _AMOUNTS:
        message = f"{value} is no number: the row's value cannot be multiplied by it"
        yield Finding(path=path, message=message)


def _alternatives(names: list[Any], path: ValuePath, known: _Names) -> Iterator[Finding]:
    """An error unless ids of media come first, and media that have a length last."""
    if not all(isinstance(name, str) for name in names) or len(names) < 2:
        return
    for index, name in enumerate(names):
        is_last = index == len(names) - 1
        if found := known.problem(name, (*path, index), None, key=False):
            yield found
        elif is_last and as_dict(known.media.get(name)).get("kind") not in _WITH_SECONDS:
            message = f"{name} is last, but no video or sound: there are no seconds to multiply by"
            yield Finding(path=(*path, index), message=message)
        elif not is_last and not _is_text(name, known):
            message = f"{name} comes before {names[-1]}, but is no text: an id of media is one"
            yield Finding(path=(*path, index), message=message)


def _is_text(name: str, known: _Names) -> bool:
    is_medium = name in known.media
    return not is_medium and as_dict(known.rules[name]).get("type") == "string"


_WITH_SECONDS = ("video", "audio")
_AMOUNTS = ("integer", "number", "string")
"""Types of parameters that have an amount; of a text that is its number of characters."""


def _change(change: Schema, path: ValuePath, known: _Names) -> Iterator[Finding]:
    if ("add" in change) == ("times" in change):
        both = "both" if "add" in change else "neither"
        message = f'a change has either "add" or "times", and this one has {both}'
        yield Finding(path=path, message=message)
    yield from _where(change.get("if"), (*path, "if"), known)


def _where(where: Any, path: ValuePath, known: _Names) -> Iterator[Finding]:
    """Names and cells of a condition."""
    for name, cell in as_dict(where).items():
        column = known.column(name)
        if found := known.problem(name, (*path, name), None, key=True):
            yield found
        elif column and (found := column.problem(cell)):
            yield replace(found, path=(*path, name))


def _time_limits(limits: list[Any], path: ValuePath, known: _Names) -> Iterator[Finding]:
    always: int | None = None
    for index, limit in enumerate(map(as_dict, limits)):
        yield from _where(limit.get("if"), (*path, index, "if"), known)
        if always is not None:
            message = (
                f"timeout[{index}] is never reached: timeout[{always}] holds without a condition"
            )
            yield Finding(path=(*path, index), message=message)
        elif "if" not in limit:
            always = index
