"""Converts records to columns of the ledger's tables, and rows back to records."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from functools import lru_cache
from sys import intern
from typing import Any, TypeAlias

from runner.ledger.changes import Intend, realm_of
from runner.model.file_facts import FileFacts, ResultWarning, in_order
from runner.model.operations import Amount, Unit
from runner.model.requests import CANCELLED, Billed, ErrorClass, JobError
from runner.model.tasks import Attempt, AttemptState, Intent, StoredFile, TaskFacts, UrlName

_PARTS = {
    "estimate": ("unit", "value"),
    "cost": ("unit", "value"),
    "error": ("code", "message", "class_", "billed"),
}
"""Fields that take several columns, such as `cost_unit` and `cost_value`."""


Row: TypeAlias = Mapping[str, Any]
"""A row of a table, by the names of its columns."""


def sql_value(value: Any) -> Any:
    """`value` as SQLite takes it: decimals as digits, mappings and tuples as JSON text."""
    match value:
        case None:
            return None
        case str():
            # A provider may send lone surrogates, which SQLite rejects.
            return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
        case int():
            return value if -(2**63) <= value < 2**63 else str(value)
        case Decimal():
            return str(value)
        case tuple():
            return json.dumps(value)
        case Mapping():
            return json.dumps(dict(value))
    raise TypeError(f"{type(value)} has no SQL value")


def sql_values(record: Any, **converted: Any) -> dict[str, Any]:
    """The fields of a dataclass with slots by name, as the named parameters of a statement.

    `converted` are fields that are SQL values already.
    """
    values = converted
    for name in record.__slots__:
        if name in _PARTS:
            parts = getattr(record, name)
            for part in _PARTS[name]:
                # `class_` is a column without the underscore.
                values[f"{name}_{part}".rstrip("_")] = sql_value(getattr(parts, part, None))
        elif name not in converted:
            values[name] = sql_value(getattr(record, name))
    return values


def intend_row(change: Intend) -> dict[str, Any]:
    """The columns of a new attempt."""
    intent = change.intent
    # Compact, because a plan keeps this text of every job.
    request = json.dumps(dict(intent.request), separators=(",", ":"))
    row = sql_values(intent, request=request)
    return row | {
        "run": change.run,
        "state": AttemptState.SUBMITTED if change.task_id else AttemptState.INTENT,
        "realm": realm_of(intent.base_url),
        "intended_at": row.pop("at"),
        "task_id": sql_value(change.task_id),
        # Equal to `intended_at`, which marks an adopted task: its creation time is unknown.
        "submitted_at": intent.at if change.task_id else None,
    }


def file_row(file: StoredFile) -> dict[str, Any]:
    """The columns of a file, without its attempt and its position."""
    facts = {} if file.facts is None else asdict(file.facts)
    known = {name: value for name, value in facts.items() if value not in (None, ())}
    warnings = [asdict(warning) for warning in file.warnings]
    return sql_values(
        file,
        facts=None if file.facts is None else json.dumps(known, separators=(",", ":")),
        warnings=json.dumps(warnings) if warnings else None,
    )


class LazyRequest(Mapping[str, Any]):
    """A request's parameters, parsed from JSON text on each access.

    A plan holds the requests of all jobs and reads few of them; the text takes a quarter of the
    memory.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str):
        self._text = text

    def __getitem__(self, name: str) -> Any:
        return self._parse()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parse())

    def __len__(self) -> int:
        return len(self._parse())

    def _parse(self) -> dict[str, Any]:
        return dict(json.loads(self._text))


