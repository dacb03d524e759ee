"""Administration: makes the tables of a shared ledger, and the roles that use them."""

from __future__ import annotations

import secrets
from importlib.resources import files
from typing import LiteralString

from psycopg import sql

from runner.errors import LedgerError
from runner.ledger.postgres.connection import VERSION, Cursor, Database
from runner.ledger.shared import SharedLedger

WRITER, READER = "vidu_run_writer", "vidu_run_reader"
"""Roles without a login, to be granted to users: for runs, and for dashboards."""

_EXISTS: LiteralString = """
SELECT to_regclass({table}) IS NOT NULL AS is_ledger,
    EXISTS (SELECT FROM pg_tables WHERE schemaname = {name}) AS has_tables
"""
_ID: LiteralString = "INSERT INTO {schema}.ledger (id, version) VALUES ({id}, {version});"
_ROLES: LiteralString = """
-- Roles without a login; grant them to the users of runs and of dashboards:
--   GRANT {writer} TO alice;
CREATE ROLE {writer} NOLOGIN;
CREATE ROLE {reader} NOLOGIN;
GRANT USAGE ON SCHEMA {schema} TO {writer}, {reader};
GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {writer}, {reader};
GRANT INSERT, UPDATE ON {schema}.runs, {schema}.attempts TO {writer};
GRANT INSERT, UPDATE, DELETE ON {schema}.files TO {writer};
"""
# Two that make it at once: one waits for the other, until the transaction ends.
_LOCK: LiteralString = "SELECT pg_advisory_xact_lock(1986618485)"


def make_tables(location: SharedLedger) -> bool:
    """Make an empty ledger, completely or not at all; False if there is one already.

    Raises LedgerError, also where the schema has tables of something else.
    """
    database = Database(location, read_only=False, away_s=0.0, lock_s=30.0, on_wait=None)
    try:
        return database.run(lambda cursor: _make(cursor, location))
    finally:
        database.close()


def _make(cursor: Cursor, location: SharedLedger) -> bool:
    cursor.execute(_LOCK)
    name = '"' + location.schema.replace('"', '""') + '".ledger'
    names = {"table": sql.Literal(name), "name": sql.Literal(location.schema)}
    row = cursor.execute(sql.SQL(_EXISTS).format(**names)).fetchone()
    assert row is not None
    if row["is_ledger"]:
        return False
    if row["has_tables"]:
        raise LedgerError(
            f'{location} has a schema "{location.schema}" with tables of something else',
            hint="name another one with ?schema=NAME",
        )
    cursor.execute(_tables(location.schema))
    return True


def script(schema: str) -> str:
    """What a database administrator runs instead: tables, and the roles that use them."""
    names = {name: sql.Identifier(name) for name in (WRITER, READER)}
    roles = sql.SQL(_ROLES).format(
        schema=sql.Identifier(schema), writer=names[WRITER], reader=names[READER]
    )
    return f"BEGIN;\n{_tables(schema).as_string()}\n{roles.as_string()}COMMIT;\n"


def _tables(schema: str) -> sql.Composed:
    text = files(__package__).joinpath("tables.sql").read_text("utf-8")
    # Ours, from the package: no literal for the type checker.
    made = sql.SQL(text + "\n" + _ID)
    return made.format(
        schema=sql.Identifier(schema),
        id=sql.Literal(secrets.token_hex(16)),
        version=sql.Literal(VERSION),
    )
