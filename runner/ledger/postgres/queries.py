"""Reads attempts, costs and earlier requests from a shared ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, LiteralString

from runner.ledger.changes import Realm
from runner.ledger.costs import Costs
from runner.ledger.postgres.connection import Cursor, Database
from runner.ledger.postgres.costs import read_costs
from runner.ledger.postgres.values import text_value
from runner.ledger.records import (
    PAST_TASKS,
    KnownTask,
    LastRequest,
    PastSubmission,
    PastTask,
    RunRecord,
)
from runner.ledger.rows import Row, read_attempts
from runner.model.tasks import Attempt, Intent

# By account, not by the name of its key: on another machine that may hold another key. A task that
# was learned of from an earlier results manifest has equal times here; when it was made is unknown.
_KNOWN_TASKS: LiteralString = """
SELECT number, task_id, state, intended_at, submitted_at FROM {schema}.attempts
WHERE provider = %s AND base_url = %s AND account = %s
    AND task_id IS NOT NULL AND state IN ('submitted', 'succeeded', 'failed')
    AND submitted_at <> intended_at AND (submitted_at >= %s OR number > %s)
ORDER BY number
"""
# No duration for a task whose end only a later run noticed: it may have been done long before.
# None either for an adopted one, which is recorded as submitted at the time of its intent.
_PAST_TASKS: LiteralString = """
SELECT attempts.request, attempts.credits, attempts.cost_unit, attempts.cost_value,
    CASE WHEN attempts.state = 'succeeded' AND attempts.submitted_at > attempts.intended_at
        AND attempts.finished_at <= runs.finished_at
        THEN attempts.submitted_at END AS submitted_at,
    attempts.finished_at
FROM {schema}.attempts JOIN {schema}.runs ON runs.id = attempts.run
WHERE attempts.operation = %s AND attempts.realm = %s
    AND attempts.state IN ('submitted', 'succeeded')
ORDER BY attempts.number DESC LIMIT %s
"""
_LAST_REQUESTS: LiteralString = """
SELECT DISTINCT ON (job) job, operation, fingerprint, request FROM {schema}.attempts
WHERE manifest = %s AND realm = %s AND job = ANY(%s)
ORDER BY job, number DESC
"""
_LAST_RUN: LiteralString = """
SELECT id, tool, started_at, finished_at, exit_code FROM {schema}.runs WHERE manifest = %s
ORDER BY number DESC LIMIT 1
"""
_SUBMISSIONS: LiteralString = """
SELECT fingerprint, state, credits, cost_unit, cost_value, estimate_unit, estimate_value,
    error_billed, intended_at, submitted_at, finished_at
FROM {schema}.attempts WHERE manifest = %s AND submitted_at IS NOT NULL ORDER BY number
"""
_FILES: LiteralString = """
SELECT * FROM {schema}.files WHERE attempt = ANY(%s) ORDER BY attempt, position
"""
# Ordinals and failures are counted over all attempts of a fingerprint.
_WHOLE: LiteralString = """
SELECT * FROM {schema}.attempts WHERE fingerprint IN (
    SELECT fingerprint FROM {schema}.attempts WHERE number = ANY(%s)) ORDER BY number
