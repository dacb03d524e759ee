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
from runner.ledger.costs import Before, Costs, Past
from runner.ledger.digests import Digests
from runner.ledger.group_commit import GroupCommit
from runner.ledger.queries import KnownTask
from runner.ledger.rescue import Rescue
from runner.ledger.store import Ledger, open_ledger

__all__ = [
    "Before",
    "Change",
    "Costs",
    "Digests",
    "Finish",
    "Full",
    "GroupCommit",
    "Intend",
    "KnownTask",
    "Ledger",
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
