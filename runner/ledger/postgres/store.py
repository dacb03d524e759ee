"""Shared ledger: records intents to pay, and what became of them, in PostgreSQL."""

from __future__ import annotations

import hmac
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from typing import Any, LiteralString, Self

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
from runner.ledger.postgres.connection import Cursor, Database
from runner.ledger.postgres.costs import lock_budgets, over_budget
from runner.ledger.postgres.lease import Lease, LeaseKeeper, lease_s
from runner.ledger.postgres.queries import PostgresQueries
from runner.ledger.postgres.values import column_values, text_value
from runner.ledger.rows import file_row, intend_row, sql_value, sql_values
from runner.ledger.shared import SharedLedger
from runner.model.requests import Account
from runner.model.tasks import Attempt, AttemptState
from runner.timestamps import stamp_now

_ID: LiteralString = "SELECT id FROM {schema}.ledger"
_BEGIN_RUN: LiteralString = """
INSERT INTO {schema}.runs (id, manifest, tool, pid, host, started_at, alive_until)
VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp() + make_interval(secs => %s))
ON CONFLICT (id) DO NOTHING
"""
# Idempotent: its answer may have been lost.
_END_RUN: LiteralString = """
UPDATE {schema}.runs SET finished_at = %s, exit_code = %s WHERE id = %s
"""
_ABANDON: LiteralString = """
UPDATE {schema}.runs SET alive_until = clock_timestamp()
WHERE id = ANY(%s) AND finished_at IS NULL AND alive_until > clock_timestamp()
"""
# Also after it has ended, as after an outage of the database; not once another run has buried it.
_RENEW: LiteralString = """
UPDATE {schema}.runs SET alive_until = clock_timestamp() + make_interval(secs => %s)
WHERE id = %s AND finished_at IS NULL AND dead_at IS NULL
RETURNING id
"""
# A write, not a look: it waits for a renewal that is under way, and none can follow it.
_BURY: LiteralString = """
UPDATE {schema}.runs SET dead_at = clock_timestamp()
WHERE id = %s AND finished_at IS NULL AND dead_at IS NULL AND alive_until <= clock_timestamp()
"""
_IS_ALIVE: LiteralString = """
SELECT finished_at IS NULL AND dead_at IS NULL AND alive_until > clock_timestamp() AS alive
FROM {schema}.runs WHERE id = %s
"""
# The unique index decides, not a query before it: two runs may write at the same moment.
_INTEND: LiteralString = """
INSERT INTO {schema}.attempts (run, state, realm, manifest, job, operation, fingerprint, request,
    seed, provider, base_url, key_env, account, tag, estimate_unit, estimate_value, intended_at,
    task_id, submitted_at)
VALUES (%(run)s, %(state)s, %(realm)s, %(manifest)s, %(job)s, %(operation)s, %(fingerprint)s,
    %(request)s, %(seed)s, %(provider)s, %(base_url)s, %(key_env)s, %(account)s, %(tag)s,
    %(estimate_unit)s, %(estimate_value)s, %(intended_at)s, %(task_id)s, %(submitted_at)s)
ON CONFLICT (fingerprint, realm)
    WHERE superseded_at IS NULL AND state IN ('intent', 'ambiguous', 'submitted', 'succeeded')
    DO NOTHING
RETURNING number
"""
# coalesce, because an answer without a seed or price must not erase what is recorded.
_SETTLE: LiteralString = """
UPDATE {schema}.attempts SET state = %(state)s, settled_at = %(at)s,
    task_id = coalesce(%(task_id)s, task_id), used_seed = coalesce(%(seed)s, used_seed),
    credits = coalesce(%(credits)s, credits), http_status = coalesce(%(http_status)s, http_status),
    trace_id = coalesce(%(trace_id)s, trace_id), error_code = %(error_code)s,
    error_message = %(error_message)s, error_class = %(error_class)s,
    error_billed = %(error_billed)s,
    submitted_at = CASE WHEN %(state)s = 'submitted' THEN %(at)s ELSE submitted_at END,
    finished_at = CASE WHEN %(state)s IN ('not_sent', 'refused') THEN %(at)s END
WHERE number = %(number)s AND state IN ('intent', 'ambiguous')
RETURNING number
"""
# From succeeded to succeeded: fresh URLs. A success is never taken back.
_FINISH: LiteralString = """
UPDATE {schema}.attempts SET state = %(state)s,
    finished_at = coalesce(finished_at, %(finished_at)s),
    used_seed = coalesce(%(seed)s, used_seed), credits = coalesce(%(credits)s, credits),
    cost_unit = coalesce(%(cost_unit)s, cost_unit),
    cost_value = coalesce(%(cost_value)s, cost_value),
    usage = %(usage)s, urls = %(urls)s,
    creation_ids = coalesce(nullif(%(creation_ids)s, '[]'), creation_ids),
    error_code = %(error_code)s, error_message = %(error_message)s,
    error_class = %(error_class)s, error_billed = %(error_billed)s
WHERE number = %(number)s
    AND (state = 'submitted' OR (state = 'succeeded' AND %(state)s = 'succeeded'))
RETURNING number
"""
_SUPERSEDE: LiteralString = """
UPDATE {schema}.attempts SET superseded_at = %(at)s
WHERE number = %(number)s AND superseded_at IS NULL
    AND (NOT %(only_undecided)s OR state IN ('intent', 'ambiguous'))
RETURNING number
"""
_KEEP: LiteralString = """
UPDATE {schema}.attempts SET kept = %(kept)s WHERE number = %(number)s AND state = 'succeeded'
RETURNING number
"""
_DROP_FILES: LiteralString = "DELETE FROM {schema}.files WHERE attempt = %s"
_STORE: LiteralString = """
INSERT INTO {schema}.files
    (attempt, position, path, sha256, bytes, media_type, kind, facts, warnings)
VALUES (%(attempt)s, %(position)s, %(path)s, %(sha256)s, %(bytes)s, %(media_type)s, %(kind)s,
    %(facts)s, %(warnings)s)
"""


