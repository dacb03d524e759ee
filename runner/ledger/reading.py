"""What is asked about attempts in, the attempts out, with how often their request was tried."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from runner.ledger.changes import LIVING, Realm
from runner.ledger.rows import Columns, attempts_of
from runner.model import Attempt


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
