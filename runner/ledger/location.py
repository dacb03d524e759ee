"""Location: where a ledger is, and how it is opened there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from runner.errors import LedgerError
from runner.ledger.protocol import Ledger
from runner.ledger.shared import SharedLedger
from runner.ledger.sqlite.store import open_sqlite

LedgerLocation: TypeAlias = Path | SharedLedger
"""The SQLite file of a folder, or a PostgreSQL that several machines share."""


def open_ledger(
    location: LedgerLocation,
    *,
    read_only: bool = False,
    away_s: float = 0.0,
    on_wait: Callable[[str], None] | None = None,
) -> Ledger:
    """Open the ledger at `location`; raises `LedgerError` (exit 8) when it cannot be used.

    `read_only` creates and writes nothing. A shared ledger that goes away later is waited for, up
    to `away_s` each time. `on_wait` receives a message when a wait gets long.
    """
    if isinstance(location, Path):
        return open_sqlite(location, read_only=read_only, on_wait=on_wait)
    try:
        # Late: a folder's ledger needs none of it.
        from runner.ledger.postgres.store import open_postgres
    except ImportError as error:
        raise LedgerError(
            f"the ledger {location} needs a package that is not installed: {error.name}",
            hint="pip install 'vidu-run[team]'",
        ) from error
    return open_postgres(location, read_only=read_only, away_s=away_s, on_wait=on_wait)
