"""The durable record of every intent to pay and of what became of it."""

from runner.ledger.changes import (
    Change,
    Finish,
    Full,
    Intend,
    Realm,
    Result,
    Room,
    Settle,
    Stale,
    Store,
    Supersede,
    Taken,
    realm_of,
)
from runner.ledger.digests import Digests
from runner.ledger.history import Before, Costs, Past
from runner.ledger.journal import Journal
from runner.ledger.rescue import Rescue
from runner.ledger.store import Ledger, open_ledger
from runner.ledger.surroundings import Made

__all__ = [
    "Before",
    "Change",
    "Costs",
    "Digests",
    "Finish",
    "Full",
    "Intend",
    "Journal",
    "Ledger",
    "Made",
    "Past",
    "Realm",
    "Rescue",
    "Result",
    "Room",
    "Settle",
    "Stale",
    "Store",
    "Supersede",
    "Taken",
    "open_ledger",
    "realm_of",
]
