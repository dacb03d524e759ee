"""Reads attempts, costs and earlier requests from an open ledger."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from runner.ledger.changes import Realm
from runner.ledger.costs import Costs, read_costs, real_price
from runner.ledger.errors import translated_errors
from runner.ledger.rows import amount, read_attempts, sql_value
from runner.model.operations import Amount
from runner.model.tasks import Attempt, AttemptState, Intent

PAST_TASKS = 2000
"""How many of an operation's latest tasks are read for estimates."""

# A task that was learned of from an earlier results manifest has equal times here. When it was
# made is unknown, so it is left out.
_KNOWN_TASKS = """
SELECT number, task_id, state, intended_at, submitted_at FROM attempts
WHERE provider = ? AND base_url = ? AND key_env = ?
    AND task_id IS NOT NULL AND state IN ('submitted', 'succeeded', 'failed')
    AND submitted_at <> intended_at AND (submitted_at >= ? OR number > ?)
ORDER BY number
"""
# No duration for a task whose end only a later run noticed: it may have been done long before.
# None either for an adopted one, which is recorded as submitted at the time of its intent.
_PAST_TASKS = """
SELECT attempts.request, attempts.credits, attempts.cost_unit, attempts.cost_value,
    CASE WHEN attempts.state = 'succeeded' AND attempts.submitted_at > attempts.intended_at
        AND attempts.finished_at <= runs.finished_at
        THEN attempts.submitted_at END AS submitted_at,
    attempts.finished_at
FROM attempts JOIN runs ON runs.id = attempts.run
WHERE attempts.operation = ? AND attempts.realm = ?
    AND attempts.state IN ('submitted', 'succeeded')
ORDER BY attempts.number DESC LIMIT ?
"""
# SQLite takes the other columns from the row of the `max`, as its documentation promises.
_LAST_REQUESTS = """
SELECT job, operation, fingerprint, request, max(number) FROM attempts
WHERE manifest = ? AND realm = ? AND job IN (SELECT value FROM json_each(?))
GROUP BY job
"""

