"""Lease: what shows that a run is alive on a machine that nobody else can look at.

A run's lease stands in the database, by the database's clock, and is renewed four times before it
ends. Once it has ended, another run may take over what this one left open: it buries the run, which
can not renew its lease after that. So a request leaves only while the lease is certainly held,
judged by a clock that goes on while the machine sleeps.
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
        """Another run has buried this one."""
        self._taken = True

    def is_held(self) -> bool:
        """Whether it is certainly held at this moment, so that a request may leave."""
        return not self._taken and self._clock() < self._until

    def refusal(self) -> LedgerError | None:
        """Why nothing may be submitted any more; None unless another run has taken over."""
        if not self._taken:
            return None
        if self._gap >= self.seconds:
            why = f"this machine or process stood still for {span(self._gap)}"
        else:
            why = "the ledger could not be reached for longer than its lease"
        return LedgerError(
            f"another run has taken over from this one: {why}; nothing more is submitted",
            hint="run again: what was left open is looked for, and paid for once",
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
