"""An endpoint or a list's task ids in; what the ledger knows of the tasks made there out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from runner.ledger import rows
from runner.ledger.changes import LIVING, Realm
from runner.ledger.rows import Columns, attempts_of
from runner.model import Attempt, AttemptState, Intent


def latest(
    connection: sqlite3.Connection,
    fingerprints: Iterable[str],
    realm: Realm,
    placed: Callable[[str], str] = str,
) -> dict[str, Attempt]:
    """For each fingerprint that is known in the realm its living attempt, otherwise the last."""
    where = "realm = ? AND fingerprint IN (SELECT value FROM json_each(?))"
    asked = (realm, json.dumps(list(fingerprints)))
    # The last one it is: nothing comes after a living attempt, and no dead one comes back to life.
    return {
        attempt.intent.fingerprint: attempt for attempt in _read(connection, where, asked, placed)
    }


def one(connection: sqlite3.Connection, number: int) -> Attempt:
    """The attempt of that number; raises KeyError where there is none."""
    where = "fingerprint = (SELECT fingerprint FROM attempts WHERE number = ?)"
    return {attempt.number: attempt for attempt in select(connection, where, number)}[number]


def of_manifest(connection: sqlite3.Connection, manifest: str | None) -> list[Attempt]:
    """The attempts that one manifest made (all manifests for None), in the order of intents."""
    if manifest is None:
        return select(connection, "TRUE")
    # Another manifest may have tried the same request before: that is counted, but not shown.
    where = "fingerprint IN (SELECT fingerprint FROM attempts WHERE manifest = ?)"
    found = select(connection, where, manifest)
    return [attempt for attempt in found if attempt.intent.manifest == manifest]


def select(connection: sqlite3.Connection, where: str, *arguments: Any) -> list[Attempt]:
    """The attempts that meet an SQL condition of ours, which takes all of a fingerprint or none."""
    return list(_read(connection, where, arguments))


def _read(
    connection: sqlite3.Connection,
    where: str,
    arguments: Sequence[Any],
    placed: Callable[[str], str] = str,
) -> Iterator[Attempt]:
    """The same one by one: there may be many, and none of their rows is kept."""
    chosen = f"FROM attempts WHERE {where}"
    rows = connection.execute(
        f"SELECT {', '.join(Columns._fields)} {chosen} ORDER BY number", arguments
    )
    return attempts_of(
        map(Columns._make, rows),
        connection.execute(
            f"SELECT * FROM files WHERE attempt IN (SELECT number {chosen})"  # noqa: S608 - ours
            " ORDER BY attempt, position",
            arguments,
        ),
        placed,
    )


def living(attempt: Attempt | None) -> bool:
    """Whether an attempt stands in the way of another submission of its fingerprint."""
    return attempt is not None and attempt.state in LIVING and attempt.superseded_at is None


_UNDECIDED = "provider = ? AND state IN ('intent', 'ambiguous')"
_KNOWN_TASK = """
SELECT number, task_id, state, intended_at, submitted_at FROM attempts
WHERE provider = ? AND base_url = ? AND key_env = ?
    AND task_id IS NOT NULL AND state IN ('submitted', 'succeeded', 'failed')
    AND submitted_at <> intended_at AND (submitted_at >= ? OR number > ?)
ORDER BY number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTask:
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


def known_tasks(
    connection: sqlite3.Connection, at: Intent, since: str, after: int
) -> list[KnownTask]:
    """The tasks made where `at` went, which `since` (UTC, RFC 3339) or after an attempt were."""
    # A task that an earlier results manifest told of is written down as submitted when it was
    # intended: when it was made is not known, so it is none of these.
    where = (at.provider, rows.text(at.base_url), rows.text(at.key_env))
    return [
        KnownTask(
            number=row["number"],
            task_id=row["task_id"],
            failed=row["state"] == AttemptState.FAILED,
            intended_at=row["intended_at"],
            submitted_at=row["submitted_at"],
        )
        for row in connection.execute(_KNOWN_TASK, (*where, since, after))
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
