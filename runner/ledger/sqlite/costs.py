"""Reads costs from an SQLite ledger, and remembers those of a manifest's other runs."""

from __future__ import annotations

import sqlite3

from runner.ledger.changes import Intend, OverBudget, Realm, realm_of
from runner.ledger.costs import Costs, Realms, check_headroom, sum_costs

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


def read_costs(
    connection: sqlite3.Connection, manifest: str, realms: Realms, without: str | None
) -> Costs:
    """The cost of every attempt of a manifest, superseded ones too, but for run `without`."""
    return sum_costs(connection.execute(_COSTS, (manifest, without)), realms)


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
        others = self._of_others(intent.manifest, headroom.realms, change.run)
        runs: list[str] = []
        if headroom.amount is None and others.unpriced.get(intent.provider):
            values = (intent.manifest, change.run, intent.provider, realm_of(intent.base_url))
            runs = [row["run"] for row in self._connection.execute(_UNPRICED, values)]
        return check_headroom(headroom, others, runs)

    def invalidate(self, run: str) -> None:
        """An attempt of `run` has changed: forget all sums that include it."""
        self._costs = {key: costs for key, costs in self._costs.items() if key[1] == run}

    def reset(self) -> None:
        """The transaction was rolled back: forget all sums."""
        self._version = None

    def _of_others(self, manifest: str, realms: Realms, run: str) -> Costs:
        # It changes whenever another connection has committed.
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._costs, self._version = {}, version
        key = (manifest, run, tuple(sorted(realms.items())))
        if key not in self._costs:
            self._costs[key] = read_costs(self._connection, manifest, realms, run)
        return self._costs[key]
