"""Preconnector: opens connections to the providers for the submissions that are near."""

from __future__ import annotations

import asyncio
import math

from runner.engine.context import Context
from runner.engine.poll.timing import ends_within
from runner.engine.schedule import Schedule

TICK_S = 0.1
"""How often the number of near submissions is judged: about half of a long round trip."""


class Preconnector:
    """Has as many connections wait at each provider as submissions are near.

    One is near when its job holds a place in flight already, or when a place is likely to become
    free within the time that a connection takes to open.
    """

    def __init__(self, context: Context, schedule: Schedule) -> None:
        self._context = context
        self._schedule = schedule

    async def keep_connecting(self) -> None:
        """Judge what is near again and again."""
        while True:
            for provider, account in self._context.settings.accounts.items():
                setup_s = self._context.http.setup_s(account.base_url)
                if count := self._near(provider, setup_s):
                    self._context.http.open_ahead(account.base_url, count)
            await asyncio.sleep(TICK_S)

    def _near(self, provider: str, setup_s: float) -> int:
        """How many submissions to the provider are likely to be near."""
        breaker, poller = self._context.breakers[provider], self._context.pollers[provider]
        if breaker.state.failed_at is not None or breaker.tripped:
            return 0  # it takes nothing at the moment
        in_flight, ready = self._schedule.load(provider)
        begun = max(0, in_flight - poller.watched - breaker.in_flight)
        # Before the first connection it is unknown how long one takes.
        # Twice its time: what a bunch of ends has used up is open again only that much later.
        horizon_s = 0.0 if math.isinf(setup_s) else 2 * setup_s + TICK_S
        return near(begun=begun, ready=ready, ends=ends_within(horizon_s, poller.ages()))


def near(*, begun: int, ready: int, ends: float) -> int:
    """How many submissions are near, where so many ends are likely.

    `begun`: jobs that hold a place and are not submitted yet; `ready`: jobs that wait for a place.
    """
    # Two standard deviations more than the mean: ends come in bunches, as many as one answer lists.
    return begun + min(ready, math.ceil(ends + 2 * math.sqrt(ends)))
