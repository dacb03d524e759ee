"""The door to one provider's submissions: how many may be on their way at once, and whether any.

A provider in trouble must not make a thousand submissions ambiguous, so trust is built up: one
submission at a time at first, twice as many after each that was answered. Two unknown fates in a
row close the door until a probe answers well again; then trust starts anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from runner.engine.net import backoff
from runner.engine.net.client import Http
from runner.engine.poll.rate import Rate
from runner.model import Account, Fate
from runner.providers.base import Provider, is_success
from runner.settings import Settings

UNKNOWN_IN_A_ROW = 2
"""So many submissions of unknown fate, with no answer between them, close the door."""
PROBE_FIRST_S = 1.0
PROBE_LONGEST_S = 30.0
GAP_FIRST_S = 0.1
GAP_LONGEST_S = 5.0
"""A provider that is asked to be gentler with gets its submissions this far apart at most."""

_UNANSWERED = frozenset({Fate.NOT_SENT, Fate.AMBIGUOUS})


@dataclass(slots=True, kw_only=True)
class BreakerState:
    """What a gate knows, and how each fate changes it; pure bookkeeping."""

    most: int
    """The most submissions on their way that full trust allows."""
    allowed: int = 1
    unknown: int = 0
    """Unknown fates since the last answer."""
    closed: bool = False
    gap_s: float = 0.0
    """Least time between two submissions; 0 for none."""
    failing_s: float = 0.0
    """How long the provider has taken nothing of what it was offered, see `ask_in_vain`."""
    asked_at: float | None = None
    """When it was last asked in vain; None while it takes submissions."""

    def note(self, fate: Fate, now: float, *, throttled: bool = False) -> None:
        """Take one submission's fate into account. `throttled`: too many requests, it says."""
        if fate is Fate.AMBIGUOUS:
            self.unknown += 1
            self.closed = self.closed or self.unknown >= UNKNOWN_IN_A_ROW
        elif fate is not Fate.NOT_SENT:
            self.unknown = 0
        if fate in _UNANSWERED:
            self.allowed = 1
        else:
            self.allowed = min(self.most, self.allowed * 2)
        if fate in _UNANSWERED or fate is Fate.BUSY:
            self.probe_failed(now)
        else:
            self.failing_s, self.asked_at = 0.0, None
        self._pace(fate, throttled)

    def reopen(self) -> None:
        """A probe answered well: one submission at a time again."""
        self.closed, self.unknown, self.allowed = False, 0, 1

    def probe_failed(self, now: float) -> None:
        """The provider was asked, and did not answer well.

        Time counts from one question to the next, and only as far as the longest pause of our
        own goes: while nobody asks, because the provider named a time (`Retry-After`) or tasks
        under way take up all places, it may well be in order.
        """
        if self.asked_at is not None:
            self.failing_s += min(backoff.LONGEST_S, now - self.asked_at)
        self.asked_at = now

    def out(self, outage_s: float) -> bool:
        """Whether it has taken nothing for so long, by the last question rather than by now."""
        return self.asked_at is not None and self.failing_s >= outage_s

    def _pace(self, fate: Fate, throttled: bool) -> None:
        if throttled:
            self.gap_s = min(GAP_LONGEST_S, max(GAP_FIRST_S, self.gap_s * 2))
        elif fate is Fate.SUBMITTED and self.gap_s:
            self.gap_s = self.gap_s * 0.9 if self.gap_s > GAP_FIRST_S / 2 else 0.0


