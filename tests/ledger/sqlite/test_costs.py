"""Costs, read from a folder's ledger."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from runner.ledger.sqlite.costs import read_costs
from runner.ledger.sqlite.store import SqliteLedger
from runner.model.tasks import Intent
from tests.ledger.conftest import Book

MakeIntent = Callable[..., Intent]


def test_the_attempts_of_one_run_can_be_left_out(
    ledger: SqliteLedger, book: Book, intent: MakeIntent, run: str
) -> None:
    book.finish(intent("f1"), credits_=8)
    assert read_costs(ledger._connection, "spring.yaml", {}, run).spent == {}
    found = read_costs(ledger._connection, "spring.yaml", {}, "other")
    assert found.spent == {"credits": Decimal(8)}
