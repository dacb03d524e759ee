"""The ledger: intents and what became of them in, durably; what is known of a request out."""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from runner.ledger import costs as history
from runner.ledger import queries, rows, run_locks
from runner.ledger.changes import (
    Change,
    Finish,
    Full,
    Intend,
    Realm,
    Result,
    Settle,
    Stale,
    Store,
    Supersede,
    Taken,
    realm_of,
)
from runner.ledger.connection import open_for_reading, open_for_writing, transaction
from runner.ledger.costs import Before, Costs, OtherRunCosts, Past
from runner.ledger.errors import describe
from runner.ledger.queries import KnownTask, latest, living, one
from runner.model import Attempt, Intent
from runner.timestamps import stamp_now

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


def write(connection: sqlite3.Connection, change: Change, beside: OtherRunCosts) -> Result:
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


def _intend(
    connection: sqlite3.Connection, change: Intend, beside: OtherRunCosts
) -> int | Taken | Full:
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


def open_ledger(
    path: Path,
    *,
    read_only: bool = False,
    wait_s: float = 30.0,
    waiting: Callable[[str], None] | None = None,
    clock: Callable[[], str] = stamp_now,
) -> Ledger:
    """Open the ledger at `path`; raises `LedgerError` (exit 8) when it cannot be used.

    For writing, folder and file are made where they are missing. `read_only` makes nothing, works
    in a read-only folder, and shows an empty ledger where there is none. `wait_s` is how long
    another program's lock is waited for; `waiting` is told of it where that takes long.
    """
    if read_only:
        return Ledger(path, open_for_reading(path, wait_s=wait_s), clock)
    return Ledger(path, open_for_writing(path, wait_s=wait_s, waiting=waiting), clock)


class Ledger:
    """An open ledger, for one thread; a context manager that closes it.

    Every method may raise `LedgerError`. What `apply` has returned is on the disk.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, clock: Callable[[], str]):
        self.path = path
        self.commits = 0
        """How many groups of changes were committed."""
        self._connection = connection
        self._file = _file_at(path)
        self._clock = clock
        self._beside = OtherRunCosts(connection)
        self._locks: dict[str, run_locks.RunLock] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file and of the locks of runs that were not ended."""
        self._connection.close()
        for lock in self._locks.values():
            lock.release()
        self._locks.clear()

    @property
    def in_place(self) -> bool:
        """Whether the file at `path` is still this ledger; may be asked from any thread.

        What is written into one that was moved or deleted, no other run ever sees.
        """
        return _file_at(self.path) == self._file

    def begin_run(self, manifest: str, tool: str) -> str:
        """Record a new run and hold its lock from now on; returns its id, which sorts by time."""
        at = self._clock()
        run = f"{at[:19].replace('-', '').replace(':', '')}Z-{secrets.token_hex(4)}"
        # The lock comes first: a run that is on record without it would pass for dead.
        self._locks[run] = run_locks.RunLock(self.path.parent, run)
        columns = (run, rows.text(manifest), tool, os.getpid(), socket.gethostname(), at)
        with describe(self.path):
            self._connection.execute(
                "INSERT INTO runs (id, manifest, tool, pid, host, started_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                columns,
            )
        return run

    def end_run(self, run: str, exit_code: int) -> None:
        """Record the end of a run and let go of its lock."""
        with describe(self.path):
            self._connection.execute(
                "UPDATE runs SET finished_at = ?, exit_code = ? WHERE id = ?",
                (self._clock(), exit_code, run),
            )
        self._locks.pop(run).release()

    def alive(self, run: str) -> bool:
        """Whether the process that made `run` still lives."""
        return run_locks.alive(self.path.parent, run)

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Write all changes in one transaction, durably; a result for each.

        On an error nothing of them is written.
        """
        try:
            with describe(self.path), transaction(self._connection):
                results = [write(self._connection, change, self._beside) for change in changes]
        except BaseException:
            self._beside.forget()
            raise
        self.commits += 1
        return results

    def latest(
        self,
        fingerprints: Iterable[str],
        realm: Realm,
        placed: Callable[[str], str] = str,
    ) -> dict[str, Attempt]:
        """For each fingerprint that is known here its living attempt, otherwise its last one.

        `placed` turns the paths of files, which start from the ledger's folder, into others.
        """
        with describe(self.path):
            return queries.latest(self._connection, fingerprints, realm, placed)

    def attempts(self, manifest: str | None = None) -> list[Attempt]:
        """Every attempt in the order of its intent, of one manifest or of all."""
        with describe(self.path):
            return queries.of_manifest(self._connection, manifest)

    def of_tasks(self, provider: str, task_ids: Iterable[str]) -> list[Attempt]:
        """Every attempt whose task is one of these, of any run and in any state."""
        with describe(self.path):
            return queries.of_tasks(self._connection, provider, list(task_ids))

    def of_tag(self, provider: str, tag: str) -> list[Attempt]:
        """The attempts that bear this tag: one at most."""
        with describe(self.path):
            return queries.of_tag(self._connection, provider, tag)

    def undecided(self, provider: str) -> list[Attempt]:
        """Every attempt that may have a task which nobody knows, those of living runs included."""
        with describe(self.path):
            return queries.undecided(self._connection, provider)

    def made(self, at: Intent, *, since: str, after: int) -> list[KnownTask]:
        """The tasks that this ledger had made where `at` went, in the order of intents.

        Those that `since` (UTC, RFC 3339), or by a later attempt than the one numbered `after`.
        """
        with describe(self.path):
            return queries.known_tasks(self._connection, at, since, after)

    def costs(
        self, manifest: str, realms: Mapping[str, Realm], *, without: str | None = None
    ) -> Costs:
        """What every attempt of a manifest has cost, superseded ones included.

        `realms` tells for each provider on which side of the loopback border costs count (of
        others: remote). `without` leaves out the attempts of one run.
        """
        with describe(self.path):
            return history.costs(self._connection, manifest, realms, without)

    def past(self, operation: str, realm: Realm) -> list[Past]:
        """The latest tasks of an operation, of any manifest, the last one first."""
        with describe(self.path):
            return list(history.past(self._connection, operation, realm))

    def before(self, manifest: str, jobs: Iterable[str], realm: Realm) -> dict[str, Before]:
        """Job id to what it asked for the last time in this manifest."""
        with describe(self.path):
            return history.before(self._connection, manifest, jobs, realm)


def _file_at(path: Path) -> tuple[int, int] | None:
    """What tells a file from any other, whatever its name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
