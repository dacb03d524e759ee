"""Overview: what somebody who looks after a shared ledger wants to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """A run that has not ended."""

    id: str
    manifest: str
    host: str
    pid: int
    started_at: str
    """UTC, RFC 3339, by its own clock."""
    alive: bool
    """Whether it holds its lease."""
    in_flight: int
    """Its submissions whose end is not on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What one manifest has cost on one account in one month."""

    account: str
    manifest: str
    month: str
    """`2026-11`, by the clocks of the runs."""
    submissions: int
    credits: Decimal
    cny: Decimal
    ambiguous: int
    """Submissions of unknown fate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Runs that have not ended, and spending."""

    runs: tuple[RunState, ...]
    spending: tuple[Spending, ...]