def open_postgres(
    location: SharedLedger,
    *,
    read_only: bool = False,
    away_s: float = 0.0,
    on_wait: Callable[[str], None] | None = None,
    clock: Callable[[], str] = stamp_now,
) -> PostgresLedger:
    """Open a shared ledger; see `open_ledger`. It is checked, and never made or upgraded here."""
    lease = lease_s()
    database = Database(
        location,
        read_only=read_only,
        away_s=away_s,
        # Below the lease: whoever stands still inside a transaction blocks the others until then.
        lock_s=lease / 2,
        on_wait=on_wait,
    )
    try:
        database.check()
    except BaseException:
        database.close()
        raise
    return PostgresLedger(database, lease, clock, read_only=read_only)


class PostgresLedger(PostgresQueries):
    """An open shared ledger; a context manager that closes it.

    Every method may raise `LedgerError`. When `apply` returns, its changes are on the disk there.
    """

    def __init__(
        self, database: Database, lease: float, clock: Callable[[], str], *, read_only: bool
    ) -> None:
        super().__init__(database)
        self._lease_s = lease
        self._clock = clock
        self._read_only = read_only
        self._leases: dict[str, tuple[Lease, LeaseKeeper]] = {}
        """Run to its lease, of the runs that this ledger has begun."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the leases of runs that were not ended end now, or by time."""
        runs = list(self._leases)
        for _, keeper in self._leases.values():
            keeper.stop()
        self._leases.clear()
        if runs:
            self._abandon(runs)
        self._database.close()

    def hurry(self) -> None:
        """Wait no more than a few seconds for a server that is away."""
        self._database.hurry()

    def _abandon(self, runs: list[str]) -> None:
        def step(cursor: Cursor) -> None:
            cursor.execute(self._database.statement(_ABANDON), (runs,))

        try:
            self._database.run(step, patient=False)
        except LedgerError:
            return  # then the others wait until the lease has ended

    # ---------------------------------------------------------------------------------------- runs

    def begin_run(self, manifest: str, tool: str) -> str:
        """Record a new run and hold its lease from now on; returns its id, which sorts by time."""
        at = self._clock()
        run = f"{at[:19].replace('-', '').replace(':', '')}Z-{secrets.token_hex(4)}"
        lease = Lease(self._lease_s)
        values = (
            *(run, text_value(manifest), tool, os.getpid(), text_value(socket.gethostname()), at),
            self._lease_s,
        )
        asked_at = lease.ask()
        self._database.run(
            lambda cursor: cursor.execute(self._database.statement(_BEGIN_RUN), values)
        )
        lease.renew(asked_at)
        self._leases[run] = (lease, LeaseKeeper(lease, lambda: self._renew(run)))
        return run

    def account_name(self, account: Account) -> str:
        """Provider, address and a digest of the key, salted with the ledger's own id.

        The same on every machine that has the key, and of no use to anybody who has not.
        """
        key = account.key.reveal() if account.key else ""
        salted = hmac.new(self._id().encode(), key.encode(), "sha256").hexdigest()[:16]
        return f"{account.provider} {account.base_url} {salted}"

    def _id(self) -> str:
        def step(cursor: Cursor) -> str:
            row = cursor.execute(self._database.statement(_ID)).fetchone()
            assert row is not None, "the ledger was checked when it was opened"
            return str(row["id"])

        return self._database.run(step)

    def _renew(self, run: str) -> bool | None:
        def step(cursor: Cursor) -> bool:
            cursor.execute(self._database.statement(_RENEW), (self._lease_s, run))
            return cursor.fetchone() is not None

        try:
            return self._database.run(step, patient=False)
        except LedgerError:
            return None

    def end_run(self, run: str, exit_code: int) -> None:
        """Record the end of a run, and of its lease."""
        _, keeper = self._leases.pop(run)
        keeper.stop()
        values = (self._clock(), exit_code, run)
        self._database.run(
            lambda cursor: cursor.execute(self._database.statement(_END_RUN), values)
        )

    def may_send(self) -> bool:
        """Whether the leases of its runs are certainly held at this moment."""
        return all(lease.is_held() for lease, _ in list(self._leases.values()))

    def refusal(self) -> LedgerError | None:
        """Why nothing may be submitted any more: another run has taken over."""
        refusals = (lease.refusal() for lease, _ in list(self._leases.values()))
        return next(filter(None, refusals), None)

    def alive(self, run: str) -> bool:
        """Whether `run` holds its lease; if not, and this ledger may write, it never will again."""

        def step(cursor: Cursor) -> bool:
            if not self._read_only:
                cursor.execute(self._database.statement(_BURY), (run,))
            cursor.execute(self._database.statement(_IS_ALIVE), (run,))
            row = cursor.fetchone()
            return row is not None and bool(row["alive"])

        return self._database.run(step)

    # ------------------------------------------------------------------------------------- changes

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Write all changes in one transaction, durably; returns a result for each.

        On an error, no change is written. They may be written twice where the answer to a commit
        was lost: the second time each finds that it stands there.
        """
        rows = [_values(change) for change in changes]  # a defect in one is none of the server's

        def step(cursor: Cursor) -> list[Result]:
            lock_budgets(cursor, (each for each in changes if isinstance(each, Intend)))
            return [
                self._write(cursor, change, values)
                for change, values in zip(changes, rows, strict=True)
            ]

        return self._database.run(step)

    def _write(self, cursor: Cursor, change: Change, values: dict[str, Any]) -> Result:
        match change:
            case Intend():
                return self._intend(cursor, change, values)
            case Store():
                changed = self._store(cursor, change, values)
            case Settle(finish=finish):
                # In one transaction: a paid result must not be known without its URLs.
                changed = self._update(cursor, _SETTLE, values)
                if changed and finish is not None:
                    self._update(cursor, _FINISH, _values(finish))
            case Finish():
                changed = self._update(cursor, _FINISH, values)
            case Supersede():
                changed = self._update(cursor, _SUPERSEDE, values)
        if changed:
            return change.number
        (attempt,) = self._numbered(cursor, [change.number])
        is_done = self._database.is_repeat and _is_done(change, attempt)
        return change.number if is_done else Stale(attempt=attempt)

    def _update(self, cursor: Cursor, statement: LiteralString, values: dict[str, Any]) -> bool:
        cursor.execute(self._database.statement(statement), values)
        return cursor.fetchone() is not None

    def _intend(
        self, cursor: Cursor, change: Intend, values: dict[str, Any]
    ) -> int | Taken | OverBudget:
        fingerprint, realm = change.intent.fingerprint, realm_of(change.intent.base_url)
        if refused := over_budget(self._database, cursor, change):
            # What is already paid for needs no headroom.
            earlier = self._latest(cursor, [fingerprint], realm).get(fingerprint)
            return self._taken(change, earlier) if earlier and is_living(earlier) else refused
        cursor.execute(self._database.statement(_INTEND), values)
        if (row := cursor.fetchone()) is not None:
            return int(row["number"])
        # No row: the index has found a living attempt, which is the latest one.
        return self._taken(change, self._latest(cursor, [fingerprint], realm)[fingerprint])

    def _taken(self, change: Intend, attempt: Attempt) -> int | Taken:
        """What a living attempt means for an intent: taken, unless it is that very intent."""
        # Tags are random: it was written, but the answer to its commit was lost.
        is_ours = (attempt.run, attempt.intent.tag) == (change.run, change.intent.tag)
        return attempt.number if self._database.is_repeat and is_ours else Taken(attempt=attempt)

    def _store(self, cursor: Cursor, change: Store, values: dict[str, Any]) -> bool:
        if not self._update(cursor, _KEEP, values):
            return False
        # In place of all files of an earlier fetch: fresh URLs may be fewer.
        cursor.execute(self._database.statement(_DROP_FILES), (change.number,))
        for position, file in enumerate(change.files):
            row = {"attempt": change.number, "position": position, **file_row(file)}
            cursor.execute(self._database.statement(_STORE), column_values(row))
        return True


def _values(change: Change) -> dict[str, Any]:
    """The parameters of a change's statement."""
    match change:
        case Intend():
            row = intend_row(change)
        case Store():
            kept = sql_value(tuple(sorted(change.kept)))
            row = {"number": change.number, "kept": kept}
        case Settle():
            row = sql_values(change, finish=None)
        case Finish() | Supersede():
            row = sql_values(change)
    return column_values(row)


def _is_done(change: Settle | Finish | Store | Supersede, attempt: Attempt) -> bool:
    """Whether the attempt stands as the change wants it: then that was written before."""
    match change:
        case Settle(finish=None):
            return attempt.state is change.state and attempt.task.id == change.task_id
        case Settle(finish=finish):
            ended = finish is not None and attempt.state is finish.state
            return ended and attempt.task.id == change.task_id
        case Finish():
            is_end = change.state in {AttemptState.FAILED, AttemptState.AMBIGUOUS}
            same = attempt.task.finished_at == text_value(change.finished_at)
            return is_end and attempt.state is change.state and same
        case Supersede():
            return attempt.superseded_at == change.at
        case Store():
            return False
