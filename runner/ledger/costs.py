"""Costs: sums up what a manifest has cost, and checks a budget that concurrent runs share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from runner.ledger.changes import Headroom, OverBudget, Realm
from runner.ledger.rows import Row, amount
from runner.model.operations import Amount, Unit

Realms: TypeAlias = Mapping[str, Realm]
"""Provider to the realm whose costs count; "remote" for providers that are not listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a manifest has cost; every sum by its unit."""

    spent: Mapping[Unit, Decimal]
    """Everything that was paid, or may have been, tasks under way included: by the real price, or
    by the estimate if the provider reports no price."""
    at_risk: Mapping[Unit, Decimal]
    """The part of `spent` for submissions that may not have reached the provider."""
    unpriced: Mapping[str, int]
    """Provider to the number of its submissions of unknown price; in no sum here."""


def sum_costs(rows: Iterable[Row], realms: Realms) -> Costs:
    """The costs of attempts that are grouped by provider, realm, state and price, `times` each."""
    spent, at_risk = defaultdict[Unit, Decimal](Decimal), defaultdict[Unit, Decimal](Decimal)
    unpriced = Counter[str]()
    for row in rows:
        # What a rehearsal costs does not count for the real thing, nor the other way round.
        if row["realm"] != realms.get(row["provider"], "remote"):
            continue
        price = real_price(row) or amount(row["estimate_unit"], row["estimate_value"])
        if price is None:
            unpriced[row["provider"]] += row["times"]
            continue
        spent[price.unit] += price.value * row["times"]
        if row["state"] in ("intent", "not_sent", "ambiguous"):
            at_risk[price.unit] += price.value * row["times"]
    return Costs(spent=spent, at_risk=at_risk, unpriced=unpriced)


def real_price(row: Row) -> Amount | None:
    """What the provider reported; a negative number is not a price."""
    price = amount(row["cost_unit"], row["cost_value"]) or amount("credits", row["credits"])
    return price if price and price.value >= 0 else None


def check_headroom(
    headroom: Headroom, others: Costs, unpriced_runs: Iterable[str]
) -> OverBudget | None:
    """Why a submission does not fit beside the costs of other runs; None if it fits.

    `unpriced_runs` are those that have submitted something of unknown price to its provider.
    """
    spent = others.spent.get(headroom.unit, Decimal())
    if headroom.amount is not None:
        fits = spent + headroom.amount <= headroom.left
        return None if fits else OverBudget(spent=others.spent)
    # Submissions of unknown price go one at a time, until an answer reports the price.
    if runs := tuple(unpriced_runs):
        return OverBudget(spent=others.spent, unpriced=runs)
    return None if spent < headroom.left else OverBudget(spent=others.spent)