_LAST_RUN = """
SELECT id, tool, started_at, finished_at, exit_code FROM runs WHERE manifest = ?
ORDER BY rowid DESC LIMIT 1
"""
_SUBMISSIONS = """
SELECT fingerprint, state, credits, cost_unit, cost_value, estimate_unit, estimate_value,
    error_billed, intended_at, submitted_at, finished_at
FROM attempts WHERE manifest = ? AND submitted_at IS NOT NULL ORDER BY number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run of a manifest; times are UTC, RFC 3339."""

    id: str
    tool: str
    started_at: str
    finished_at: str | None
    """None while it goes on, and for one that was killed."""
    exit_code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSubmission:
    """A submission that created a task; times are UTC, RFC 3339."""

    fingerprint: str
    state: AttemptState
    price: Amount | None
    """The real one, or the estimate; None for what was not billed, and where nobody knows."""
    intended_at: str
    submitted_at: str
    finished_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTask:
    """A task that a submission recorded in this ledger has created."""

    number: int
    """Of its attempt; a greater one was submitted later, whatever the clock did."""
    task_id: str
    failed: bool
    intended_at: str
    """When its submission began: UTC, RFC 3339."""
    submitted_at: str
    """When the provider's answer arrived: UTC, RFC 3339."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTask:
    """An earlier task: its request, price and duration."""

    request: Mapping[str, Any]
    """The request body's parameters, images as {"sha256": ...} or {"url": ...}."""
    price: Amount | None
    """The real one; None if the provider reported no price."""
    time_s: float | None
    """From the submission until its end was noticed; None if no run saw that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRequest:
    """The latest request of a job id in a manifest."""

    operation: str
    fingerprint: str
    request: Mapping[str, Any]


class LedgerQueries:
    """The reading half of a ledger, for one thread. Every method may raise `LedgerError`."""

    def __init__(self, path: Path, connection: sqlite3.Connection):
        self.path = path
        """Where the ledger was opened."""
        self._connection = connection

    def latest(
        self, fingerprints: Iterable[str], realm: Realm, map_path: Callable[[str], str] = str
    ) -> dict[str, Attempt]:
        """For each fingerprint known in the realm its living attempt, otherwise its last one.

        `map_path` converts the paths of files, which are relative to the ledger's folder.
        """
        where = "realm = ? AND fingerprint IN (SELECT value FROM json_each(?))"
        values = (realm, json.dumps(list(fingerprints)))
        # A living attempt is always the last one: nothing is submitted after it, and an attempt
        # that has ended stays ended.
        found = self._read(where, values, map_path)
        return {attempt.intent.fingerprint: attempt for attempt in found}

    def attempts(self) -> list[Attempt]:
        """Every attempt in the order of its intent."""
        return list(self._read("TRUE", ()))

    def attempts_of_tasks(self, provider: str, task_ids: Iterable[str]) -> list[Attempt]:
        """Every attempt whose task is one of these, of any run and in any state."""
        where = "provider = ? AND task_id IN (SELECT value FROM json_each(?))"
        return self._some(where, (provider, json.dumps(list(task_ids))))

    def attempts_with_tag(self, provider: str, tag: str) -> list[Attempt]:
        """The attempts that carry this tag: one at most, because tags are random."""
        return self._some("provider = ? AND tag = ?", (provider, tag))

    def undecided_attempts(self, provider: str) -> list[Attempt]:
        """Every attempt that may have an unknown task, those of live runs included."""
        return self._some("provider = ? AND state IN ('intent', 'ambiguous')", (provider,))

    def known_tasks(self, intent: Intent, *, since: str, after: int) -> list[KnownTask]:
        """The tasks created at the endpoint and with the key of `intent`, in order of intents.

        Only those submitted `since` (UTC, RFC 3339), or by a later attempt than number `after`.
        """
        values = (intent.provider, sql_value(intent.base_url), sql_value(intent.key_env))
        return [
            KnownTask(
                number=row["number"],
                task_id=row["task_id"],
                failed=row["state"] == AttemptState.FAILED,
                intended_at=row["intended_at"],
                submitted_at=row["submitted_at"],
            )
            for row in self._rows(_KNOWN_TASKS, (*values, since, after))
        ]

    def costs(self, manifest: str, realms: Mapping[str, Realm]) -> Costs:
        """The cost of every attempt of a manifest, superseded ones included; see `read_costs`."""
        with translated_errors(self.path):
            return read_costs(self._connection, manifest, realms, without=None)

    def past_tasks(self, operation: str, realm: Realm) -> list[PastTask]:
        """The latest tasks of an operation, of any manifest, the last one first."""
        return [
            PastTask(
                request=json.loads(row["request"]),
                price=real_price(row),
                time_s=_seconds(row["submitted_at"], row["finished_at"]),
            )
            for row in self._rows(_PAST_TASKS, (operation, realm, PAST_TASKS))
        ]

    def last_run(self, manifest: str) -> RunRecord | None:
        """The run of a manifest that began last."""
        found = next(self._rows(_LAST_RUN, (sql_value(manifest),)), None)
        return None if found is None else RunRecord(**found)

    def submissions(self, manifest: str) -> list[PastSubmission]:
        """Every submission of a manifest that created a task, in order, superseded ones too."""
        return [
            PastSubmission(
                fingerprint=row["fingerprint"],
                state=AttemptState(row["state"]),
                price=_spent(row),
                intended_at=row["intended_at"],
                submitted_at=row["submitted_at"],
                finished_at=row["finished_at"],
            )
            for row in self._rows(_SUBMISSIONS, (sql_value(manifest),))
        ]

    def last_requests(
        self, manifest: str, jobs: Iterable[str], realm: Realm
    ) -> dict[str, LastRequest]:
        """Job id to its latest request in this manifest, for jobs that have one."""
        values = (manifest, realm, json.dumps(list(jobs)))
        return {
            row["job"]: LastRequest(
                operation=row["operation"],
                fingerprint=row["fingerprint"],
                request=json.loads(row["request"]),
            )
            for row in self._rows(_LAST_REQUESTS, values)
        }

    def _some(self, where: str, values: Sequence[Any]) -> list[Attempt]:
        """The attempts that meet an SQL condition of ours, with their right ordinals."""
        numbers = f"SELECT number FROM attempts WHERE {where}"  # noqa: S608 - ours
        wanted = {row["number"] for row in self._rows(numbers, values)}
        # Ordinals and failures are counted over all attempts of a fingerprint. By number, because
        # `_read` evaluates its condition twice and few conditions have an index.
        found = self._read(
            "fingerprint IN (SELECT fingerprint FROM attempts"
            " WHERE number IN (SELECT value FROM json_each(?)))",
            (json.dumps(sorted(wanted)),),
        )
        return [attempt for attempt in found if attempt.number in wanted]

    def _read(
        self, where: str, values: Sequence[Any], map_path: Callable[[str], str] = str
    ) -> Iterator[Attempt]:
        """Yield the attempts that meet a condition, which takes all of a fingerprint or none."""
        chosen = f"FROM attempts WHERE {where}"
        # Row by row: there may be 100,000 of them.
        rows = self._rows(f"SELECT * {chosen} ORDER BY number", values)
        file_rows = self._rows(
            f"SELECT * FROM files WHERE attempt IN (SELECT number {chosen})"  # noqa: S608 - ours
            " ORDER BY attempt, position",
            values,
        )
        return read_attempts(rows, file_rows, map_path)

    def _rows(self, statement: str, values: Sequence[Any]) -> Iterator[sqlite3.Row]:
        with translated_errors(self.path):
            yield from self._connection.execute(statement, values)


def _spent(row: sqlite3.Row) -> Amount | None:
    if row["state"] == AttemptState.FAILED and row["error_billed"] == "no":
        return None
    return real_price(row) or amount(row["estimate_unit"], row["estimate_value"])


def _seconds(start: str | None, end: str | None) -> float | None:
    """Between two recorded times; None if one is missing or the clock went backwards."""
    if start is None or end is None:
        return None
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    return seconds if seconds > 0 else None
