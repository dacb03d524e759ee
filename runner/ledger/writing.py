"""One change in, the rows it makes or alters written, its result out."""

from __future__ import annotations

import sqlite3

from runner.ledger import rows
from runner.ledger.changes import (
    Change,
    Finish,
    Intend,
    Result,
    Settle,
    Stale,
    Store,
    Supersede,
    Taken,
    realm_of,
)
from runner.ledger.reading import latest, one

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
"""
_SUPERSEDE = "UPDATE attempts SET superseded_at = ? WHERE number = ? AND superseded_at IS NULL"
_KEEP_FILE = """
INSERT INTO files (attempt, position, path, sha256, bytes, media_type) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (attempt, position) DO UPDATE SET path = excluded.path, sha256 = excluded.sha256,
    bytes = excluded.bytes, media_type = excluded.media_type
"""


def write(connection: sqlite3.Connection, change: Change) -> Result:
    """Write one change inside an open transaction."""
    match change:
        case Intend():
            return _intend(connection, change)
        case Settle():
            written = connection.execute(_SETTLE, rows.settle_row(change)).rowcount
        case Finish():
            written = connection.execute(_FINISH, rows.finish_row(change)).rowcount
        case Supersede():
            written = connection.execute(_SUPERSEDE, (change.at, change.number)).rowcount
        case Store():
            written = _store(connection, change)
    return change.number if written else Stale(attempt=one(connection, change.number))


def _intend(connection: sqlite3.Connection, change: Intend) -> int | Taken:
    for row in connection.execute(_INTEND, rows.intend_row(change)).fetchall():
        number: int = row["number"]
        return number
    fingerprint, realm = change.intent.fingerprint, realm_of(change.intent.base_url)
    return Taken(attempt=latest(connection, [fingerprint], realm)[fingerprint])


def _store(connection: sqlite3.Connection, change: Store) -> bool:
    succeeded = "SELECT 1 FROM attempts WHERE number = ? AND state = 'succeeded'"
    if not connection.execute(succeeded, (change.number,)).fetchone():
        return False
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
    return True
