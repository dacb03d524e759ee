"""Lease: what shows that a run is alive on a machine that nobody else can look at.

A run's lease stands in the database, by the database's clock, and is renewed four times before it
ends. Once it has ended, another run may take over what this one left open. So a submission leaves
only while the lease is certainly held, judged by a clock that goes on while the machine sleeps.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

from runner.errors import LedgerError, UsageError
from runner.timestamps import span

LEASE_ENV = "VIDU_RUN_LEASE"
_DEFAULT_S = 60.0
_SHORTEST_S = 2.0
RENEWALS = 4
"""So many times a lease is renewed before it would end."""
MARGIN_S = 1.0
"""For clocks that differ in speed, and for what happens after the last look at them."""


def lease_s(environ: dict[str, str] | None = None) -> float:
    """Seconds for which a run is alive without a sign of it; raises UsageError."""
    text = (os.environ if environ is None else environ).get(LEASE_ENV, "")
    try:
        seconds = float(text or _DEFAULT_S)
    except ValueError:
        seconds = 0.0
    if not _SHORTEST_S <= seconds < float("inf"):
        raise UsageError(f"{LEASE_ENV}={text} is not a number of seconds from {_SHORTEST_S:g} on")
    return seconds


def boot_clock() -> float:
    """Seconds on a clock that goes on while the machine sleeps."""
    # On macOS CLOCK_MONOTONIC does, and there is no CLOCK_BOOTTIME.
    clock = time.CLOCK_MONOTONIC if sys.platform == "darwin" else time.CLOCK_BOOTTIME
    return time.clock_gettime(clock)


class Lease:
    """The lease of one run, as its own process can know it; for any thread."""

    def __init__(self, seconds: float, clock: Callable[[], float] = boot_clock) -> None:
        self.seconds = seconds
        self._clock = clock
        self._until = clock()
        self._seen = clock()
        """When the lease was last looked after."""
        self._gap = 0.0
        """The longest time since then in which nobody looked after it."""
        self._taken = False

    def ask(self) -> float:
        """The time to pass to `renew`, taken before the database is asked."""
        now = self._clock()
        self._gap = max(self._gap, now - self._seen)
        self._seen = now
        return now

    def renew(self, asked_at: float) -> None:
        """The database has renewed it after `asked_at`."""
        if not self._taken:
            self._until = asked_at + self.seconds - MARGIN_S
            self._gap = 0.0

    def lose(self) -> None:
        """The database has it as ended, for good."""
        self._taken = True

    def refusal(self) -> LedgerError | None:
        """Why nothing may be submitted now; None while the lease is certainly held."""
        now = self._clock()
        if not self._taken and now < self._until:
            return None
        asleep = max(self._gap, now - self._seen)
        if asleep >= self.seconds:
            why = f"this machine or process stood still for {span(asleep)}"
        else:
            why = f"the ledger did not renew it for {span(max(0.0, now - self._until))} or more"
        return LedgerError(
            f"this run has lost its lease on the shared ledger: {why}; nothing more is submitted",
            hint="run again: another run may have taken over what this one left open",
        )


class LeaseKeeper:
    """A thread that renews a lease until it is stopped."""

    def __init__(self, lease: Lease, renew: Callable[[], bool | None]) -> None:
        """`renew` asks the database: whether it is renewed; None if that is unknown yet."""
        self._lease = lease
        self._renew = renew
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="ledger lease", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; waits for a question that is under way."""
        self._stopped.set()
        self._thread.join()

    def _work(self) -> None:
        wait_s = self._lease.seconds / RENEWALS
        while not self._stopped.wait(wait_s):
            asked_at = self._lease.ask()
            match self._renew():
                case True:
                    self._lease.renew(asked_at)
                    wait_s = self._lease.seconds / RENEWALS
                case False:
                    self._lease.lose()
                    return
                case None:
                    wait_s = self._lease.seconds / RENEWALS / 4
