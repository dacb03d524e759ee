"""Costs of a manifest, and a budget that concurrent runs share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from runner.ledger.changes import (
    Headroom,
    Intend,
    OverBudget,
    Realm,
    Settle,
    Stale,
    Supersede,
    Taken,
)
from runner.ledger.location import LedgerLocation, open_ledger
from runner.model.operations import Amount, Unit
from runner.model.tasks import AttemptState, Intent
from tests.ledger.conftest import FINISHED_AT, Book

MakeIntent = Callable[..., Intent]
CNY = Amount(unit="cny", value=Decimal("1.41"))
SIX = Amount(unit="credits", value=Decimal(6))


def spent(book: Book) -> Mapping[Unit, Decimal]:
    return book.ledger.costs("spring.yaml", {}).spent


def test_a_manifest_without_attempts_costs_nothing(book: Book) -> None:
    found = book.ledger.costs("spring.yaml", {})
    assert (found.spent, found.at_risk, found.unpriced) == ({}, {}, {})


def test_a_finished_task_costs_its_real_price(book: Book, intent: MakeIntent) -> None:
    book.finish(intent("f1"), credits_=8)
    book.finish(intent("f2"), cost=CNY)
    assert spent(book) == {"credits": Decimal(8), "cny": Decimal("1.41")}


def test_without_a_real_price_the_estimate_counts(book: Book, intent: MakeIntent) -> None:
    book.finish(intent("f1"))
    book.finish(replace(intent("f2"), estimate=CNY))
    assert spent(book) == {"credits": Decimal(6), "cny": Decimal("1.41")}


@pytest.mark.parametrize("state", ["submitted", "ambiguous"])
def test_only_a_submission_of_unknown_fate_is_at_risk(
    book: Book, intent: MakeIntent, state: str
) -> None:
    book.settle(intent(), state)
    found = book.ledger.costs("spring.yaml", {})
    assert found.spent == {"credits": Decimal(6)}
    assert found.at_risk == ({"credits": Decimal(6)} if state == "ambiguous" else {})


@pytest.mark.parametrize("state", ["not_sent", "refused"])
def test_a_rejected_submission_costs_nothing(book: Book, intent: MakeIntent, state: str) -> None:
    book.settle(intent(), state)
    assert spent(book) == {}


@pytest.mark.parametrize(("billed", "cost"), [("no", None), ("yes", 6), ("unknown", 6)])
def test_a_failure_costs_unless_it_was_not_billed(
    book: Book, intent: MakeIntent, billed: str, cost: int | None
) -> None:
    book.finish(intent(), "failed", billed=billed)
    assert spent(book) == ({} if cost is None else {"credits": Decimal(cost)})


def test_tasks_under_way_count_like_finished_ones(book: Book, intent: MakeIntent) -> None:
    book.intend(intent("f1"))
    book.settle(intent("f2"), "ambiguous")
    book.settle(intent("f3"), "submitted")
    book.settle(intent("f4"), "submitted", credits_=20)
    book.finish(intent("f5"), credits_=1)
    assert spent(book) == {"credits": Decimal(6 * 3 + 20 + 1)}


def test_a_superseded_result_was_paid_for(book: Book, intent: MakeIntent) -> None:
    book.apply(Supersede(number=book.finish(intent(), credits_=8), at=FINISHED_AT))
    book.finish(intent(), credits_=8)
    assert spent(book) == {"credits": Decimal(16)}


def test_other_manifests_and_the_other_realm_do_not_count(book: Book, intent: MakeIntent) -> None:
    book.finish(intent("f1", manifest="autumn.yaml"))
    book.finish(intent("f2", base_url="http://127.0.0.1:1"), credits_=1)
    book.finish(intent("f3"), credits_=10)
    assert spent(book) == {"credits": Decimal(10)}
    rehearsed = book.ledger.costs("spring.yaml", {"vidu": "loopback"})
    assert rehearsed.spent == {"credits": Decimal(1)}


def test_submissions_of_unknown_price_are_counted_separately(
    book: Book, intent: MakeIntent
) -> None:
    for name in ("f1", "f2"):
        book.settle(replace(intent(name), estimate=None), "ambiguous")
    book.finish(replace(intent("f3"), estimate=None), credits_=-3)
    book.settle(replace(intent("f4"), estimate=None), "not_sent")
    found = book.ledger.costs("spring.yaml", {})
    assert (found.spent, found.unpriced) == ({}, {"vidu": 3})


def headroom(left: int, amount: int | None = 6) -> Headroom:
    price = None if amount is None else Decimal(amount)
    realms: dict[str, Realm] = {"vidu": "remote"}
    return Headroom(unit="credits", left=Decimal(left), amount=price, realms=realms)


class Run:
    """One of two runs over one ledger, each with a connection of its own."""

    def __init__(self, location: LedgerLocation, intent: MakeIntent) -> None:
        self.ledger = open_ledger(location)
        self.run = self.ledger.begin_run("spring.yaml", "vidu-run")
        self._intent = intent

    def intend(
        self, name: str, where: Headroom | None = None, price: Amount | None = SIX
    ) -> int | Taken | Stale | OverBudget:
        intent = replace(self._intent(name), estimate=price)
        (result,) = self.ledger.apply([Intend(run=self.run, intent=intent, headroom=where)])
        return result

    def settle(self, number: object, state: str, credits_: int | None = None) -> None:
        assert isinstance(number, int)
        task_id = "911" if state == "submitted" else None
        at = "2026-11-20T10:00:05Z"
        self.ledger.apply(
            [
                Settle(
                    number=number,
                    state=AttemptState(state),
                    at=at,
                    credits=credits_,
                    task_id=task_id,
                )
            ]
        )


@pytest.fixture
def runs(location: LedgerLocation, intent: MakeIntent) -> tuple[Run, Run]:
    return Run(location, intent), Run(location, intent)


def test_an_intent_is_written_if_it_fits_the_shared_budget(runs: tuple[Run, Run]) -> None:
    one, other = runs
    other.intend("f1")
    assert isinstance(one.intend("f2", headroom(12)), int)
    assert one.intend("f3", headroom(11)) == OverBudget(spent={"credits": Decimal(6)})
    assert len(one.ledger.attempts()) == 2


def test_later_costs_of_the_other_run_count(runs: tuple[Run, Run]) -> None:
    one, other = runs
    assert isinstance(one.intend("f1", headroom(12)), int)
    number = other.intend("f2")
    assert isinstance(one.intend("f3", headroom(12)), int)
    other.settle(number, "submitted", 20)
    assert one.intend("f4", headroom(12)) == OverBudget(spent={"credits": Decimal(20)})


def test_a_cost_recorded_for_another_run_counts(runs: tuple[Run, Run]) -> None:
    one, other = runs
    number = other.intend("f1")
    assert isinstance(one.intend("f2", headroom(12)), int)
    one.settle(number, "submitted", 20)
    assert isinstance(one.intend("f3", headroom(12)), OverBudget)


def test_a_refused_submission_takes_no_headheadroom(runs: tuple[Run, Run]) -> None:
    one, other = runs
    other.settle(other.intend("f1"), "refused")
    assert isinstance(one.intend("f2", headroom(6)), int)


def test_a_rolled_back_change_is_not_counted(runs: tuple[Run, Run], intent: MakeIntent) -> None:
    one, other = runs
    number = other.intend("f1")
    assert isinstance(number, int)
    settle = Settle(number=number, state=AttemptState.REFUSED, at="2026-11-20T10:00:05Z")
    fits = Intend(run=one.run, intent=intent("f2"), headroom=headroom(6))
    broken = Intend(run="no such run", intent=intent("f3"))
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        one.ledger.apply([settle, fits, broken])
    assert isinstance(one.intend("f2", headroom(6)), OverBudget)


def test_a_taken_fingerprint_needs_no_headheadroom(runs: tuple[Run, Run]) -> None:
    one, other = runs
    other.intend("f1")
    assert isinstance(one.intend("f1", headroom(0)), Taken)


def test_another_manifest_takes_no_headheadroom(runs: tuple[Run, Run], intent: MakeIntent) -> None:
    one, other = runs
    elsewhere = replace(intent("f1"), manifest="other/spring.yaml", estimate=SIX)
    other.ledger.apply([Intend(run=other.run, intent=elsewhere)])
    assert isinstance(one.intend("f2", headroom(6)), int)


def test_a_submission_without_price_waits_for_the_other(runs: tuple[Run, Run]) -> None:
    one, other = runs
    number = other.intend("f1", price=None)
    assert one.intend("f2", headroom(100, None), None) == OverBudget(
        spent={}, unpriced=(other.run,)
    )
    other.settle(number, "submitted", 6)
    assert isinstance(one.intend("f2", headroom(100, None), None), int)
    assert isinstance(one.intend("f3", headroom(6, None), None), OverBudget)
