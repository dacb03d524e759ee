"""Time: moments as the ledger and the results write them, spans for people, suspended time."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """An aware datetime as UTC, RFC 3339, to the millisecond; such texts sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stamp_now() -> str:
    """The current time of this machine's clock."""
    return stamp(datetime.now(UTC))


def suspended_s() -> float:
    """Seconds for which this machine has been suspended since it was started.

    The event loop's clock stands still meanwhile: to it, what waited is as young as before.
    """
    if sys.platform == "darwin":  # there CLOCK_MONOTONIC goes on
        return time.clock_gettime(time.CLOCK_MONOTONIC) - time.clock_gettime(time.CLOCK_UPTIME_RAW)
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


def span(seconds: float) -> str:
    """`0.8 s`, `42 s`, `3 min 20 s`, `2 h 5 min`, `3 days 4 h`; what would be 0 is left out."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s" if round(seconds) < 60 else "1 min"
    minutes, rest = divmod(round(seconds), 60)  # rounded first: never `1 min 60 s`
    if minutes < 60:
        return _two(f"{minutes} min", rest, "s")
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _two(f"{hours} h", minutes, "min")
    return _two(f"{hours // 24} days", hours % 24, "h")


def _two(large: str, count: int, unit: str) -> str:
    return f"{large} {count} {unit}" if count else large
