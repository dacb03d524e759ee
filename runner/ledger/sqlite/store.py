"""Ledger of a folder: records intents to pay, and what became of them, in one SQLite file."""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from runner.errors import LedgerError
from runner.ledger.changes import (
    Change,
    Finish,
    Intend,
    OverBudget,
    Result,
    Settle,
    Stale,
    Store,
    Supersede,
    Taken,
    is_living,
    realm_of,
)
from runner.ledger.rows import file_row, intend_row, sql_value, sql_values
from runner.ledger.sqlite import run_locks
from runner.ledger.sqlite.connection import open_for_reading, open_for_writing
from runner.ledger.sqlite.costs import OtherRunCosts
from runner.ledger.sqlite.errors import moved_error, translated_errors
from runner.ledger.sqlite.queries import SqliteQueries
from runner.model.requests import Account
from runner.timestamps import stamp_now

_BEGIN_RUN = """
INSERT INTO runs (id, manifest, tool, pid, host, started_at) VALUES (?, ?, ?, ?, ?, ?)
"""
_END_RUN = "UPDATE runs SET finished_at = ?, exit_code = ? WHERE id = ?"
# The unique index decides, not a query before it: two runs may write at the same moment.
_INTEND = """
INSERT INTO attempts ({columns}) VALUES ({values})
ON CONFLICT (fingerprint, realm)
    WHERE superseded_at IS NULL AND state IN ('intent', 'ambiguous', 'submitted', 'succeeded')
    DO NOTHING
RETURNING number
"""
# coalesce, because an answer without a seed or price must not erase what is recorded.
_SETTLE = """
UPDATE attempts SET state = :state, settled_at = :at,
    task_id = coalesce(:task_id, task_id), used_seed = coalesce(:seed, used_seed),
    credits = coalesce(:credits, credits), http_status = coalesce(:http_status, http_status),
    trace_id = coalesce(:trace_id, trace_id), error_code = :error_code,
    error_message = :error_message, error_class = :error_class, error_billed = :error_billed,
    submitted_at = CASE WHEN :state = 'submitted' THEN :at ELSE submitted_at END,
    finished_at = CASE WHEN :state IN ('not_sent', 'refused') THEN :at END
WHERE number = :number AND state IN ('intent', 'ambiguous')
RETURNING run
"""
# From succeeded to succeeded: fresh URLs. A success is never taken back.
_FINISH = """
UPDATE attempts SET state = :state, finished_at = coalesce(finished_at, :finished_at),
    used_seed = coalesce(:seed, used_seed), credits = coalesce(:credits, credits),
    cost_unit = coalesce(:cost_unit, cost_unit), cost_value = coalesce(:cost_value, cost_value),
    usage = :usage, urls = :urls,
    creation_ids = coalesce(nullif(:creation_ids, '[]'), creation_ids),
    error_code = :error_code, error_message = :error_message,
    error_class = :error_class, error_billed = :error_billed
WHERE number = :number
    AND (state = 'submitted' OR (state = 'succeeded' AND :state = 'succeeded'))
RETURNING run
"""
_SUPERSEDE = """
UPDATE attempts SET superseded_at = :at WHERE number = :number AND superseded_at IS NULL
    AND (NOT :only_undecided OR state IN ('intent', 'ambiguous'))
RETURNING run
"""
_UPDATES = {Settle: _SETTLE, Finish: _FINISH, Supersede: _SUPERSEDE}
_KEEP = """
UPDATE attempts SET kept = ? WHERE number = ? AND state = 'succeeded' RETURNING run
"""
_STORE = """
INSERT INTO files (attempt, position, path, sha256, bytes, media_type, kind, facts, warnings)
VALUES (:attempt, :position, :path, :sha256, :bytes, :media_type, :kind, :facts, :warnings)
"""


def open_sqlite(
    path: Path,
    *,
    read_only: bool = False,
    wait_s: float = 30.0,
    on_wait: Callable[[str], None] | None = None,
    clock: Callable[[], str] = stamp_now,
) -> SqliteLedger:
    """Open the ledger at `path`; see `open_ledger`.

    For writing, a missing folder or file is created. `read_only` works in a read-only folder, and
    shows an empty ledger if there is no file. `wait_s` limits the wait for another program's lock.
    """
    if read_only:
        return SqliteLedger(path, open_for_reading(path, wait_s=wait_s), clock)
    return SqliteLedger(path, open_for_writing(path, wait_s=wait_s, on_wait=on_wait), clock)


