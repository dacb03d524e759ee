"""Location: where a ledger is, and how it is opened there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from runner.ledger.protocol import Ledger
from runner.ledger.sqlite.store import open_sqlite

LedgerLocation: TypeAlias = Path
"""The SQLite file of a folder."""


def open_ledger(
    location: LedgerLocation,
    *,
    read_only: bool = False,
    on_wait: Callable[[str], None] | None = None,
) -> Ledger:
    """Open the ledger at `location`; raises `LedgerError` (exit 8) when it cannot be used.

    `read_only` creates and writes nothing. `on_wait` receives a message when a wait for another
    process gets long.
    """
    return open_sqlite(location, read_only=read_only, on_wait=on_wait)
