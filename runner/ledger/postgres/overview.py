"""Overview: runs, open submissions and spending of a shared ledger, and checks of its records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, LiteralString

from psycopg import sql

from runner.ledger.overview import Overview, RunState, Spending
from runner.ledger.postgres.connection import Cursor, Database
from runner.ledger.shared import SharedLedger

_RUNS: LiteralString = """
SELECT id, manifest, host, pid, started_at,
    alive_until > clock_timestamp() AND dead_at IS NULL AS alive,
    (SELECT count(*) FROM {schema}.attempts
        WHERE run = runs.id AND state IN ('intent', 'submitted')) AS in_flight
FROM {schema}.runs WHERE finished_at IS NULL ORDER BY number
"""
_SPENT: LiteralString = """
SELECT account, manifest, left(intended_at, 7) AS month, count(*) AS submissions,
    coalesce(sum(credits), 0) AS credits,
    coalesce(sum(cost_value::numeric) FILTER (WHERE cost_unit = 'cny'), 0) AS cny,
    count(*) FILTER (WHERE state = 'ambiguous') AS ambiguous
FROM {schema}.attempts WHERE submitted_at IS NOT NULL OR state = 'ambiguous'
GROUP BY account, manifest, month ORDER BY account, manifest, month
"""
# What the tables' own rules make impossible, unless somebody has changed them or restored a part.
_CHECKS: dict[str, LiteralString] = {
    "a fingerprint has several living attempts": """
        SELECT fingerprint AS found FROM {schema}.attempts
        WHERE superseded_at IS NULL
            AND state IN ('intent', 'ambiguous', 'submitted', 'succeeded')
        GROUP BY fingerprint, realm HAVING count(*) > 1""",
    "a task belongs to several attempts": """
        SELECT task_id AS found FROM {schema}.attempts WHERE task_id IS NOT NULL
        GROUP BY provider, account, task_id HAVING count(*) > 1""",
    "an attempt of no run": """
        SELECT number::text AS found FROM {schema}.attempts
        WHERE run NOT IN (SELECT id FROM {schema}.runs)""",
    "a file of no attempt": """
        SELECT attempt::text AS found FROM {schema}.files
        WHERE attempt NOT IN (SELECT number FROM {schema}.attempts)""",
    "a submitted attempt without a task": """
        SELECT number::text AS found FROM {schema}.attempts
        WHERE state = 'submitted' AND task_id IS NULL""",
}
_INDEX: LiteralString = """
SELECT i.indisunique AND i.indisvalid AS good FROM pg_index i
WHERE i.indexrelid = to_regclass({index})
"""
_MOST = 20
"""Findings of one kind that are shown."""


def read_overview(location: SharedLedger) -> Overview:
    """What is going on in a ledger, and what was spent there. Raises LedgerError."""

    def step(cursor: Cursor) -> Overview:
        runs = cursor.execute(database.statement(_RUNS)).fetchall()
        spent = cursor.execute(database.statement(_SPENT)).fetchall()
        return Overview(
            runs=tuple(RunState(**row) for row in runs),
            spending=tuple(Spending(**row) for row in spent),
        )

    with _reading(location) as database:
        return database.run(step)


def read_clock(location: SharedLedger) -> datetime:
    """The time of the database's own clock. Raises LedgerError."""

    def step(cursor: Cursor) -> datetime:
        row = cursor.execute("SELECT clock_timestamp() AS now").fetchone()
        assert row is not None
        now: datetime = row["now"]
        return now

    with _reading(location) as database:
        return database.run(step)


def check_ledger(location: SharedLedger) -> list[str]:
    """What cannot be true in a ledger; empty if it is whole. Raises LedgerError."""

    def step(cursor: Cursor) -> list[str]:
        found = [
            f"{text}: {row['found']}"
            for text, query in _CHECKS.items()
            for row in cursor.execute(database.statement(query)).fetchmany(_MOST)
        ]
        name = sql.Literal(f'"{location.schema}".one_living_attempt')
        index: Any = cursor.execute(sql.SQL(_INDEX).format(index=name)).fetchone()
        if index is None or not index["good"]:
            found.append("the index one_living_attempt is missing: jobs may be paid for twice")
        return found

    with _reading(location) as database:
        return database.run(step)


@contextmanager
def _reading(location: SharedLedger) -> Iterator[Database]:
    database = Database(location, read_only=True, away_s=0.0, lock_s=10.0, on_wait=None)
    try:
        database.check()
        yield database
    finally:
        database.close()