def read_attempts(
    rows: Iterable[Row], file_rows: Iterable[Row], map_path: Callable[[str], str]
) -> Iterator[Attempt]:
    """Yield attempts in the order of `rows`, which must hold every attempt of a fingerprint.

    `file_rows` come in the order of their positions. `map_path` converts the paths in them.
    """
    files: dict[int, tuple[StoredFile, ...]] = {}
    for file in file_rows:
        files[file["attempt"]] = (*files.get(file["attempt"], ()), _file(file, map_path))
    # Counted here, so that no query has to be made for each attempt.
    sent, failed, cancelled = Counter[Any](), Counter[Any](), Counter[Any]()
    for row in rows:
        key = (row["fingerprint"], row["realm"])
        sent[key] += row["state"] != AttemptState.NOT_SENT
        # A task that its user cancelled predicts nothing about the next one.
        ended = row["state"] == AttemptState.FAILED
        cancelled[key] += ended and row["error_code"] == CANCELLED
        failed[key] += ended and row["error_code"] != CANCELLED
        attempt = _attempt(row, files.get(row["number"], ()), sent[key], failed[key])
        yield replace(attempt, cancellations=cancelled[key]) if cancelled[key] else attempt


def _attempt(row: Row, files: tuple[StoredFile, ...], ordinal: int, failures: int) -> Attempt:
    return Attempt(
        number=row["number"],
        run=intern(row["run"]),
        state=AttemptState(row["state"]),
        intent=_intent(row),
        ordinal=ordinal,
        failures=failures,
        task=TaskFacts(
            id=row["task_id"],
            seed=_int(row["used_seed"]),
            credits=_int(row["credits"]),
            cost=amount(row["cost_unit"], row["cost_value"]),
            usage=_usage(row["usage"] or "{}"),
            urls=tuple(json.loads(row["urls"] or "[]")),
            creation_ids=tuple(json.loads(row["creation_ids"] or "[]")),
            submitted_at=row["submitted_at"],
            finished_at=row["finished_at"],
        ),
        files=files,
        kept=_kept(row["kept"] or "[]"),
        error=_error(row),
        superseded_at=row["superseded_at"],
    )


def _intent(row: Row) -> Intent:
    # Interned: 100,000 attempts share these few texts.
    return Intent(
        manifest=intern(row["manifest"]),
        job=row["job"],
        operation=intern(row["operation"]),
        fingerprint=row["fingerprint"],
        request=LazyRequest(row["request"]),
        seed=_int(row["seed"]),
        provider=intern(row["provider"]),
        base_url=intern(row["base_url"]),
        key_env=intern(row["key_env"]),
        tag=row["tag"],
        estimate=amount(row["estimate_unit"], row["estimate_value"]),
        at=row["intended_at"],
        account=intern(row.get("account", "")),
    )


def _error(row: Row) -> JobError | None:
    if row["error_code"] is None:
        return None
    return JobError(
        code=row["error_code"],
        message=row["error_message"],
        class_=ErrorClass(row["error_class"]),
        billed=Billed(row["error_billed"]),
    )


def _file(row: Row, map_path: Callable[[str], str]) -> StoredFile:
    return StoredFile(
        path=map_path(row["path"]),
        sha256=row["sha256"],
        bytes=row["bytes"],
        media_type=intern(row["media_type"]),
        kind=row["kind"],
        facts=row["facts"] and _facts(row["facts"]),
        warnings=_warnings(row["warnings"]) if row["warnings"] else (),
    )


# Cached, because very many files have the same few facts.
@lru_cache(maxsize=4096)
def _facts(text: str) -> FileFacts:
    """The facts in a JSON object; what only a newer version measures is left out."""
    found = json.loads(text)
    known = {name: found[name] for name in FileFacts.__slots__ if name in found}
    return FileFacts(**{**known, "labels": in_order(found.get("labels", ()))})


@lru_cache(maxsize=4096)
def _warnings(text: str) -> tuple[ResultWarning, ...]:
    return tuple(ResultWarning(**warning) for warning in json.loads(text))


# Cached, because very many attempts have few different values.
@lru_cache(maxsize=1024)
def _usage(text: str) -> Mapping[str, Any]:
    return dict(json.loads(text))


@lru_cache(maxsize=64)
def _kept(text: str) -> frozenset[UrlName]:
    return frozenset(json.loads(text))


@lru_cache(maxsize=1024)
def amount(unit: Unit, value: int | str | None) -> Amount | None:
    """An amount from its two columns; None if the second one is empty."""
    return None if value is None else Amount(unit=unit, value=Decimal(value))


def _int(value: int | str | None) -> int | None:
    return None if value is None else int(value)