class SqliteLedger(SqliteQueries):
    """An open ledger, for one thread; a context manager that closes it.

    Every method may raise `LedgerError`. When `apply` returns, its changes are on the disk.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, clock: Callable[[], str]):
        super().__init__(path, connection)
        self._identity = _identity(path)
        self._clock = clock
        self._other_runs = OtherRunCosts(connection)
        self._locks: dict[str, run_locks.RunLock] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, and release the locks of runs that were not ended."""
        self._connection.close()
        for lock in self._locks.values():
            lock.release()
        self._locks.clear()

    def account_name(self, _account: Account) -> str:
        """Empty: here the variable of the key names the account."""
        return ""

    def hurry(self) -> None:
        """Nothing: a file is not away for long."""

    def may_send(self) -> bool:
        """Always: the lock of a run is the system's, which ends it with the process."""
        return True

    def refusal(self) -> LedgerError | None:
        """Why nothing may be submitted any more: the file was moved or deleted. For any thread."""
        # Invisible to other runs, which would submit the same jobs.
        return None if _identity(self.path) == self._identity else moved_error(self.path)

    def begin_run(self, manifest: str, tool: str) -> str:
        """Record a new run and hold its lock from now on; returns its id, which sorts by time."""
        at = self._clock()
        run = f"{at[:19].replace('-', '').replace(':', '')}Z-{secrets.token_hex(4)}"
        # Lock first: a recorded run without a lock would be taken for a dead one.
        self._locks[run] = run_locks.RunLock(self.path.parent, run)
        values = (run, sql_value(manifest), tool, os.getpid(), socket.gethostname(), at)
        with translated_errors(self.path):
            self._connection.execute(_BEGIN_RUN, values)
        return run

    def end_run(self, run: str, exit_code: int) -> None:
        """Record the end of a run and release its lock."""
        with translated_errors(self.path):
            self._connection.execute(_END_RUN, (self._clock(), exit_code, run))
        # Last: without its lock, a run that has not ended counts as dead.
        self._locks.pop(run).release()

    def alive(self, run: str) -> bool:
        """Whether the process of `run` is still alive."""
        return run_locks.alive(self.path.parent, run)

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Write all changes in one transaction, durably; returns a result for each.

        On an error, no change is written.
        """
        try:
            with translated_errors(self.path), self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                return [self._write(change) for change in changes]
        except BaseException:
            # Its sums may contain what was rolled back.
            self._other_runs.reset()
            raise

    def _write(self, change: Change) -> Result:
        """Write one change inside the open transaction."""
        match change:
            case Intend():
                return self._intend(change)
            case Store():
                changed = self._store(change)
            case Settle(finish=finish):
                # In one transaction: a paid result must not be known without its URLs.
                changed = self._update(change, finish=None)
                if changed and finish is not None:
                    self._update(finish)
            case Finish() | Supersede():
                changed = self._update(change)
        for row in changed:
            self._other_runs.invalidate(row["run"])
        if changed:
            return change.number
        (attempt,) = self._some("number = ?", (change.number,))
        return Stale(attempt=attempt)

    def _update(self, change: Settle | Finish | Supersede, **converted: None) -> list[sqlite3.Row]:
        update = _UPDATES[type(change)]
        return self._connection.execute(update, sql_values(change, **converted)).fetchall()

    def _intend(self, change: Intend) -> int | Taken | OverBudget:
        fingerprint, realm = change.intent.fingerprint, realm_of(change.intent.base_url)
        if over_budget := self._other_runs.check(change):
            # What is already paid for needs no headroom.
            earlier = self.latest([fingerprint], realm).get(fingerprint)
            return Taken(attempt=earlier) if earlier and is_living(earlier) else over_budget
        row = intend_row(change)
        del row["account"]  # only a shared ledger needs it
        values = ", ".join(f":{column}" for column in row)
        insert = _INTEND.format(columns=", ".join(row), values=values)
        for (number,) in self._connection.execute(insert, row).fetchall():
            return int(number)
        # No row: the index has found a living attempt, which is the latest one.
        return Taken(attempt=self.latest([fingerprint], realm)[fingerprint])

    def _store(self, change: Store) -> list[sqlite3.Row]:
        kept = sql_value(tuple(sorted(change.kept)))
        found = self._connection.execute(_KEEP, (kept, change.number)).fetchall()
        if not found:
            return []
        # In place of all files of an earlier fetch: fresh URLs may be fewer.
        self._connection.execute("DELETE FROM files WHERE attempt = ?", (change.number,))
        rows = [
            {"attempt": change.number, "position": position, **file_row(file)}
            for position, file in enumerate(change.files)
        ]
        self._connection.executemany(_STORE, rows)
        return found


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file at `path`; None if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
