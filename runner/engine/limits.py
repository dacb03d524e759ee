"""How often: a pace that many tasks share, first come, first served."""

from __future__ import annotations

import asyncio


class Rate:
    """At most `per_second` passes a second, after a first `burst` at once.

    Times are the running loop's. Who asks first passes first; waiting is a single sleep.
    """

    def __init__(self, per_second: float, *, burst: int = 1):
        if per_second <= 0 or burst < 1:
            raise ValueError("a rate is above 0, a burst at least 1")
        self._gap_s = 1 / per_second
        self._credit_s = (burst - 1) * self._gap_s
        self._due: float | None = None
        """When the next pass is due if none is saved up."""

    async def acquire(self) -> None:
        """Wait for one's turn.

        A turn whose waiter is cancelled is given back if it was the last one handed out.
        """
        now = asyncio.get_running_loop().time()
        due = now - self._credit_s if self._due is None else max(self._due, now - self._credit_s)
        mine = self._due = due + self._gap_s
        try:
            # Also with nothing to wait for: others get the loop in between.
            await asyncio.sleep(max(0.0, due - now))
        except asyncio.CancelledError:
            if self._due == mine:
                self._due = due
            raise
