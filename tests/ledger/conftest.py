"""A ledger in a fresh folder, and what is written to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from runner.ledger.changes import Change, Finish, Intend, Settle
from runner.ledger.location import LedgerLocation, open_ledger
from runner.ledger.protocol import Ledger
from runner.ledger.shared import SharedLedger
from runner.model.operations import Amount
from runner.model.requests import Billed, ErrorClass, JobError
from runner.model.tasks import AttemptState, Intent
from tests.postgres import new_ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".vidu-run" / "ledger.sqlite3"


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, path: Path) -> LedgerLocation:
    """Where an empty ledger is, of each kind."""
    if request.param == "sqlite":
        return path
    found = new_ledger(request.getfixturevalue("postgres"))
    assert isinstance(found, SharedLedger)
    return found


@pytest.fixture
def ledger(location: LedgerLocation) -> Iterator[Ledger]:
    with open_ledger(location) as opened:
        yield opened


@contextmanager
def held(location: LedgerLocation) -> Iterator[None]:
    """Keep every writer from a ledger."""
    if isinstance(location, Path):
        with closing(sqlite3.connect(location)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
    else:
        with psycopg.connect(location.conninfo) as server:
            table = sql.Identifier(location.schema, "attempts")
            server.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(table))
            yield


@pytest.fixture
def run(ledger: Ledger) -> str:
    return ledger.begin_run("spring.yaml", "vidu-run 0.1.0")


@pytest.fixture
def intent() -> Callable[..., Intent]:
    return make_intent


def make_intent(
    fingerprint: str = "f1",
    *,
    job: str = "window",
    manifest: str = "spring.yaml",
    base_url: str = "https://api.vidu.cn",
) -> Intent:
    return Intent(
        manifest=manifest,
        job=job,
        operation="vidu/reference2image",
        fingerprint=fingerprint,
        request={"prompt": "一只小猫", "images": [{"sha256": "ab"}]},
        seed=616519648,
        provider="vidu",
        base_url=base_url,
        key_env="VIDU_API_KEY",
        tag="00ff",
        estimate=Amount(unit="credits", value=Decimal(6)),
        at="2026-11-20T10:00:00Z",
    )


AT, FINISHED_AT = "2026-11-20T10:00:05Z", "2026-11-20T10:00:25Z"
ERROR = JobError(
    code="CreationPolicyViolation",
    message="refused \ud800",
    class_=ErrorClass.POLICY,
    billed=Billed.NO,
)


def intend(ledger: Ledger, run: str, intent: Intent, task_id: str | None = None) -> int:
    (number,) = ledger.apply([Intend(run=run, intent=intent, task_id=task_id)])
    assert isinstance(number, int)
    return number


def submitted(number: int) -> Settle:
    return Settle(number=number, state=AttemptState.SUBMITTED, at=AT, task_id="911")


def succeeded(number: int) -> Finish:
    return Finish(number=number, state=AttemptState.SUCCEEDED, finished_at=AT)


def failed(number: int) -> Finish:
    return Finish(number=number, state=AttemptState.FAILED, finished_at=AT, error=ERROR)


def failure(billed: str) -> JobError:
    return JobError(code="x", message="x", class_=ErrorClass.PROVIDER, billed=Billed(billed))


class Book:
    """Writes attempts to a ledger in few words."""

    def __init__(self, ledger: Ledger, run: str) -> None:
        self.ledger = ledger
        self.run = run

    def intend(self, intent: Intent) -> int:
        (number,) = self.ledger.apply([Intend(run=self.run, intent=intent)])
        assert isinstance(number, int)
        return number

    def settle(self, intent: Intent, state: str, credits_: int | None = None) -> int:
        number = self.intend(intent)
        self.apply(
            Settle(
                number=number,
                state=AttemptState(state),
                at=AT,
                task_id="911" if state == "submitted" else None,
                credits=credits_,
            )
        )
        return number

    def finish(
        self,
        intent: Intent,
        state: str = "succeeded",
        *,
        credits_: int | None = None,
        cost: Amount | None = None,
        billed: str | None = None,
        at: str = FINISHED_AT,
    ) -> int:
        number = self.settle(intent, "submitted")
        error = failure(billed) if billed else None
        self.apply(
            Finish(
                number=number,
                state=AttemptState(state),
                finished_at=at,
                credits=credits_,
                cost=cost,
                error=error,
            )
        )
        return number

    def apply(self, change: Change) -> None:
        self.ledger.apply([change])


@pytest.fixture
def book(ledger: Ledger, run: str) -> Book:
    return Book(ledger, run)
