"""Checks of a shared ledger."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from runner.doctor.check import Level, exit_of
from runner.doctor.shared_ledger import check_shared_ledger, clock_check
from runner.errors import Exit
from runner.ledger.location import open_ledger
from runner.ledger.shared import SharedLedger
from tests.postgres import new_ledger


@pytest.fixture
def location(postgres: str) -> SharedLedger:
    return new_ledger(postgres)


def test_a_ledger_that_can_be_used_has_three_lines(location: SharedLedger) -> None:
    with open_ledger(location) as ledger:
        ledger.begin_run("spring.yaml", "vidu-run")
        place, state, clock = check_shared_ledger(location)
    assert {each.level for each in (place, state, clock)} == {Level.OK}
    assert state.text == "1 run alive"


def test_a_ledger_that_was_not_made_fails_with_the_remedy(postgres: str) -> None:
    checks = check_shared_ledger(SharedLedger.parse(f"{postgres}&schema=not_made"))
    assert exit_of(checks) is Exit.LEDGER
    assert "vidu-run ledger init" in (checks[0].hint or "")


def test_a_user_who_may_not_write_fails(location: SharedLedger, postgres: str) -> None:
    schema = sql.Identifier(location.schema)
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute("DROP ROLE IF EXISTS guest")
        server.execute("CREATE ROLE guest LOGIN")
        server.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO guest").format(schema))
        read = "GRANT SELECT ON ALL TABLES IN SCHEMA {} TO guest"
        server.execute(sql.SQL(read).format(schema))
        as_guest = postgres.replace("postgres@", "guest@")
        place, *_ = check_shared_ledger(SharedLedger.parse(f"{as_guest}&schema={location.schema}"))
        server.execute("DROP OWNED BY guest")
        server.execute("DROP ROLE guest")
    assert place.level is Level.FAIL
    assert "may be read, but not written" in place.text


@pytest.mark.parametrize(
    ("ahead_s", "text"), [(900.0, "15 min behind the database's"), (-900.0, "15 min ahead of")]
)
def test_a_wrong_clock_is_a_warning(ahead_s: float, text: str) -> None:
    check = clock_check("db", ahead_s)
    assert check.level is Level.WARN
    assert text in check.text


def test_a_clock_that_differs_by_seconds_is_right() -> None:
    assert clock_check("db", 20.0).level is Level.OK
