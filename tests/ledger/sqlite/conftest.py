"""A ledger of a folder, with its own connection and path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.ledger.sqlite.store import SqliteLedger, open_sqlite


@pytest.fixture
def location(path: Path) -> Path:
    """Where an empty ledger is: a folder's only."""
    return path


@pytest.fixture
def ledger(path: Path) -> Iterator[SqliteLedger]:
    with open_sqlite(path) as opened:
        yield opened
