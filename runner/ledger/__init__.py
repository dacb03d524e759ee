"""Ledger: the durable record of every intent to pay and of what became of it."""

from runner.ledger.changes import (
    Change,
    Finish,
    Headroom,
    Intend,
    OverBudget,
    Realm,
    Result,
    Settle,
    Stale,
    Store,
    Supersede,
    Taken,
    realm_of,
)
from runner.ledger.costs import Costs
from runner.ledger.group_commit import GroupCommit
from runner.ledger.queries import KnownTask, LastRequest, PastTask
from runner.ledger.rescue import RescueFile
from runner.ledger.store import Ledger, open_ledger

__all__ = [
    "Change",
    "Costs",
    "Finish",
    "GroupCommit",
    "Headroom",
    "Intend",
    "KnownTask",
    "LastRequest",
    "Ledger",
    "OverBudget",
    "PastTask",
    "Realm",
    "RescueFile",
    "Result",
    "Settle",
    "Stale",
    "Store",
    "Supersede",
    "Taken",
    "open_ledger",
    "realm_of",
]
