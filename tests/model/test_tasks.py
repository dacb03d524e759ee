"""Task facts: what a report adds to what is known, and what a task really cost."""

from __future__ import annotations

from decimal import Decimal

from runner.model.operations import Amount
from runner.model.tasks import TaskFacts

SIX = Amount(unit="credits", value=Decimal(6))
YUAN = Amount(unit="cny", value=Decimal("1.41"))


def test_a_report_leaves_what_it_does_not_contain() -> None:
    known = TaskFacts(id="911", seed=7, credits=6)
    assert known.learn(None, None) == known
    assert known.learn(0, None).seed == 0


def test_credits_are_the_cost_where_no_other_is_known() -> None:
    assert TaskFacts().actual is None
    assert TaskFacts(credits=6).actual == SIX
    assert TaskFacts(credits=6, cost=YUAN).actual == YUAN
