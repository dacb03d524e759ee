from __future__ import annotations

from decimal import Decimal

import pytest

from runner.model.operations import Amount, Unit
from runner.terminal.budget_hint import budget_hint

CEILINGS: dict[Unit, Decimal] = {"credits": Decimal(70), "cny": Decimal("1.5")}


def amount(value: int) -> tuple[Unit, Amount]:
    return "credits", Amount(unit="credits", value=Decimal(value))


def test_what_is_spent_and_what_waits_is_needed() -> None:
    hint = budget_hint(CEILINGS, {"credits": Decimal(60)}, [amount(30), amount(6)])
    assert str(hint) == (
        "raise the budget to at least 96 credits: --budget credits=96,cny=1.5, "
        "or run.budget in the manifest"
    )


def test_an_unknown_price_is_not_added_up() -> None:
    hint = budget_hint({"credits": Decimal(70)}, {"credits": Decimal(70)}, [("credits", None)])
    assert hint is not None
    assert hint.text == "raise the budget to more than 70 credits (1 job without a known price)"
    assert hint.flag == "--budget credits=N"


@pytest.mark.parametrize("spent", [0, 40, 100])
def test_a_budget_that_is_enough_needs_no_hint(spent: int) -> None:
    waiting = [amount(30)] if spent < 100 else []
    assert budget_hint(CEILINGS, {"credits": Decimal(spent)}, waiting) is None
