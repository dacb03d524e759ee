"""Records in, columns out, and back."""

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
)


def intend_row(change: Intend) -> dict[str, Any]:
    """The columns of a new attempt."""
    intent = change.intent
    return {
        "run": change.run,
        "state": AttemptState.SUBMITTED if change.task_id else AttemptState.INTENT,
        "realm": realm_of(intent.base_url),
        "manifest": text(intent.manifest),
        "job": text(intent.job),
        "operation": intent.operation,
        "fingerprint": intent.fingerprint,
        "request": json.dumps(dict(intent.request), separators=(",", ":")),
        "seed": whole(intent.seed),
        "provider": intent.provider,
        "base_url": text(intent.base_url),
        "key_env": text(intent.key_env),
        "tag": intent.tag,
        "estimate_unit": intent.estimate and intent.estimate.unit,
        "estimate_value": intent.estimate and str(intent.estimate.value),
        "intended_at": intent.at,
        "task_id": text(change.task_id),
        "submitted_at": intent.at if change.task_id else None,
    }


def settle_row(change: Settle) -> dict[str, Any]:
    """The columns that the fate of a submission changes."""
    return {
        "number": change.number,
        "state": change.state,
        "at": change.at,
        "task_id": text(change.task_id),
        "used_seed": whole(change.seed),
        "credits": whole(change.credits),
        "trace_id": text(change.trace_id),
        "http_status": change.http_status,
        **error_row(change.error),
    }


def finish_row(change: Finish) -> dict[str, Any]:
    """The columns that the end of a task changes."""
    return {
        "number": change.number,
        "state": change.state,
        "finished_at": change.finished_at,
        "used_seed": whole(change.seed),
        "credits": whole(change.credits),
        "cost_unit": change.cost and change.cost.unit,
        "cost_value": change.cost and str(change.cost.value),
        "usage": json.dumps(dict(change.usage)),
        "urls": json.dumps(change.urls),
        "trace_id": text(change.trace_id),
        **error_row(change.error),
    }


def error_row(error: JobError | None) -> dict[str, Any]:
    """The columns of an error."""
    return {
        "error_code": text(error.code) if error else None,
        "error_message": text(error.message) if error else None,
        "error_class": error.class_ if error else None,
        "error_billed": error.billed if error else None,
    }


class Asked(Mapping[str, Any]):
    """A request's parameters, as the JSON text that they are kept as until somebody looks.

    A plan holds those of every job, of which hardly any is looked at, and the text is a quarter
    of the size.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str):
        self._text = text

    def __getitem__(self, name: str) -> Any:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return repr(self._read())

    def _read(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self._text)
        return read


class Columns(NamedTuple):
    """What is read of an attempt, under the names of its table."""

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


def attempts_of(
    rows: Iterable[Columns],
    files: Iterable[sqlite3.Row],
    placed: Callable[[str], str] = str,
) -> Iterator[Attempt]:
    """Attempts in the order of their rows, which must hold every attempt of a fingerprint.

    The rows of `files` come in the order of their positions; `placed` turns their paths into
    those that are told.
    """
    kept: dict[int, tuple[StoredFile, ...]] = {}
    for row in files:
        kept[row["attempt"]] = (*kept.get(row["attempt"], ()), _file(row, placed))
    sent: dict[tuple[str, str], int] = {}
    failed: dict[tuple[str, str], int] = {}
    for columns in rows:
        key = (columns.fingerprint, columns.realm)
        sent[key] = sent.get(key, 0) + (columns.state != AttemptState.NOT_SENT)
        failed[key] = failed.get(key, 0) + _is_failure(columns)
        yield _attempt(columns, kept.get(columns.number, ()), sent[key], failed[key])


def _is_failure(columns: Columns) -> bool:
    """Whether a task failed of itself: one that its user cancelled says nothing of the next."""
    return columns.state == AttemptState.FAILED and columns.error_code != CANCELLED


def _attempt(
    columns: Columns, files: tuple[StoredFile, ...], ordinal: int, failures: int
) -> Attempt:
    return Attempt(
        number=columns.number,
        run=intern(columns.run),
        state=AttemptState(columns.state),
        intent=_intent(columns),
        ordinal=ordinal,
        failures=failures,
        task_id=columns.task_id,
        seed=_int(columns.used_seed),
        credits=_int(columns.credits),
        cost=_amount(columns.cost_unit, columns.cost_value),
        usage=_usage(columns.usage or "{}"),
        urls=tuple(json.loads(columns.urls or "[]")),
        files=files,
        error=_error(columns),
        trace_id=columns.trace_id,
        submitted_at=columns.submitted_at,
        finished_at=columns.finished_at,
        superseded_at=columns.superseded_at,
    )


def text(value: str | None) -> str | None:
    """`value` as SQLite takes it: half characters that a provider may send become visible."""
    return value and value.encode("utf-8", "backslashreplace").decode()


def whole(value: int | None) -> int | str | None:
    """`value` as SQLite takes it: as digits beyond 64 bits."""
    return value if value is None or -(2**63) <= value < 2**63 else str(value)


def _intent(columns: Columns) -> Intent:
    # What many attempts have in common is kept once.
    return Intent(
        manifest=intern(columns.manifest),
        job=columns.job,
        operation=intern(columns.operation),
        fingerprint=columns.fingerprint,
        request=Asked(columns.request),
        seed=_int(columns.seed),
        provider=intern(columns.provider),
        base_url=intern(columns.base_url),
        key_env=intern(columns.key_env),
        tag=columns.tag,
        estimate=_amount(columns.estimate_unit, columns.estimate_value),
        at=columns.intended_at,
    )


def _file(row: sqlite3.Row, placed: Callable[[str], str]) -> StoredFile:
    return StoredFile(
        path=placed(row["path"]),
        sha256=row["sha256"],
        bytes=row["bytes"],
        media_type=intern(row["media_type"]),
    )


@lru_cache(maxsize=1024)
def _usage(text: str) -> Mapping[str, Any]:
    usage: dict[str, Any] = json.loads(text)
    return usage


def _int(value: int | str | None) -> int | None:
    return None if value is None else int(value)


@lru_cache(maxsize=1024)
def _amount(unit: Any, value: str | None) -> Amount | None:
    return None if value is None else Amount(unit=unit, value=Decimal(value))


def _error(columns: Columns) -> JobError | None:
    if columns.error_code is None:
        return None
    return JobError(
        code=columns.error_code,
        message=columns.error_message,
        class_=ErrorClass(columns.error_class),
        billed=Billed(columns.error_billed),
    )
