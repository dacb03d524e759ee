"""One change in, the rows it makes or alters written, its result out."""

from __future__ import annotations

import sqlite3

from runner.ledger import rows
from runner.ledger.beside import Beside
from runner.ledger.changes import (
    Change,
    Finish,
    Full,
    Intend,
    Result,
    Settle,
    Stale,
    Store,
    Supersede,
    Taken,
    realm_of,
)
from runner.ledger.reading import latest, living, one

_INTEND = """
INSERT INTO attempts (run, state, realm, manifest, job, operation, fingerprint, request, seed,
    provider, base_url, key_env, tag, estimate_unit, estimate_value, intended_at, task_id,
    submitted_at)
VALUES (:run, :state, :realm, :manifest, :job, :operation, :fingerprint, :request, :seed,
    :provider, :base_url, :key_env, :tag, :estimate_unit, :estimate_value, :intended_at, :task_id,
    :submitted_at)
ON CONFLICT (fingerprint, realm)
    WHERE superseded_at IS NULL AND state IN ('intent', 'ambiguous', 'submitted', 'succeeded')
    DO NOTHING
RETURNING number
"""
_SETTLE = """
UPDATE attempts SET state = :state, settled_at = :at,
    task_id = coalesce(:task_id, task_id), used_seed = coalesce(:used_seed, used_seed),
    credits = coalesce(:credits, credits), http_status = coalesce(:http_status, http_status),
    trace_id = coalesce(:trace_id, trace_id), error_code = :error_code,
    error_message = :error_message, error_class = :error_class, error_billed = :error_billed,
    submitted_at = CASE WHEN :state = 'submitted' THEN :at ELSE submitted_at END,
    finished_at = CASE WHEN :state IN ('not_sent', 'refused') THEN :at END
WHERE number = :number AND state IN ('intent', 'ambiguous')
RETURNING run
"""
_FINISH = """
UPDATE attempts SET state = :state, finished_at = coalesce(finished_at, :finished_at),
    used_seed = coalesce(:used_seed, used_seed), credits = coalesce(:credits, credits),
    cost_unit = coalesce(:cost_unit, cost_unit), cost_value = coalesce(:cost_value, cost_value),
    trace_id = coalesce(:trace_id, trace_id), usage = :usage, urls = :urls,
    error_code = :error_code, error_message = :error_message, error_class = :error_class,
    error_billed = :error_billed
WHERE number = :number
    AND (state = 'submitted' OR (state = 'succeeded' AND :state = 'succeeded'))
RETURNING run
"""
_SUPERSEDE = """
UPDATE attempts SET superseded_at = ? WHERE number = ? AND superseded_at IS NULL
    AND (NOT ? OR state IN ('intent', 'ambiguous')) RETURNING run
"""
_KEEP_FILE = """
INSERT INTO files (attempt, position, path, sha256, bytes, media_type) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (attempt, position) DO UPDATE SET path = excluded.path, sha256 = excluded.sha256,
    bytes = excluded.bytes, media_type = excluded.media_type
"""


def write(connection: sqlite3.Connection, change: Change, beside: Beside) -> Result:
    """Write one change inside an open transaction."""
    match change:
        case Intend():
            return _intend(connection, change, beside)
        case Settle():
            changed = connection.execute(_SETTLE, rows.settle_row(change)).fetchall()
        case Finish():
            changed = connection.execute(_FINISH, rows.finish_row(change)).fetchall()
        case Supersede():
            values = (change.at, change.number, change.in_doubt)
            changed = connection.execute(_SUPERSEDE, values).fetchall()
        case Store():
            changed = _store(connection, change)
    for row in changed:
        beside.changed(row["run"])
    return change.number if changed else Stale(attempt=one(connection, change.number))


def _intend(connection: sqlite3.Connection, change: Intend, beside: Beside) -> int | Taken | Full:
    fingerprint, realm = change.intent.fingerprint, realm_of(change.intent.base_url)
    if full := beside.full(change):
        earlier = latest(connection, [fingerprint], realm).get(fingerprint)
        return Taken(attempt=earlier) if earlier and living(earlier) else full
    for row in connection.execute(_INTEND, rows.intend_row(change)).fetchall():
        number: int = row["number"]
        return number
    return Taken(attempt=latest(connection, [fingerprint], realm)[fingerprint])


def _store(connection: sqlite3.Connection, change: Store) -> list[sqlite3.Row]:
    succeeded = "SELECT run FROM attempts WHERE number = ? AND state = 'succeeded'"
    found = connection.execute(succeeded, (change.number,)).fetchall()
    if not found:
        return []
    connection.executemany(
        _KEEP_FILE,
        [
            (change.number, position, rows.text(f.path), f.sha256, f.bytes, f.media_type)
            for position, f in enumerate(change.files)
        ],
    )
    connection.execute(
        "DELETE FROM files WHERE attempt = ? AND position >= ?", (change.number, len(change.files))
    )
    return found
