"""Formats moments the way ledger, results and requests write them."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """An aware datetime as UTC, RFC 3339, to the millisecond; such texts sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stamp_now() -> str:
    """The current time of this machine's clock."""
    return stamp(datetime.now(UTC))
