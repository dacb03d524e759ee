"""Errors of PostgreSQL: which may pass, and what is shown for them."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors as pg

from runner.ledger.postgres.errors import is_away, translated
from runner.ledger.shared import SharedLedger

LOCATION = SharedLedger.parse("postgresql://ann:s3cret@db/studio")


@pytest.mark.parametrize(
    "kind",
    [
        *(psycopg.OperationalError, psycopg.InterfaceError, pg.AdminShutdown, pg.DiskFull),
        *(pg.IdleInTransactionSessionTimeout, pg.ReadOnlySqlTransaction, pg.LockNotAvailable),
        *(pg.InsufficientPrivilege, pg.TooManyConnections, pg.SerializationFailure),
    ],
)
def test_what_may_pass_is_tried_again(kind: type[psycopg.Error]) -> None:
    assert is_away(kind("x"))


@pytest.mark.parametrize("kind", [pg.UniqueViolation, pg.SyntaxError, pg.UndefinedColumn])
def test_a_defect_of_ours_is_not_tried_again(kind: type[psycopg.Error]) -> None:
    assert not is_away(kind("x"))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (pg.DiskFull, "cannot write: its disk is full"),
        (pg.InsufficientPrivilege, "does not grant the right"),
        (pg.ReadOnlySqlTransaction, "takes no writes now"),
        (pg.AdminShutdown, "is shutting down or starting"),
    ],
)
def test_a_known_state_has_a_remedy(kind: type[psycopg.Error], message: str) -> None:
    error = translated(kind("no"), LOCATION)
    assert message in error.message
    assert error.hint
    assert "s3cret" not in error.message
