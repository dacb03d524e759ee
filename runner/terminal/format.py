"""Formats amounts of money and spans of time, and adds up costs by unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from runner.errors import plural
from runner.model.operations import UNITS, Amount, Unit, digits
from runner.results.rows import json_number

Sums: TypeAlias = Mapping[Unit, Decimal]
"""Each unit to an amount in it; the two are never added up."""


KEEP_OFF_PEAK = "give --off-peak again to a further run: without it, new tasks cost twice as much"


def money(amount: Amount) -> str:
    """`6 credits`, `1.41 CNY`."""
    unit = "CNY" if amount.unit == "cny" else "credit" if amount.value == 1 else "credits"
    return f"{digits(amount.value)} {unit}"


def without_price(jobs: int) -> str:
    """`2 jobs without a known price`."""
    return f"{plural(jobs, 'job')} without a known price"


def money_list(sums: Sums) -> list[str]:
    """The amount of each unit."""
    return [money(Amount(unit=unit, value=sums[unit])) for unit in UNITS if unit in sums]


def json_sums(sums: Sums) -> dict[str, int | float]:
    """Sums as JSON values."""
    return {unit: json_number(sums[unit]) for unit in UNITS if unit in sums}


@dataclass(slots=True, kw_only=True)
class CostSums:
    """The costs of several jobs; every sum by its unit."""

    actual: dict[Unit, Decimal] = field(default_factory=dict)
    """As far as providers reported them."""
    estimated: dict[Unit, Decimal] = field(default_factory=dict)
    """The estimates of the others."""
    unpriced: int = 0
    """Jobs with neither."""
    at_risk: dict[Unit, Decimal] = field(default_factory=dict)

    def total(self, unit: Unit) -> Decimal:
        """Everything in that unit, also what is at risk."""
        parts = (self.actual, self.estimated, self.at_risk)
        return sum((part.get(unit, Decimal(0)) for part in parts), Decimal(0))

    def __str__(self) -> str:
        """`12 credits, about 1.41 CNY, 6 credits at risk`."""
        parts = money_list(self.actual)
        parts += [f"about {amount}" for amount in money_list(self.estimated)]
        parts += [without_price(self.unpriced)] if self.unpriced else []
        parts += [f"{amount} at risk" for amount in money_list(self.at_risk)]
        return ", ".join(parts) or "nothing spent"
