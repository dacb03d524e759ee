"""A moment in; the text that ledger, results and requests tell it by out."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """An aware moment as UTC, RFC 3339, to the millisecond: such texts sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stamp_now() -> str:
    """The time by this machine's clock."""
    return stamp(datetime.now(UTC))