@dataclass(slots=True, kw_only=True)
class CircuitBreaker:
    """One provider's door, for the workers of one event loop.

    `probe` asks the provider something that costs nothing and tells whether it answered well.
    """

    state: BreakerState
    probe: Callable[[], Awaitable[bool]]
    outage_s: float
    rate: Rate | None = None
    """The pace of all other requests: what slows them slows submissions as well, and back."""
    in_flight: int = 0
    tripped: str = ""
    """Why the provider takes nothing more of this run; empty while it does."""
    trouble: str = ""
    """What became of the last submission that it was asked for in vain; empty before any."""
    _given_up: str = ""
    _free_at: float = 0.0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _probing: bool = False

    async def acquire(self) -> bool:
        """Wait for the right to submit; False when there is none to be had.

        The provider has been out for too long then, or it is `barred`.
        """
        loop = asyncio.get_running_loop()
        while True:
            if self.tripped or self.out:
                return False
            if self.state.closed:
                await self._probe_or_wait()
                continue
            wait_s = self._free_at - loop.time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
                continue
            if self.in_flight < self.state.allowed:
                self.in_flight += 1
                slowed_s = self.rate.slowed_s if self.rate else 0.0
                self._free_at = loop.time() + max(self.state.gap_s, slowed_s)
                return True
            await self._wait()

    async def opened(self) -> None:
        """Wait until the provider answers again, or has been out for too long."""
        while self.state.closed and not self.out:
            await self._probe_or_wait()

    def trip(self, reason: str) -> None:
        """Let in nobody any more: what one submission met, every other would meet as well."""
        self.tripped = self.tripped or reason

    @property
    def out(self) -> bool:
        """Whether the provider has taken nothing for longer than the run puts up with."""
        return self.state.out(self.outage_s)

    def give_up(self, provider: str) -> str:
        """Why the run gives up a provider that is `out`: in the same words for every job."""
        if not self._given_up:
            so_long = f"{self.state.failing_s:.{0 if self.state.failing_s >= 10 else 1}f} s"
            self._given_up = (
                f"{provider} has taken nothing for {so_long} (outage: {self.outage_s:g} s)"
            )
            self._given_up += f": {self.trouble}" if self.trouble else ""
        return self._given_up

    async def release(
        self, fate: Fate | None, *, throttled: bool = False, trouble: str = ""
    ) -> None:
        """The submission's fate is known; None when it never left for reasons of our own.

        `trouble`: what became of it in words, where it was not taken.
        """
        self.in_flight -= 1
        if fate is not None:
            self.state.note(fate, asyncio.get_running_loop().time(), throttled=throttled)
            if self.state.asked_at is not None:
                self.trouble = trouble
        if self.rate and (throttled or fate is Fate.SUBMITTED):
            self.rate.note(throttled=throttled)
        async with self._news:
            self._news.notify_all()

    async def _wait(self) -> None:
        async with self._news:
            if self.in_flight >= self.state.allowed and not self.state.closed:
                await self._news.wait()

    async def _probe_or_wait(self) -> None:
        """One of those who wait asks, ever more rarely; the others wait for its news."""
        if self._probing:
            async with self._news:
                if self._probing:
                    await self._news.wait()
            return
        self._probing = True
        try:
            await self._probe_until_well()
        finally:
            self._probing = False
            async with self._news:
                self._news.notify_all()

    async def _probe_until_well(self) -> None:
        loop, pause_s = asyncio.get_running_loop(), PROBE_FIRST_S
        while not self.out:
            await asyncio.sleep(pause_s)
            if await self.probe():
                self.state.reopen()
                return
            self.state.probe_failed(loop.time())
            pause_s = min(PROBE_LONGEST_S, pause_s * 2)


def breakers_for(
    settings: Settings,
    providers: Mapping[str, Provider],
    http: Http,
    rates: Mapping[str, Rate],
) -> dict[str, CircuitBreaker]:
    """A gate for every account; `rates` are the paces of their other requests."""
    return {
        name: CircuitBreaker(
            state=BreakerState(most=account.concurrency or settings.concurrency),
            probe=_probing(account, providers[name], http),
            outage_s=settings.outage_s,
            rate=rates[name],
        )
        for name, account in settings.accounts.items()
    }


def _probing(account: Account, provider: Provider, http: Http) -> Callable[[], Awaitable[bool]]:
    async def probe() -> bool:
        return is_success(await http.send(provider.probe(account), submission=False))

    return probe
