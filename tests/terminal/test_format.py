"""Amounts, spans of time and sums of costs as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from runner.model.operations import Amount, Unit, add
from runner.terminal.format import CostSums, json_sums, money, money_list


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("credits", "6", "6 credits"),
        ("credits", "1", "1 credit"),
        ("credits", "0", "0 credits"),
        ("cny", "1", "1 CNY"),
        ("cny", "1.41", "1.41 CNY"),
        ("cny", "5.0", "5 CNY"),
        ("cny", "10.00", "10 CNY"),
        ("cny", "0.0000001", "0.0000001 CNY"),
        ("credits", "1E+3", "1000 credits"),
    ],
)
def test_an_amount_has_its_unit_and_no_exponent(unit: Unit, value: str, text: str) -> None:
    assert money(Amount(unit=unit, value=Decimal(value))) == text


def test_amounts_of_one_unit_add_up_exactly() -> None:
    sums: dict[Unit, Decimal] = {}
    for value in ("0.1", "0.2"):
        add(sums, Amount(unit="cny", value=Decimal(value)))
    add(sums, Amount(unit="credits", value=Decimal(6)))
    add(sums, None)
    assert money_list(sums) == ["6 credits", "0.3 CNY"]
    assert json_sums(sums) == {"cny": 0.3, "credits": 6}


def test_costs_are_listed_from_certain_to_doubtful() -> None:
    sums = CostSums(
        actual={"credits": Decimal(12)},
        estimated={"cny": Decimal("1.41")},
        unpriced=2,
        at_risk={"credits": Decimal(6)},
    )
    assert (
        str(sums) == "12 credits, about 1.41 CNY, 2 jobs without a known price, 6 credits at risk"
    )


def test_a_total_includes_what_is_at_risk() -> None:
    sums = CostSums(
        actual={"credits": Decimal(12)},
        estimated={"credits": Decimal(8)},
        at_risk={"credits": Decimal(6)},
    )
    assert (sums.total("credits"), sums.total("cny")) == (Decimal(26), Decimal(0))


def test_without_costs_nothing_is_spent() -> None:
    assert str(CostSums()) == "nothing spent"
