"""An intent in; whether it fits its budget beside what the manifest's other runs cost out."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from runner.ledger import history
from runner.ledger.changes import Full, Intend, Realm, realm_of
from runner.ledger.history import Costs


class Beside:
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
            runs = history.unpriced(
                self._connection, intent.manifest, intent.provider, side, change.run
            )
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
            self._costs[key] = history.costs(self._connection, manifest, realms, run)
        return self._costs[key]
