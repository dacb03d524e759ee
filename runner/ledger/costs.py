"""What earlier submissions cost and how long they took, read back from the ledger."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from runner.ledger.changes import Full, Intend, Realm, realm_of
from runner.model import Amount, Unit

RECENT = 2000
"""So many of the latest attempts of an operation are learned from."""

_COSTLY = """
    state IS NOT 'refused'
    AND (state IS NOT 'not_sent' OR error_billed IS 'unknown') -- given up by its user, unproven
    AND NOT (state = 'failed' AND error_billed IS 'no')"""
_COSTS = f"""
SELECT provider, realm, state, error_billed, credits, cost_unit, cost_value, estimate_unit,
    estimate_value, count(*) AS times
FROM attempts
WHERE manifest = ? AND run IS NOT ? AND {_COSTLY}
GROUP BY provider, realm, state, error_billed, credits, cost_unit, cost_value, estimate_unit,
    estimate_value
"""  # noqa: S608 - ours
_UNPRICED = f"""
SELECT DISTINCT run FROM attempts
WHERE manifest = ? AND run IS NOT ? AND provider = ? AND realm = ? AND {_COSTLY}
    AND credits IS NULL AND cost_value IS NULL AND estimate_value IS NULL
ORDER BY run
"""  # noqa: S608 - ours
# A task that only a later run saw the end of had been done for nobody knows how long; one that
# was learned of from elsewhere was written down as submitted when it was intended.
_PAST = """
SELECT attempts.request, attempts.credits, attempts.cost_unit, attempts.cost_value,
    CASE WHEN attempts.state = 'succeeded' AND attempts.submitted_at > attempts.intended_at
        AND attempts.finished_at <= runs.finished_at
        THEN attempts.submitted_at END AS submitted_at,
    attempts.finished_at
FROM attempts JOIN runs ON runs.id = attempts.run
WHERE attempts.operation = ? AND attempts.realm = ?
    AND attempts.state IN ('submitted', 'succeeded')
ORDER BY attempts.number DESC LIMIT ?
"""
_BEFORE = """
SELECT job, operation, fingerprint, request, max(number) FROM attempts
WHERE manifest = ? AND realm = ? AND job IN (SELECT value FROM json_each(?))
GROUP BY job
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a manifest has cost; every amount by its unit."""

    paid: Mapping[Unit, Decimal]
    """Tasks that ended, but for failures that were not billed: the real price, or the estimate
    where the provider tells none."""
    open: Mapping[Unit, Decimal]
    """The same of tasks under way, and of submissions whose fate is unknown."""
    unpriced: Mapping[str, int]
    """Provider to its submissions that may have cost nobody knows how much; in no sum here."""

    @property
    def spent(self) -> dict[Unit, Decimal]:
        """Everything that was paid, or may have been."""
        units = self.paid.keys() | self.open.keys()
        zero = Decimal(0)
        return {unit: self.paid.get(unit, zero) + self.open.get(unit, zero) for unit in units}


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An earlier task: what was asked for, what it cost, how long it took."""

    request: Mapping[str, Any]
    """The request body's parameters, images as {"sha256": ...} or {"url": ...}."""
    price: Amount | None
    """The real one; None where the provider told none."""
    time_s: float | None
    """From the submission to when its end was noticed; None where that was not seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What a job of some name asked for the last time."""

    operation: str
    fingerprint: str
    request: Mapping[str, Any]


def costs(
    connection: sqlite3.Connection,
    manifest: str,
    realms: Mapping[str, Realm],
    without: str | None,
) -> Costs:
    """What every attempt of a manifest has cost, superseded ones included.

    `realms` tells for each provider which side of the loopback border counts; of others what is
    remote does. `without` leaves out the attempts of one run.
    """
    paid: dict[Unit, Decimal] = {}
    open_: dict[Unit, Decimal] = {}
    unpriced: dict[str, int] = {}
    for row in connection.execute(_COSTS, (manifest, without)):
        if row["realm"] != realms.get(row["provider"], "remote"):
            continue
        amount = _real(row) or _amount(row["estimate_unit"], row["estimate_value"])
        if amount is None:
            unpriced[row["provider"]] = unpriced.get(row["provider"], 0) + row["times"]
            continue
        sums = paid if row["state"] in ("succeeded", "failed") else open_
        sums[amount.unit] = sums.get(amount.unit, Decimal(0)) + amount.value * row["times"]
    return Costs(paid=paid, open=open_, unpriced=unpriced)


