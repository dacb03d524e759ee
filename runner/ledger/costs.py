"""Reads what a manifest has cost, and checks a budget that concurrent runs share."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from runner.ledger.changes import Intend, OverBudget, Realm, realm_of
from runner.ledger.rows import amount
from runner.model.operations import Amount, Unit

# A submission that its user has given up ("not_sent" with an unknown bill) may have cost something.
_COSTLY = """
    state IS NOT 'refused'
    AND (state IS NOT 'not_sent' OR error_billed IS 'unknown')
    AND NOT (state = 'failed' AND error_billed IS 'no')"""
_COSTS = f"""
SELECT provider, realm, state, credits, cost_unit, cost_value, estimate_unit, estimate_value,
    count(*) AS times
FROM attempts
WHERE manifest = ? AND run IS NOT ? AND {_COSTLY}
GROUP BY provider, realm, state, credits, cost_unit, cost_value, estimate_unit, estimate_value
"""  # noqa: S608 - ours
_UNPRICED = f"""
SELECT DISTINCT run FROM attempts
WHERE manifest = ? AND run IS NOT ? AND provider = ? AND realm = ? AND {_COSTLY}
    AND credits IS NULL AND cost_value IS NULL AND estimate_value IS NULL
ORDER BY run
"""  # noqa: S608 - ours


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


def read_costs(
    connection: sqlite3.Connection, manifest: str, realms: Mapping[str, Realm], without: str | None
) -> Costs:
    """The cost of every attempt of a manifest but those of run `without`, superseded ones included.

    `realms` maps a provider to the realm whose costs count ("remote" if it is not listed).
    """
    spent, at_risk = defaultdict[Unit, Decimal](Decimal), defaultdict[Unit, Decimal](Decimal)
    unpriced = Counter[str]()
    for row in connection.execute(_COSTS, (manifest, without)):
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


def real_price(row: sqlite3.Row) -> Amount | None:
    """What the provider reported; a negative number is not a price."""
    price = amount(row["cost_unit"], row["cost_value"]) or amount("credits", row["credits"])
    return price if price and price.value >= 0 else None


class OtherRunCosts:
    """Checks intents against a budget that concurrent runs of the manifest share.

    The sums are cached, for they go over all attempts of the manifest, until another connection
    has written to the ledger or this one has changed an attempt of another run.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._version: int | None = None
        """The ledger's data version when `_costs` was filled; None to read everything again."""
        self._costs: dict[tuple[str, str, tuple[tuple[str, Realm], ...]], Costs] = {}

    def check(self, change: Intend) -> OverBudget | None:
        """Why an intent does not fit its budget; None if it fits or has no budget.

        Must run inside the transaction that writes the intent.
        """
        headroom, intent = change.headroom, change.intent
        if headroom is None:
            return None
        costs = self._of_others(intent.manifest, headroom.realms, change.run)
        spent = costs.spent
        others = spent.get(headroom.unit, 0)
        if headroom.amount is not None:
            fits = others + headroom.amount <= headroom.left
            return None if fits else OverBudget(spent=spent)
        # Submissions of unknown price go one at a time, until an answer reports the price.
        if costs.unpriced.get(intent.provider):
            values = (intent.manifest, change.run, intent.provider, realm_of(intent.base_url))
            runs = self._connection.execute(_UNPRICED, values)
            return OverBudget(spent=spent, unpriced=tuple(row["run"] for row in runs))
        return None if others < headroom.left else OverBudget(spent=spent)

    def invalidate(self, run: str) -> None:
        """An attempt of `run` has changed: forget all sums that include it."""
        self._costs = {key: costs for key, costs in self._costs.items() if key[1] == run}

    def reset(self) -> None:
        """The transaction was rolled back: forget all sums."""
        self._version = None

    def _of_others(self, manifest: str, realms: Mapping[str, Realm], run: str) -> Costs:
        # It changes whenever another connection has committed.
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._costs, self._version = {}, version
        key = (manifest, run, tuple(sorted(realms.items())))
        if key not in self._costs:
            self._costs[key] = read_costs(self._connection, manifest, realms, run)
        return self._costs[key]
