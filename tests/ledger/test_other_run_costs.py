"""Intents that must fit a budget, beside what the manifest's other runs have written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from runner.ledger import Headroom, Intend, Ledger, OverBudget, Settle, Stale, Taken, open_ledger
from runner.model import Amount, AttemptState, Intent

MakeIntent = Callable[..., Intent]
SIX = Amount(unit="credits", value=Decimal(6))


def room(left: int, amount: int | None = 6) -> Headroom:
    price = None if amount is None else Decimal(amount)
    realms = {"vidu": "remote"}
    return Headroom(unit="credits", left=Decimal(left), amount=price, realms=realms)  # type: ignore[arg-type]


class Side:
    """One of two runs over one ledger, each with a connection of its own."""

    def __init__(self, path: Path, intent: MakeIntent) -> None:
        self.ledger: Ledger = open_ledger(path)
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
def sides(tmp_path: Path, intent: MakeIntent) -> tuple[Side, Side]:
    path = tmp_path / ".vidu-run" / "ledger.sqlite3"
    return Side(path, intent), Side(path, intent)


def test_an_intent_is_written_where_it_fits_beside_the_others(sides: tuple[Side, Side]) -> None:
    one, other = sides
    other.intend("f1")
    assert isinstance(one.intend("f2", room(12)), int)
    assert one.intend("f3", room(11)) == OverBudget(spent={"credits": Decimal(6)})
    assert len(one.ledger.attempts()) == 2


def test_what_the_other_writes_later_counts_as_well(sides: tuple[Side, Side]) -> None:
    one, other = sides
    assert isinstance(one.intend("f1", room(12)), int)
    number = other.intend("f2")
    assert isinstance(one.intend("f3", room(12)), int)
    other.settle(number, "submitted", 20)
    assert one.intend("f4", room(12)) == OverBudget(spent={"credits": Decimal(20)})


def test_what_this_run_learns_of_the_others_submission_counts(sides: tuple[Side, Side]) -> None:
    one, other = sides
    number = other.intend("f1")
    assert isinstance(one.intend("f2", room(12)), int)
    one.settle(number, "submitted", 20)
    assert isinstance(one.intend("f3", room(12)), OverBudget)


def test_what_the_other_did_not_send_takes_no_room(sides: tuple[Side, Side]) -> None:
    one, other = sides
    other.settle(other.intend("f1"), "refused")
    assert isinstance(one.intend("f2", room(6)), int)


def test_what_was_rolled_back_is_not_remembered(
    sides: tuple[Side, Side], intent: MakeIntent
) -> None:
    one, other = sides
    number = other.intend("f1")
    assert isinstance(number, int)
    settle = Settle(number=number, state=AttemptState.REFUSED, at="2026-11-20T10:00:05Z")
    fits = Intend(run=one.run, intent=intent("f2"), headroom=room(6))
    broken = Intend(run="no such run", intent=intent("f3"))
    with pytest.raises(Exception, match="FOREIGN KEY"):
        one.ledger.apply([settle, fits, broken])
    assert isinstance(one.intend("f2", room(6)), OverBudget)


def test_what_is_there_already_needs_no_room(sides: tuple[Side, Side]) -> None:
    one, other = sides
    other.intend("f1")
    assert isinstance(one.intend("f1", room(0)), Taken)


def test_another_manifest_takes_no_room(sides: tuple[Side, Side], intent: MakeIntent) -> None:
    one, other = sides
    elsewhere = replace(intent("f1"), manifest="other/spring.yaml", estimate=SIX)
    other.ledger.apply([Intend(run=other.run, intent=elsewhere)])
    assert isinstance(one.intend("f2", room(6)), int)


def test_what_has_no_price_waits_for_the_others_price(sides: tuple[Side, Side]) -> None:
    one, other = sides
    number = other.intend("f1", price=None)
    assert one.intend("f2", room(100, None), None) == OverBudget(spent={}, unpriced=(other.run,))
    other.settle(number, "submitted", 6)
    assert isinstance(one.intend("f2", room(100, None), None), int)
    assert isinstance(one.intend("f3", room(6, None), None), OverBudget)
