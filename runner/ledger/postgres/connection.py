"""Connection: runs transactions on a shared ledger, and connects again when it breaks.

No session state is kept, so that a pooler in transaction mode (PgBouncer) may stand in between:
settings are made for each transaction, tables are named with their schema, nothing is prepared.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import LiteralString, TypeAlias, TypeVar

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row

from runner.errors import LedgerError
from runner.ledger.postgres.errors import is_away, translated
from runner.ledger.shared import SharedLedger
from runner.timestamps import span

VERSION = 1
OLDEST_SERVER = 140000
"""PostgreSQL 14, as `server_version_num` has it."""
HURRY_S = 5.0
"""How long a run that ends still waits for a server that is away."""
RECONNECT_S = (0.2, 0.5, 1.0, 2.0)
"""Waits between attempts to connect again; the last one is repeated."""

Cursor: TypeAlias = psycopg.Cursor[DictRow]
T = TypeVar("T")

# A server that is gone is noticed within half a minute, on an idle connection too.
_PARAMETERS = {
    "application_name": "vidu-run",
    "connect_timeout": "10",
    "keepalives": "1",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
# For one transaction: a process that stands still inside it must not hold its locks for long, nor
# wait for those of another one. A commit returns when it is durable, whatever the role's default.
_SETTINGS = """
SELECT set_config('idle_in_transaction_session_timeout', %(idle)s, true),
    set_config('lock_timeout', %(lock)s, true),
    set_config('synchronous_commit', 'on', true)
"""
_CHECK = """
SELECT current_setting('server_version_num')::int AS server,
    current_setting('server_version') AS server_name,
    current_setting('fsync') = 'on' AS fsync,
    current_setting('full_page_writes') = 'on' AS full_page_writes,
    pg_is_in_recovery() AS is_replica,
    to_regclass({table}) IS NOT NULL AS has_tables,
    EXISTS (SELECT FROM pg_tables WHERE schemaname = {schema}) AS has_others
"""
_MAY_WRITE = """
SELECT has_table_privilege({attempts}, 'INSERT, UPDATE') AND
    has_table_privilege({runs}, 'INSERT, UPDATE') AS may
