"""Converts records to columns of the ledger's tables, and rows back to records."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from sys import intern
from typing import Any, NamedTuple

from runner.ledger.changes import Finish, Intend, Settle, realm_of
from runner.model import (
    CANCELLED,
    Amount,
    Attempt,
    AttemptState,
    Billed,
    ErrorClass,
    Intent,
    JobError,
    StoredFile,
    TaskFacts,
)


def sql_text(value: str | None) -> str | None:
    """`value` as SQLite takes it: lone surrogates, which a provider may send, are escaped."""
    return value and value.encode("utf-8", "backslashreplace").decode()


def sql_int(value: int | None) -> int | str | None:
    """`value` as SQLite takes it: as decimal digits beyond 64 bits."""
    return value if value is None or -(2**63) <= value < 2**63 else str(value)


def intend_row(change: Intend) -> dict[str, Any]:
    """The columns of a new attempt."""
    intent = change.intent
    return {
        "run": change.run,
        "state": AttemptState.SUBMITTED if change.task_id else AttemptState.INTENT,
        "realm": realm_of(intent.base_url),
        "manifest": sql_text(intent.manifest),
        "job": sql_text(intent.job),
        "operation": intent.operation,
        "fingerprint": intent.fingerprint,
        # Compact, because a plan keeps this text of every job.
        "request": json.dumps(dict(intent.request), separators=(",", ":")),
        "seed": sql_int(intent.seed),
        "provider": intent.provider,
        "base_url": sql_text(intent.base_url),
        "key_env": sql_text(intent.key_env),
        "tag": intent.tag,
        "estimate_unit": intent.estimate and intent.estimate.unit,
        "estimate_value": intent.estimate and str(intent.estimate.value),
        "intended_at": intent.at,
        "task_id": sql_text(change.task_id),
        # Equal to `intended_at`, which marks an adopted task: its creation time is unknown.
        "submitted_at": intent.at if change.task_id else None,
    }


def settle_row(change: Settle) -> dict[str, Any]:
    """The columns that the fate of a submission changes."""
    return {
        "number": change.number,
        "state": change.state,
        "at": change.at,
        "task_id": sql_text(change.task_id),
        "used_seed": sql_int(change.seed),
        "credits": sql_int(change.credits),
        "trace_id": sql_text(change.trace_id),
        "http_status": change.http_status,
        **_error_row(change.error),
    }


def finish_row(change: Finish) -> dict[str, Any]:
    """The columns that the end of a task changes."""
    return {
        "number": change.number,
        "state": change.state,
        "finished_at": change.finished_at,
        "used_seed": sql_int(change.seed),
        "credits": sql_int(change.credits),
        "cost_unit": change.cost and change.cost.unit,
        "cost_value": change.cost and str(change.cost.value),
        "usage": json.dumps(dict(change.usage)),
        "urls": json.dumps(change.urls),
        "trace_id": sql_text(change.trace_id),
        **_error_row(change.error),
    }


def _error_row(error: JobError | None) -> dict[str, Any]:
    return {
        "error_code": error and sql_text(error.code),
        "error_message": error and sql_text(error.message),
        "error_class": error and error.class_,
        "error_billed": error and error.billed,
    }


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

    def __repr__(self) -> str:
        return repr(self._parse())

    def _parse(self) -> dict[str, Any]:
        parameters: dict[str, Any] = json.loads(self._text)
        return parameters


# Not sqlite3.Row, which searches all column names on each access.
class AttemptRow(NamedTuple):
    """The columns of table `attempts` that are read, in the order of the query."""

    number: int
    run: str
    state: str
    realm: str
    manifest: str
    job: str
    operation: str
    fingerprint: str
    request: str
    seed: int | str | None
    provider: str
    base_url: str
    key_env: str
    tag: str
    estimate_unit: Any
    estimate_value: str | None
    intended_at: str
    task_id: str | None
    used_seed: int | str | None
    credits: int | str | None
    cost_unit: Any
    cost_value: str | None
    usage: str | None
    urls: str | None
    error_code: str | None
    error_message: str
    error_class: str
    error_billed: str
    trace_id: str | None
    submitted_at: str | None
    finished_at: str | None
    superseded_at: str | None


def read_attempts(
    rows: Iterable[AttemptRow],
    file_rows: Iterable[sqlite3.Row],
    map_path: Callable[[str], str] = str,
) -> Iterator[Attempt]:
    """Yield attempts in the order of `rows`, which must hold every attempt of a fingerprint.

    `file_rows` come in the order of their positions; `map_path` converts the paths in them.
    """
    files: dict[int, tuple[StoredFile, ...]] = {}
    for row in file_rows:
        files[row["attempt"]] = (*files.get(row["attempt"], ()), _file(row, map_path))
    # Counted here, so that no query has to be made for each attempt.
    sent: dict[tuple[str, str], int] = {}
    failed: dict[tuple[str, str], int] = {}
    for attempt in rows:
        key = (attempt.fingerprint, attempt.realm)
        sent[key] = sent.get(key, 0) + (attempt.state != AttemptState.NOT_SENT)
        failed[key] = failed.get(key, 0) + _is_failure(attempt)
        yield _attempt(attempt, files.get(attempt.number, ()), sent[key], failed[key])


def _is_failure(row: AttemptRow) -> bool:
    # A task that its user cancelled predicts nothing about the next one.
    return row.state == AttemptState.FAILED and row.error_code != CANCELLED


def _attempt(
    row: AttemptRow, files: tuple[StoredFile, ...], ordinal: int, failures: int
) -> Attempt:
    return Attempt(
        number=row.number,
        run=intern(row.run),
        state=AttemptState(row.state),
        intent=_intent(row),
        ordinal=ordinal,
        failures=failures,
        task=TaskFacts(
            id=row.task_id,
            seed=_int(row.used_seed),
            credits=_int(row.credits),
            cost=_amount(row.cost_unit, row.cost_value),
            usage=_usage(row.usage or "{}"),
            urls=tuple(json.loads(row.urls or "[]")),
            submitted_at=row.submitted_at,
            finished_at=row.finished_at,
        ),
        files=files,
        error=_error(row),
        trace_id=row.trace_id,
        superseded_at=row.superseded_at,
    )


def _intent(row: AttemptRow) -> Intent:
    # Interned: 100,000 attempts share these few texts.
    return Intent(
        manifest=intern(row.manifest),
        job=row.job,
        operation=intern(row.operation),
        fingerprint=row.fingerprint,
        request=LazyRequest(row.request),
        seed=_int(row.seed),
        provider=intern(row.provider),
        base_url=intern(row.base_url),
        key_env=intern(row.key_env),
        tag=row.tag,
        estimate=_amount(row.estimate_unit, row.estimate_value),
        at=row.intended_at,
    )


def _file(row: sqlite3.Row, map_path: Callable[[str], str]) -> StoredFile:
    return StoredFile(
        path=map_path(row["path"]),
        sha256=row["sha256"],
        bytes=row["bytes"],
        media_type=intern(row["media_type"]),
    )


# Cached, because very many attempts have few different values.
@lru_cache(maxsize=1024)
def _usage(text: str) -> Mapping[str, Any]:
    usage: dict[str, Any] = json.loads(text)
    return usage


def _int(value: int | str | None) -> int | None:
    return None if value is None else int(value)


@lru_cache(maxsize=1024)
def _amount(unit: Any, value: str | None) -> Amount | None:
    return None if value is None else Amount(unit=unit, value=Decimal(value))


def _error(row: AttemptRow) -> JobError | None:
    if row.error_code is None:
        return None
    return JobError(
        code=row.error_code,
        message=row.error_message,
        class_=ErrorClass(row.error_class),
        billed=Billed(row.error_billed),
    )
