"""How often: a pace that many tasks share, first come, first served."""

from __future__ import annotations

import asyncio

SLOWED_FIRST_S = 0.1
SLOWED_LONGEST_S = 5.0
"""A provider that says "too many requests" is asked this rarely at most."""
EASED = 0.9
"""Each answer that says nothing of the kind takes a tenth of the slowness away."""


class Rate:
    """At most `per_second` passes a second, after a first `burst` at once; fewer when slowed.

    Times are the running loop's. Who asks first passes first; waiting is a single sleep.
    """

    def __init__(self, per_second: float, *, burst: int = 1):
        if per_second <= 0 or burst < 1:
            raise ValueError("a rate is above 0, a burst at least 1")
        self._gap_s = 1 / per_second
        self._credit_s = (burst - 1) * self._gap_s
        self._due: float | None = None
        """When the next pass is due if none is saved up."""
        self.slowed_s = 0.0
        """The least time between two requests that the provider's wish comes to; 0 for none."""
        self._slowed_at = 0.0

    def note(self, *, throttled: bool) -> None:
        """Take an answer into account, to whatever request: whether it asks for fewer of them.

        Many answers may say so at once; a slowness that was not yet tried is not doubled.
        """
        now = asyncio.get_running_loop().time()
        if not throttled:
            slower_s = self.slowed_s * EASED
            self.slowed_s = slower_s if slower_s > SLOWED_FIRST_S / 2 else 0.0
        elif not self.slowed_s or now >= self._slowed_at + self.slowed_s:
            self.slowed_s = min(SLOWED_LONGEST_S, max(SLOWED_FIRST_S, self.slowed_s * 2))
            self._slowed_at = now

    async def acquire(self) -> None:
        """Wait for one's turn.

        A turn whose waiter is cancelled is given back if it was the last one handed out.
        """
        now = asyncio.get_running_loop().time()
        credit_s = 0.0 if self.slowed_s else self._credit_s
        due = now - credit_s if self._due is None else max(self._due, now - credit_s)
        mine = self._due = due + max(self._gap_s, self.slowed_s)
        if due <= now:
            return
        try:
            await asyncio.sleep(due - now)
        except asyncio.CancelledError:
            if self._due == mine:
                self._due = due
            raise