"""
_BATCH = 5000
"""Rows that are in memory at once, but for what is kept of them."""


class PostgresQueries:
    """The reading half of a shared ledger. Every method may raise `LedgerError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(
        self, fingerprints: Iterable[str], realm: Realm, map_path: Callable[[str], str] = str
    ) -> dict[str, Attempt]:
        """For each fingerprint known in the realm its living attempt, otherwise its last one.

        `map_path` converts the paths of files, which are relative to the ledger's folder.
        """
        wanted = list(fingerprints)
        return self._database.run(lambda cursor: self._latest(cursor, wanted, realm, map_path))

    def _latest(
        self,
        cursor: Cursor,
        fingerprints: Sequence[str],
        realm: Realm,
        map_path: Callable[[str], str] = str,
    ) -> dict[str, Attempt]:
        found: dict[str, Attempt] = {}
        statement: LiteralString = (
            "SELECT * FROM {schema}.attempts WHERE realm = %s AND fingerprint = ANY(%s) "
            "ORDER BY number"
        )
        for start in range(0, len(fingerprints), _BATCH):
            some = list(fingerprints[start : start + _BATCH])
            # A living attempt is always the last one: nothing is submitted after it, and an
            # attempt that has ended stays ended.
            for attempt in self._read(cursor, statement, (realm, some), map_path):
                found[attempt.intent.fingerprint] = attempt
        return found

    def attempts(self) -> list[Attempt]:
        """Every attempt in the order of its intent."""
        statement: LiteralString = "SELECT * FROM {schema}.attempts ORDER BY number"
        return self._database.run(lambda cursor: list(self._read(cursor, statement, ())))

    def attempts_of_tasks(self, provider: str, task_ids: Iterable[str]) -> list[Attempt]:
        """Every attempt whose task is one of these, of any run and in any state."""
        ids = [text_value(task_id) for task_id in task_ids]
        statement: LiteralString = (
            "SELECT number FROM {schema}.attempts WHERE provider = %s AND task_id = ANY(%s)"
        )
        return self._some(statement, (provider, ids))

    def attempts_with_tag(self, provider: str, tag: str) -> list[Attempt]:
        """The attempts that carry this tag: one at most, because tags are random."""
        statement: LiteralString = (
            "SELECT number FROM {schema}.attempts WHERE provider = %s AND tag = %s"
        )
        return self._some(statement, (provider, text_value(tag)))

    def undecided_attempts(self, provider: str) -> list[Attempt]:
        """Every attempt that may have an unknown task, those of live runs included."""
        statement: LiteralString = (
            "SELECT number FROM {schema}.attempts "
            "WHERE provider = %s AND state IN ('intent', 'ambiguous')"
        )
        return self._some(statement, (provider,))

    def known_tasks(self, intent: Intent, *, since: str, after: int) -> list[KnownTask]:
        """The tasks created at the endpoint and account of `intent`, in order of intents.

        Only those submitted `since` (UTC, RFC 3339), or by a later attempt than number `after`.
        """
        place = (intent.provider, text_value(intent.base_url), text_value(intent.account))
        return [KnownTask.of(row) for row in self._rows(_KNOWN_TASKS, (*place, since, after))]

    def costs(self, manifest: str, realms: Mapping[str, Realm]) -> Costs:
        """The cost of every attempt of a manifest, superseded ones included; see `sum_costs`."""
        return self._database.run(
            lambda cursor: read_costs(self._database, cursor, manifest, realms, without=None)
        )

    def past_tasks(self, operation: str, realm: Realm) -> list[PastTask]:
        """The latest tasks of an operation, of any manifest, the last one first."""
        rows = self._rows(_PAST_TASKS, (operation, realm, PAST_TASKS))
        return [PastTask.of(row) for row in rows]

    def last_run(self, manifest: str) -> RunRecord | None:
        """The run of a manifest that began last."""
        rows = self._rows(_LAST_RUN, (text_value(manifest),))
        return RunRecord(**rows[0]) if rows else None

    def submissions(self, manifest: str) -> list[PastSubmission]:
        """Every submission of a manifest that created a task, in order, superseded ones too."""
        return [PastSubmission.of(row) for row in self._rows(_SUBMISSIONS, (text_value(manifest),))]

    def last_requests(
        self, manifest: str, jobs: Iterable[str], realm: Realm
    ) -> dict[str, LastRequest]:
        """Job id to its latest request in this manifest, for jobs that have one."""
        values = (text_value(manifest), realm, list(jobs))
        return {row["job"]: LastRequest.of(row) for row in self._rows(_LAST_REQUESTS, values)}

    def _some(self, numbers: LiteralString, values: Sequence[Any]) -> list[Attempt]:
        """The attempts that a query of numbers finds, with their right ordinals."""
        return self._database.run(lambda cursor: self._find(cursor, numbers, values))

    def _find(self, cursor: Cursor, numbers: LiteralString, values: Sequence[Any]) -> list[Attempt]:
        found = cursor.execute(self._database.statement(numbers), values).fetchall()
        return self._numbered(cursor, [row["number"] for row in found])

    def _numbered(self, cursor: Cursor, numbers: Sequence[int]) -> list[Attempt]:
        """The attempts with these numbers, with their right ordinals."""
        wanted = set(numbers)
        found = self._read(cursor, _WHOLE, (sorted(wanted),)) if wanted else ()
        return [attempt for attempt in found if attempt.number in wanted]

    def _read(
        self,
        cursor: Cursor,
        statement: LiteralString,
        values: Sequence[Any],
        map_path: Callable[[str], str] = str,
    ) -> Iterator[Attempt]:
        """Yield the attempts that a query finds: all of a fingerprint, or none."""
        rows = cursor.execute(self._database.statement(statement), values).fetchall()
        numbers = [row["number"] for row in rows]
        file_rows = cursor.execute(self._database.statement(_FILES), (numbers,)).fetchall()
        return read_attempts(rows, file_rows, map_path)

    def _rows(self, statement: LiteralString, values: Sequence[Any]) -> list[Row]:
        def step(cursor: Cursor) -> list[Row]:
            found = cursor.execute(self._database.statement(statement), values)
            return list(found.fetchall())

        return self._database.run(step)