def unpriced(
    connection: sqlite3.Connection, manifest: str, provider: str, realm: Realm, without: str
) -> tuple[str, ...]:
    """The runs of which a submission to that provider may have cost nobody knows how much."""
    found = connection.execute(_UNPRICED, (manifest, without, provider, realm))
    return tuple(row["run"] for row in found)


def past(connection: sqlite3.Connection, operation: str, realm: Realm) -> Iterator[Past]:
    """The latest tasks of an operation, whatever manifest they were for, the last one first."""
    for row in connection.execute(_PAST, (operation, realm, RECENT)):
        yield Past(
            request=json.loads(row["request"]),
            price=_real(row),
            time_s=_seconds(row["submitted_at"], row["finished_at"]),
        )


def before(
    connection: sqlite3.Connection, manifest: str, jobs: Iterable[str], realm: Realm
) -> dict[str, Before]:
    """Job id to its latest attempt in this manifest, for those that have one."""
    arguments = (manifest, realm, json.dumps(list(jobs)))
    return {
        row["job"]: Before(
            operation=row["operation"],
            fingerprint=row["fingerprint"],
            request=json.loads(row["request"]),
        )
        for row in connection.execute(_BEFORE, arguments)
    }


def _real(row: sqlite3.Row) -> Amount | None:
    """What the provider told; a negative number is no price."""
    told = _amount(row["cost_unit"], row["cost_value"]) or _amount("credits", row["credits"])
    return told if told and told.value >= 0 else None


def _amount(unit: Any, value: int | str | None) -> Amount | None:
    return None if value is None else Amount(unit=unit, value=Decimal(value))


def _seconds(start: str | None, end: str | None) -> float | None:
    """Between two times of ours; None where one is missing or the clock went back."""
    if start is None or end is None:
        return None
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    return seconds if seconds > 0 else None


class OtherRunCosts:
    """Counts what others cost inside the transaction that is to write an intent.

    Their sums are kept until another connection has written to the ledger, or this one has
    changed an attempt of theirs: a count goes over everything the manifest ever tried.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._version: int | None = None
        """The ledger's data version that `_costs` are of; None where they are of none."""
        self._costs: dict[tuple[str, str, tuple[tuple[str, Realm], ...]], Costs] = {}

    def full(self, change: Intend) -> Full | None:
        """Why an intent does not fit its budget; None where it does, or where it has none."""
        room, intent = change.room, change.intent
        if room is None:
            return None
        costs = self._of_others(intent.manifest, room.realms, change.run)
        spent = costs.spent
        others = spent.get(room.unit, 0)
        if room.amount is not None:
            return None if others + room.amount <= room.left else Full(spent=spent)
        if costs.unpriced.get(intent.provider):
            side = realm_of(intent.base_url)
            runs = unpriced(self._connection, intent.manifest, intent.provider, side, change.run)
            return Full(spent=spent, unpriced=runs)
        return None if others < room.left else Full(spent=spent)

    def changed(self, run: str) -> None:
        """An attempt of that run was changed here: those for whom it is another's count anew."""
        self._costs = {key: costs for key, costs in self._costs.items() if key[1] == run}

    def forget(self) -> None:
        """What was changed here did not come to pass."""
        self._version = None

    def _of_others(self, manifest: str, realms: Mapping[str, Realm], run: str) -> Costs:
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._costs, self._version = {}, version
        key = (manifest, run, tuple(sorted(realms.items())))
        if key not in self._costs:
            self._costs[key] = costs(self._connection, manifest, realms, run)
        return self._costs[key]
