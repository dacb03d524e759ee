"""Capacity: keeps no more new tasks in flight than a provider's account works on at a time.

More would be accepted and wait there: paid for, and no sooner done. The balance shows how many they
are; where it does not, or cannot be had, the settings alone count.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from runner.engine.context import Context
from runner.engine.net.pacing import query
from runner.engine.schedule import Schedule
from runner.model.events import Step
from runner.providers.registry import TASK_LISTS

USUAL_PLACES = 5
"""What an account has by the vendor's public documentation: so many start before it is asked."""
ANSWER_LIMIT_S = 5.0
PAUSE_S = 10.0  # between two questions, while tasks wait


class Capacity:
    """What is known of one provider's places; for a run's whole time."""

    def __init__(
        self,
        context: Context,
        schedule: Schedule,
        provider: str,
        wake: Callable[[int], Awaitable[None]],
    ) -> None:
        """`wake` gets how many more jobs may start."""
        self._context, self._provider, self._wake = context, provider, wake
        self._lane = schedule.lane(provider)
        self._seen_waiting = context.pollers[provider].seen_waiting
        # The usual number needs no question, unless its tasks are seen to wait.
        self._is_large = self._lane.maximum > USUAL_PLACES < schedule.load(provider)[1]
        if self._is_large:
            self._lane.places, self._lane.is_guess = USUAL_PLACES, True
        self._shown: int | None = None

    async def keep_within(self) -> None:
        """Ask at the start of a large run, then whenever a task is seen to wait."""
        if not self._is_large:
            await self._seen_waiting.wait()
        while True:
            await self._ask()
            await asyncio.sleep(PAUSE_S)
            self._seen_waiting.clear()
            await self._seen_waiting.wait()

    async def _ask(self) -> None:
        context, api, lane = self._context, TASK_LISTS[self._provider], self._lane
        account, rate = context.settings.accounts[self._provider], context.rates[self._provider]
        places = None
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                load = await query(context.http, rate, api.load(account), api.read_load)
                places = load.places
        except TimeoutError:
            pass  # it is advice only: submissions will find out whether the provider is there
        before, lane.places, lane.is_guess = lane.places, places, False
        if places is not None and places < lane.maximum and places != self._shown:
            self._shown = places
            text = f"{self._provider} works on {places} tasks at a time: no more are kept in flight"
            context.emit(Step.RETRYING, "", text)
        await self._wake(max(0, min(places or lane.maximum, lane.maximum) - (before or 0)))
