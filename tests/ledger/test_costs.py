"""What a manifest has cost, what its jobs asked for before, and what earlier tasks teach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from runner.ledger.changes import Change, Finish, Intend, Settle, Supersede
from runner.ledger.store import Ledger
from runner.model import Amount, AttemptState, Billed, ErrorClass, Intent, JobError, Unit

BEGUN, ENDED, LATER = "2026-11-20T10:00:05Z", "2026-11-20T10:00:25Z", "2126-11-20T10:00:05Z"
MakeIntent = Callable[..., Intent]
CNY = Amount(unit="cny", value=Decimal("1.41"))


def failure(billed: str) -> JobError:
    return JobError(code="x", message="x", class_=ErrorClass.PROVIDER, billed=Billed(billed))


class Book:
    """A ledger that is written into with few words."""

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
                at=BEGUN,
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
        at: str = ENDED,
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


def spent(book: Book) -> dict[Unit, Decimal]:
    return book.ledger.costs("spring.yaml", {}).spent


def test_a_manifest_without_a_past_has_cost_nothing(book: Book) -> None:
    found = book.ledger.costs("spring.yaml", {})
    assert (found.paid, found.open, found.unpriced, found.spent) == ({}, {}, {}, {})


def test_what_is_done_costs_what_the_provider_told(book: Book, intent: MakeIntent) -> None:
    book.finish(intent("f1"), credits_=8)
    book.finish(intent("f2"), cost=CNY)
    assert spent(book) == {"credits": Decimal(8), "cny": Decimal("1.41")}


def test_where_the_provider_tells_nothing_the_estimate_counts(
    book: Book, intent: MakeIntent
) -> None:
    book.finish(intent("f1"))
    book.finish(replace(intent("f2"), estimate=CNY))
    assert spent(book) == {"credits": Decimal(6), "cny": Decimal("1.41")}


@pytest.mark.parametrize("state", ["not_sent", "refused"])
def test_what_was_not_taken_costs_nothing(book: Book, intent: MakeIntent, state: str) -> None:
    book.settle(intent(), state)
    assert spent(book) == {}


@pytest.mark.parametrize(("billed", "cost"), [("no", None), ("yes", 6), ("unknown", 6)])
def test_a_failure_costs_unless_it_was_not_billed(
    book: Book, intent: MakeIntent, billed: str, cost: int | None
) -> None:
    book.finish(intent(), "failed", billed=billed)
    assert spent(book) == ({} if cost is None else {"credits": Decimal(cost)})


def test_what_is_open_is_told_apart_and_counts(book: Book, intent: MakeIntent) -> None:
    book.intend(intent("f1"))
    book.settle(intent("f2"), "ambiguous")
    book.settle(intent("f3"), "submitted")
    book.settle(intent("f4"), "submitted", credits_=20)
    book.finish(intent("f5"), credits_=1)
    found = book.ledger.costs("spring.yaml", {})
    assert found.open == {"credits": Decimal(6 * 3 + 20)}
    assert found.paid == {"credits": Decimal(1)}
    assert found.spent == {"credits": Decimal(39)}


def test_what_was_superseded_was_paid_all_the_same(book: Book, intent: MakeIntent) -> None:
    book.apply(Supersede(number=book.finish(intent(), credits_=8), at=ENDED))
    book.finish(intent(), credits_=8)
    assert spent(book) == {"credits": Decimal(16)}


def test_other_manifests_and_the_other_side_of_the_loopback_border_do_not_count(
    book: Book, intent: MakeIntent
) -> None:
    book.finish(intent("f1", manifest="autumn.yaml"))
    book.finish(intent("f2", base_url="http://127.0.0.1:1"), credits_=1)
    book.finish(intent("f3"), credits_=10)
    assert spent(book) == {"credits": Decimal(10)}
    rehearsed = book.ledger.costs("spring.yaml", {"vidu": "loopback"})
    assert rehearsed.spent == {"credits": Decimal(1)}


def test_one_runs_attempts_can_be_left_out(book: Book, intent: MakeIntent, run: str) -> None:
    book.finish(intent("f1"), credits_=8)
    assert book.ledger.costs("spring.yaml", {}, without=run).spent == {}
    assert book.ledger.costs("spring.yaml", {}, without="other").spent == {"credits": Decimal(8)}


def test_what_nobody_knows_the_price_of_is_counted_apart(book: Book, intent: MakeIntent) -> None:
    for name in ("f1", "f2"):
        book.settle(replace(intent(name), estimate=None), "ambiguous")
    book.finish(replace(intent("f3"), estimate=None), credits_=-3)
    book.settle(replace(intent("f4"), estimate=None), "not_sent")
    found = book.ledger.costs("spring.yaml", {})
    assert (found.spent, found.unpriced) == ({}, {"vidu": 3})


def test_the_past_tells_price_and_time_the_latest_first(
    book: Book, ledger: Ledger, intent: MakeIntent, run: str
) -> None:
    book.finish(intent("f1"), credits_=6)
    book.finish(intent("f2", manifest="autumn.yaml"), cost=CNY)
    book.settle(intent("f3"), "submitted", credits_=9)
    ledger.end_run(run, 0)
    found = ledger.past_tasks("vidu/reference2image", "remote")
    prices = [past.price.value if past.price else None for past in found]
    assert prices == [Decimal(9), Decimal("1.41"), Decimal(6)]
    assert [past.time_s for past in found] == [None, 20.0, 20.0]
    assert found[0].request["prompt"] == "一只小猫"


def test_nothing_is_learned_from_failures_elsewhere_or_other_operations(
    book: Book, ledger: Ledger, intent: MakeIntent, run: str
) -> None:
    book.finish(intent("f1"), "failed", billed="yes", credits_=6)
    book.settle(intent("f2"), "ambiguous")
    ledger.end_run(run, 0)
    assert ledger.past_tasks("vidu/reference2image", "remote") == []
    assert ledger.past_tasks("modelverse/reference2video", "remote") == []
    assert ledger.past_tasks("vidu/reference2image", "loopback") == []


def test_a_task_whose_end_its_own_run_did_not_see_teaches_no_time(
    book: Book, ledger: Ledger, intent: MakeIntent, run: str
) -> None:
    book.finish(intent("f1"), credits_=6, at=LATER)
    (unended,) = ledger.past_tasks("vidu/reference2image", "remote")
    ledger.end_run(run, 0)
    (late,) = ledger.past_tasks("vidu/reference2image", "remote")
    assert (unended.time_s, late.time_s) == (None, None)


def test_a_task_that_was_adopted_teaches_no_time(
    ledger: Ledger, intent: MakeIntent, run: str
) -> None:
    (number,) = ledger.apply([Intend(run=run, intent=intent(), task_id="911")])
    assert isinstance(number, int)
    ledger.apply([Finish(number=number, state=AttemptState.SUCCEEDED, finished_at=ENDED)])
    ledger.end_run(run, 0)
    (adopted,) = ledger.past_tasks("vidu/reference2image", "remote")
    assert adopted.time_s is None


def test_a_clock_that_went_back_teaches_no_time(
    book: Book, ledger: Ledger, intent: MakeIntent, run: str
) -> None:
    book.finish(intent("f1"), at="2026-11-20T10:00:01Z")
    ledger.end_run(run, 0)
    (past,) = ledger.past_tasks("vidu/reference2image", "remote")
    assert past.time_s is None


def test_the_latest_request_of_each_job_is_known(book: Book, intent: MakeIntent) -> None:
    book.settle(intent("f1", job="a"), "refused")
    book.settle(replace(intent("f2", job="a"), request={"prompt": "a dog"}), "refused")
    book.settle(intent("f3", job="b"), "refused")
    book.settle(intent("f4", job="a", manifest="autumn.yaml"), "refused")
    book.settle(intent("f5", job="a", base_url="http://localhost:1"), "refused")
    found = book.ledger.last_requests("spring.yaml", ["a", "c"], "remote")
    assert list(found) == ["a"]
    assert (found["a"].fingerprint, found["a"].request) == ("f2", {"prompt": "a dog"})
    assert found["a"].operation == "vidu/reference2image"
