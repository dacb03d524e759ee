"""Reads attempts, costs and earlier requests from an open SQLite ledger."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.ledger.changes import Realm
from runner.ledger.costs import Costs
from runner.ledger.records import (
    PAST_TASKS,
    KnownTask,
    LastRequest,
    PastSubmission,
    PastTask,
    RunRecord,
)
from runner.ledger.rows import Row, read_attempts, sql_value
from runner.ledger.sqlite.costs import read_costs
from runner.ledger.sqlite.errors import translated_errors
from runner.model.tasks import Attempt, Intent

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


class SqliteQueries:
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
        return [KnownTask.of(row) for row in self._rows(_KNOWN_TASKS, (*values, since, after))]

    def costs(self, manifest: str, realms: Mapping[str, Realm]) -> Costs:
        """The cost of every attempt of a manifest, superseded ones included; see `read_costs`."""
        with translated_errors(self.path):
            return read_costs(self._connection, manifest, realms, without=None)

    def past_tasks(self, operation: str, realm: Realm) -> list[PastTask]:
        """The latest tasks of an operation, of any manifest, the last one first."""
        return [PastTask.of(row) for row in self._rows(_PAST_TASKS, (operation, realm, PAST_TASKS))]

    def last_run(self, manifest: str) -> RunRecord | None:
        """The run of a manifest that began last."""
        found = next(self._rows(_LAST_RUN, (sql_value(manifest),)), None)
        return None if found is None else RunRecord(**found)

    def submissions(self, manifest: str) -> list[PastSubmission]:
        """Every submission of a manifest that created a task, in order, superseded ones too."""
        return [PastSubmission.of(row) for row in self._rows(_SUBMISSIONS, (sql_value(manifest),))]

    def last_requests(
        self, manifest: str, jobs: Iterable[str], realm: Realm
    ) -> dict[str, LastRequest]:
        """Job id to its latest request in this manifest, for jobs that have one."""
        values = (manifest, realm, json.dumps(list(jobs)))
        return {row["job"]: LastRequest.of(row) for row in self._rows(_LAST_REQUESTS, values)}

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

    def _rows(self, statement: str, values: Sequence[Any]) -> Iterator[Row]:
        with translated_errors(self.path):
            cursor = self._connection.execute(statement, values)
            names = [column[0] for column in cursor.description]
            for row in cursor:
                yield dict(zip(names, row, strict=True))
