"""An endpoint or a list's task ids in; what the ledger knows of the tasks made there out."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from runner.ledger import rows
from runner.ledger.reading import select
from runner.model import Attempt, AttemptState, Intent

_UNDECIDED = "provider = ? AND state IN ('intent', 'ambiguous')"
_MADE = """
SELECT number, task_id, state, intended_at, submitted_at FROM attempts
WHERE provider = ? AND base_url = ? AND key_env = ?
    AND task_id IS NOT NULL AND state IN ('submitted', 'succeeded', 'failed')
    AND submitted_at <> intended_at AND (submitted_at >= ? OR number > ?)
ORDER BY number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A task that this ledger had made: not one that it only learned of."""

    number: int
    """Of its attempt; a greater one was submitted later, whatever the clock did."""
    task_id: str
    failed: bool
    intended_at: str
    """When its submission began: UTC, RFC 3339."""
    submitted_at: str
    """When it was known to exist."""


def of_tasks(connection: sqlite3.Connection, provider: str, task_ids: list[str]) -> list[Attempt]:
    """The attempts whose task is one of these, in any state, superseded ones included."""
    given = "provider = ? AND task_id IN (SELECT value FROM json_each(?))"
    return _some(connection, given, provider, json.dumps(task_ids))


def of_tag(connection: sqlite3.Connection, provider: str, tag: str) -> list[Attempt]:
    """The attempts that bear this tag: one at most, for tags are random."""
    return _some(connection, "provider = ? AND tag = ?", provider, tag)


def undecided(connection: sqlite3.Connection, provider: str) -> list[Attempt]:
    """The attempts that may have a task which nobody knows; of living runs as well."""
    return _some(connection, _UNDECIDED, provider)


def made(connection: sqlite3.Connection, at: Intent, since: str, after: int) -> list[Made]:
    """The tasks made where `at` went, which `since` (UTC, RFC 3339) or after an attempt were."""
    # A task that an earlier results manifest told of is written down as submitted when it was
    # intended: when it was made is not known, so it is none of these.
    where = (at.provider, rows.text(at.base_url), rows.text(at.key_env))
    return [
        Made(
            number=row["number"],
            task_id=row["task_id"],
            failed=row["state"] == AttemptState.FAILED,
            intended_at=row["intended_at"],
            submitted_at=row["submitted_at"],
        )
        for row in connection.execute(_MADE, (*where, since, after))
    ]


def _some(connection: sqlite3.Connection, given: str, *arguments: str) -> list[Attempt]:
    """The attempts that meet a condition of ours, by whatever else their fingerprints went."""
    numbers = f"SELECT number FROM attempts WHERE {given}"  # noqa: S608 - ours
    wanted = {row["number"] for row in connection.execute(numbers, arguments)}
    found = select(
        connection,
        "fingerprint IN (SELECT fingerprint FROM attempts"
        " WHERE number IN (SELECT value FROM json_each(?)))",
        json.dumps(sorted(wanted)),
    )
    return [attempt for attempt in found if attempt.number in wanted]