"""


class Database:
    """One connection to a shared ledger, for any thread; transactions come one after the other.

    It is opened when it is needed, and again when it broke.
    """

    def __init__(
        self,
        ledger: SharedLedger,
        *,
        read_only: bool,
        away_s: float,
        lock_s: float,
        on_wait: Callable[[str], None] | None,
    ) -> None:
        """`away_s`: how long a transaction waits for a server that is away."""
        self.ledger = ledger
        self._read_only = read_only
        self._away_s = away_s
        self._lock_s = lock_s
        self._on_wait = on_wait
        self._guard = threading.RLock()
        self._connection: psycopg.Connection[DictRow] | None = None
        self._away_since: float | None = None
        """On the monotonic clock; None while the server answers."""
        self.is_repeat = False
        """Whether a step was begun before, so that what it writes may stand there already."""
        self._statements: dict[str, sql.Composed] = {}
        self._ends_at = math.inf
        """When to wait no longer, on the monotonic clock."""

    def hurry(self) -> None:
        """Wait no more than a few seconds for a server that is away."""
        self._ends_at = min(self._ends_at, time.monotonic() + HURRY_S)

    def close(self) -> None:
        """Close the connection, if one is open."""
        with self._guard:
            self._drop()

    def statement(self, text: LiteralString) -> sql.Composed:
        """The statement with `{schema}` filled in."""
        if text not in self._statements:
            name = sql.Identifier(self.ledger.schema)
            self._statements[text] = sql.SQL(text).format(schema=name)
        return self._statements[text]

    def run(self, step: Callable[[Cursor], T], *, patient: bool = True) -> T:
        """Run `step` in a transaction of its own, and again where nobody knows what became of it.

        It must end the same when it is repeated. Raises LedgerError.
        """
        with self._guard:
            waits, self.is_repeat = iter(RECONNECT_S), False
            while True:
                try:
                    result = self._once(step)
                except psycopg.Error as error:
                    failure = translated(error, self.ledger)
                    if not is_away(error):
                        raise
                    self._drop()
                    wait_s = next(waits, RECONNECT_S[-1])
                    if not patient or self._is_too_long(wait_s, failure):
                        raise failure from error
                    self.is_repeat = True
                else:
                    self._note_back()
                    return result

    def _once(self, step: Callable[[Cursor], T]) -> T:
        connection = self._connection or self._open()
        with connection.transaction(), connection.cursor() as cursor:
            if not self._read_only:
                milliseconds = str(round(1000 * self._lock_s))
                cursor.execute(_SETTINGS, {"idle": milliseconds, "lock": milliseconds})
            return step(cursor)

    def _open(self) -> psycopg.Connection[DictRow]:
        parameters = _PARAMETERS | conninfo_to_dict(self.ledger.conninfo)
        connection = psycopg.connect(
            **parameters,  # type: ignore[arg-type]
            autocommit=True,  # each transaction is begun by hand
            prepare_threshold=None,
            row_factory=dict_row,
        )
        connection.read_only = self._read_only
        self._connection = connection
        return connection

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
        self._connection = None

    def _is_too_long(self, wait_s: float, failure: LedgerError) -> bool:
        """Wait until it may be tried again; whether it has been away for too long."""
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
            if self._on_wait is not None and self._away_s > 0:
                limit = span(self._away_s)
                self._on_wait(f"{failure.message}; nothing is submitted, trying for {limit}")
        if now + wait_s > min(self._away_since + self._away_s, self._ends_at):
            return True
        time.sleep(wait_s)
        return False

    def _note_back(self) -> None:
        if self._away_since is not None and self._on_wait is not None and self._away_s > 0:
            away = span(time.monotonic() - self._away_since)
            self._on_wait(f"the ledger {self.ledger} is back after {away}")
        self._away_since = None

    # ------------------------------------------------------------------------------------ checking

    def check(self) -> None:
        """Raise LedgerError for a server or a schema that no ledger can be kept in."""
        schema = self.ledger.schema
        found = self.run(lambda cursor: _facts(cursor, schema), patient=False)
        problem = _problem_of_server(found, read_only=self._read_only) or _problem_of_tables(
            found, schema
        )
        if problem is None:
            problem = self.run(self._problem_of_version, patient=False)
        if problem is not None:
            message, hint = problem
            raise LedgerError(f"the ledger {self.ledger} {message}", hint=hint)

    def _problem_of_version(self, cursor: Cursor) -> _Problem | None:
        row = cursor.execute(self.statement("SELECT version FROM {schema}.ledger")).fetchone()
        version = row["version"] if row else 0
        if version > VERSION:
            return (
                f"has version {version}; this vidu-run supports versions up to {VERSION}",
                "it was made by a newer vidu-run: use that one",
            )
        if version < VERSION:
            return (
                f"has version {version}, this vidu-run needs {VERSION}",
                "`vidu-run ledger migrate URL` upgrades it, for everybody who uses it",
            )
        if self._read_only:
            return None
        names = {name: _literal(self.ledger.schema, name) for name in ("attempts", "runs")}
        row = cursor.execute(sql.SQL(_MAY_WRITE).format(**names)).fetchone()
        if row is None or not row["may"]:
            return (
                "may be read, but not written, by this user",
                "use one with the role vidu_run_writer; `vidu-run ledger init --sql` prints it",
            )
        return None


_Problem: TypeAlias = tuple[str, str | None]
"""What is wrong with a ledger, and what to do."""


def _literal(schema: str, table: str) -> sql.Literal:
    """The qualified name of a table as a text, quoted as `to_regclass` reads it."""
    quoted = '"' + schema.replace('"', '""') + '"'
    return sql.Literal(f"{quoted}.{table}")


def _facts(cursor: Cursor, schema: str) -> DictRow:
    names = {"table": _literal(schema, "ledger"), "schema": sql.Literal(schema)}
    row = cursor.execute(sql.SQL(_CHECK).format(**names)).fetchone()
    assert row is not None
    return row


def _problem_of_server(found: DictRow, *, read_only: bool) -> _Problem | None:
    if found["server"] < OLDEST_SERVER:
        return f"is PostgreSQL {found['server_name']}", "it takes PostgreSQL 14 or later"
    if read_only:
        return None
    if found["is_replica"]:
        return "is on a read replica, where nothing can be recorded", "name its primary server"
    for setting in ("fsync", "full_page_writes"):
        if not found[setting]:
            return (
                f"is on a server with {setting} = off, which can forget what was paid for",
                f"set {setting} = on in postgresql.conf",
            )
    return None


def _problem_of_tables(found: DictRow, schema: str) -> _Problem | None:
    if found["has_tables"]:
        return None
    if found["has_others"]:
        return (
            f'has a schema "{schema}" with tables that are not a ledger\'s',
            "name another one with ?schema=NAME",
        )
    return f'has no schema "{schema}" yet', "`vidu-run ledger init URL` makes it"
