"""Reads costs from a shared ledger, and checks budgets inside its transactions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import LiteralString

from runner.ledger.changes import Intend, OverBudget, realm_of
from runner.ledger.costs import Costs, Realms, check_headroom, sum_costs
from runner.ledger.postgres.connection import Cursor, Database
from runner.ledger.postgres.values import text_value

# A submission that its user has given up ("not_sent" with an unknown bill) may have cost something.
_COSTLY: LiteralString = """
    state <> 'refused'
    AND (state <> 'not_sent' OR error_billed IS NOT DISTINCT FROM 'unknown')
    AND NOT (state = 'failed' AND error_billed IS NOT DISTINCT FROM 'no')"""
_COSTS: LiteralString = (
    """
SELECT provider, realm, state, credits, cost_unit, cost_value, estimate_unit, estimate_value,
    count(*) AS times
FROM {schema}.attempts
WHERE manifest = %s AND run IS DISTINCT FROM %s::text AND """
    + _COSTLY
    + """
GROUP BY provider, realm, state, credits, cost_unit, cost_value, estimate_unit, estimate_value
"""
)
_UNPRICED: LiteralString = (
    """
SELECT DISTINCT run FROM {schema}.attempts
WHERE manifest = %s AND run <> %s AND provider = %s AND realm = %s
    AND credits IS NULL AND cost_value IS NULL AND estimate_value IS NULL AND """
    + _COSTLY
    + """
ORDER BY run
"""
)
# Until the transaction ends. Two keys: ours, and the manifest's.
_LOCK: LiteralString = "SELECT pg_advisory_xact_lock(1986618485, hashtext(%s))"


def read_costs(
    database: Database, cursor: Cursor, manifest: str, realms: Realms, without: str | None
) -> Costs:
    """The cost of every attempt of a manifest, superseded ones too, but for run `without`."""
    cursor.execute(database.statement(_COSTS), (text_value(manifest), without))
    return sum_costs(cursor.fetchall(), realms)


def lock_budgets(cursor: Cursor, intends: Iterable[Intend]) -> None:
    """Let no other run spend the budgets of these manifests until the transaction ends."""
    manifests = {each.intent.manifest for each in intends if each.headroom is not None}
    for manifest in sorted(manifests):  # everybody in one order, or two would wait for each other
        cursor.execute(_LOCK, (text_value(manifest),))


def over_budget(database: Database, cursor: Cursor, change: Intend) -> OverBudget | None:
    """Why an intent does not fit its budget; None if it fits or has no budget.

    Must run inside the transaction that writes the intent, after `lock_budgets`.
    """
    headroom, intent = change.headroom, change.intent
    if headroom is None:
        return None
    others = read_costs(database, cursor, intent.manifest, headroom.realms, change.run)
    runs: list[str] = []
    if headroom.amount is None and others.unpriced.get(intent.provider):
        values = (
            text_value(intent.manifest),
            change.run,
            intent.provider,
            realm_of(intent.base_url),
        )
        found = cursor.execute(database.statement(_UNPRICED), values)
        runs = [row["run"] for row in found.fetchall()]
    return check_headroom(headroom, others, runs)
