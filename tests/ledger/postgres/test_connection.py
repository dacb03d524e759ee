"""Connection: which servers and schemas a ledger can be kept in."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from runner.errors import LedgerError
from runner.ledger.postgres.admin import make_tables
from runner.ledger.postgres.connection import _problem_of_server
from runner.ledger.postgres.store import open_postgres
from runner.ledger.shared import SharedLedger


def at(postgres: str, schema: str) -> SharedLedger:
    return SharedLedger.parse(f"{postgres}&schema={schema}")


def execute(location: SharedLedger, statement: str) -> None:
    with psycopg.connect(location.conninfo, autocommit=True) as server:
        server.execute(sql.SQL(statement).format(schema=sql.Identifier(location.schema)))


def refused(location: SharedLedger, *, read_only: bool = False) -> LedgerError:
    with pytest.raises(LedgerError) as caught, open_postgres(location, read_only=read_only):
        pass
    return caught.value


def test_a_ledger_is_not_made_by_opening_it(postgres: str) -> None:
    error = refused(at(postgres, "nobody_made_this"))
    assert 'has no schema "nobody_made_this" yet' in error.message
    assert "vidu-run ledger init" in (error.hint or "")


def test_a_schema_of_something_else_is_left_alone(postgres: str) -> None:
    location = at(postgres, "shop")
    execute(location, "CREATE SCHEMA {schema}; CREATE TABLE {schema}.orders (id int)")
    assert "with tables that are not a ledger's" in refused(location).message
    with pytest.raises(LedgerError, match="with tables of something else"):
        make_tables(location)


def test_making_a_ledger_twice_changes_nothing(location: SharedLedger) -> None:
    assert not make_tables(location)


def test_a_schema_may_have_any_name(postgres: str) -> None:
    location = at(postgres, "春 %22x%22;")
    assert make_tables(location)
    with open_postgres(location) as ledger:
        assert ledger.attempts() == []


def test_a_newer_ledger_is_refused(location: SharedLedger) -> None:
    execute(location, "UPDATE {schema}.ledger SET version = 99")
    error = refused(location)
    assert "has version 99" in error.message
    assert "newer vidu-run" in (error.hint or "")


def test_an_older_ledger_is_not_upgraded_by_a_run(location: SharedLedger) -> None:
    execute(location, "UPDATE {schema}.ledger SET version = 0")
    assert "vidu-run ledger migrate" in (refused(location).hint or "")


def test_a_user_who_may_only_read_can_plan_but_not_run(
    location: SharedLedger, postgres: str
) -> None:
    execute(location, "DROP ROLE IF EXISTS looker")
    execute(location, "CREATE ROLE looker LOGIN; GRANT USAGE ON SCHEMA {schema} TO looker")
    execute(location, "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO looker")
    looker = at(postgres.replace("postgres@", "looker@"), location.schema)
    with open_postgres(looker, read_only=True) as ledger:
        assert ledger.attempts() == []
    error = refused(looker)
    assert "may be read, but not written, by this user" in error.message
    assert "vidu_run_writer" in (error.hint or "")
    execute(location, "DROP OWNED BY looker; DROP ROLE looker")


def test_a_wrong_user_is_named_as_the_cause(postgres: str, location: SharedLedger) -> None:
    error = refused(at(postgres.replace("postgres@", "nobody_here@"), location.schema))
    assert 'role "nobody_here" does not exist' in error.message
    assert "PGPASSWORD" in (error.hint or "")


def test_a_wrong_database_is_named_as_the_cause(postgres: str) -> None:
    error = refused(SharedLedger.parse(postgres.replace("/postgres?", "/studio?")))
    assert 'database "studio" does not exist' in error.message


def test_a_server_that_is_not_there_is_an_error_at_once() -> None:
    location = SharedLedger.parse("postgresql://ann:s3cret@127.0.0.1:1/studio")
    error = refused(location)
    assert "cannot be reached" in error.message
    assert "s3cret" not in f"{error.message} {error.hint}"


GOOD = {
    "server": 180000,
    "server_name": "18.0",
    "fsync": True,
    "full_page_writes": True,
    "is_replica": False,
}


@pytest.mark.parametrize(
    ("fact", "message"),
    [
        ({"server": 130010, "server_name": "13.10"}, "is PostgreSQL 13.10"),
        ({"fsync": False}, "fsync = off"),
        ({"full_page_writes": False}, "full_page_writes = off"),
        ({"is_replica": True}, "read replica"),
    ],
)
def test_a_server_that_may_forget_is_refused(fact: dict[str, object], message: str) -> None:
    problem = _problem_of_server({**GOOD, **fact}, read_only=False)
    assert problem is not None
    assert message in problem[0]


def test_a_replica_serves_for_looking() -> None:
    assert _problem_of_server({**GOOD, "is_replica": True}, read_only=True) is None
