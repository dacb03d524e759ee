"""Shared ledger checks: whether it can be used, by whom it is, and how its clock goes."""

from __future__ import annotations

from datetime import UTC, datetime

from runner.doctor.check import Check, guarded, ok, warn
from runner.errors import plural
from runner.ledger.location import open_ledger
from runner.ledger.shared import SharedLedger
from runner.timestamps import span

MOST_SKEW_S = 30.0
"""Times in it are of the clocks of its runs; leases go by the database's alone."""


def check_shared_ledger(location: SharedLedger) -> list[Check]:
    """All checks of a shared ledger, each by itself. Writes nothing."""
    about = str(location)
    return [
        *guarded("ledger-place", about, lambda: [_place(location)]),
        *guarded("ledger", about, lambda: [_state(location)]),
        *guarded("ledger-clock", about, lambda: [_clock(location)]),
    ]


def _place(location: SharedLedger) -> Check:
    """Whether a run can use it. Raises LedgerError if not."""
    open_ledger(location).close()  # it checks server, tables and rights, and changes nothing
    about = str(location)
    for warning in location.warnings():
        return warn("ledger-place", warning, about)
    return ok("ledger-place", f"can be read and written, schema {location.schema}", about)


def _state(location: SharedLedger) -> Check:
    from runner.ledger.postgres.overview import read_overview

    overview = read_overview(location)
    living = sum(run.alive for run in overview.runs)
    text = f"{plural(living, 'run')} alive"
    if ambiguous := sum(each.ambiguous for each in overview.spending):
        text += f"; the fate of {plural(ambiguous, 'submission')} is unknown"
        return warn("ledger", text, str(location), hint="`vidu-run status MANIFEST` shows which")
    return ok("ledger", text, str(location))


def _clock(location: SharedLedger) -> Check:
    from runner.ledger.postgres.overview import read_clock

    before = datetime.now(UTC)
    theirs = read_clock(location)
    return clock_check(str(location), (theirs - before).total_seconds())


def clock_check(about: str, ahead_s: float) -> Check:
    """Whether this machine's clock is right; `ahead_s`: how far the database's is ahead of it."""
    if abs(ahead_s) <= MOST_SKEW_S:
        return ok("ledger-clock", "this machine has the same time", about)
    which = "behind" if ahead_s > 0 else "ahead of"
    text = f"this machine's clock is {span(abs(ahead_s))} {which} the database's"
    return warn("ledger-clock", text, about, hint="set the clock: the ledger's times are confusing")
