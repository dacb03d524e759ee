"""Circuit breaker: decides whether, and how many, submissions to a provider may be on their way.

Two unknown fates in a row open the circuit: an outage must not make a thousand submissions
ambiguous. It closes again once a probe is answered well. While it is closed, a limit adapts: one
submission at a time at first, twice as many after each answer, back to one after an unknown fate.

The limit is on POSTs without an answer. That on tasks in flight, which a 429 such as
`QuotaExceeded` lowers, is that of a `Lane` in `engine/schedule.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from runner.engine.net.client import CONNECT_LIMIT_S, HttpClient
from runner.engine.net.pacing import BACKOFF_LONGEST_S, Rate, Throttle
from runner.engine.stop_conditions import StopReason
from runner.model.requests import Account, Fate, Submission
from runner.providers.base import is_healthy
from runner.providers.registry import PROVIDERS
from runner.settings.settings import Settings

UNKNOWN_LIMIT = 2
"""Unknown fates, with no answer between them, that open the circuit."""
PROBE_FIRST_S, PROBE_LONGEST_S = 1.0, 30.0
"""Pauses between probes: the first one, and what their doubling leads to."""
PROBE_LEAST_S = 1.0
"""A probe gets so much time for its answer even where the outage leaves less."""

_UNANSWERED = frozenset({Fate.NOT_SENT, Fate.AMBIGUOUS})
_NOT_TAKEN = _UNANSWERED | {Fate.BUSY}


@dataclass(slots=True, kw_only=True)
class BreakerState:
    """What is known of a provider, and how each fate of a submission changes it."""

    max_limit: int
    """The highest that `limit` becomes."""
    limit: int = 1
    """Submissions that may be without an answer at once."""
    is_open: bool = False
    """No submission passes until a probe is answered well."""
    unknown_fates: int = 0
    """Since the last answer."""
    failing_s: float = 0.0
    """How long the provider has taken nothing that it was offered, see `record_failure`."""
    failed_at: float | None = None
    """When it last took nothing; None while it takes submissions."""
    taken_at: float = 0.0
    """When it last took a submission, or refused one for its content."""

    def record(self, fate: Fate, now: float, began: float | None = None) -> None:
        """Adapt to the fate of one submission that left at `began` and is known at `now`."""
        if fate is Fate.AMBIGUOUS:
            self.unknown_fates += 1
            self.is_open = self.is_open or self.unknown_fates >= UNKNOWN_LIMIT
        elif fate is not Fate.NOT_SENT:
            self.unknown_fates = 0
        # Slow start: if the provider is failing, few submissions meet it at once.
        self.limit = 1 if fate in _UNANSWERED else min(self.max_limit, self.limit * 2)
        if fate in _NOT_TAKEN:
            self.record_failure(now, began)
        else:
            self.failing_s, self.failed_at, self.taken_at = 0.0, None, now

    def record_failure(self, now: float, began: float | None = None) -> None:
        """Extend the outage by the time since the last failure; `began`: when the request left."""
        if self.failed_at is not None:
            # At most by our own longest pause: while no request is sent, because the provider
            # named a time (`Retry-After`) or running tasks take all places, it may well be in
            # order.
            self.failing_s += min(BACKOFF_LONGEST_S, now - self.failed_at)
        elif began is not None:
            # An address that does not even refuse is found out late. The upload of a large body
            # that breaks off takes time as well, in which the provider was in order.
            self.failing_s = min(CONNECT_LIMIT_S, now - max(began, self.taken_at))
        self.failed_at = now

    def close(self) -> None:
        """Let submissions pass again after a good probe, one at a time at first."""
        self.is_open, self.unknown_fates, self.limit = False, 0, 1

    def is_out(self, outage_s: float) -> bool:
        """Whether it has taken nothing for so long, by the last failure rather than by now."""
        return self.failed_at is not None and self.failing_s >= outage_s

    def left_s(self, outage_s: float, now: float) -> float:
        """Seconds until a further failure would make it out; 0 where the next one does."""
        since_s = 0.0 if self.failed_at is None else now - self.failed_at
        return max(0.0, outage_s - self.failing_s - since_s)


@dataclass(slots=True, kw_only=True)
class CircuitBreaker:
    """Lets the workers of one event loop submit to one provider.

    `probe` sends a request that costs nothing and returns whether it was answered well.
    """

    state: BreakerState
    probe: Callable[[], Awaitable[bool]]
    outage_s: float
    rate: Rate
    """That of all other requests."""
    in_flight: int = 0
    """Submissions without an answer."""
    given_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the provider `is_out`: whatever waits for it need not wait any longer."""
    tripped: StopReason | None = None
    """Why no submission passes for the rest of the run; None while they do."""
    _last_error: str = ""
    _outage_reason: str = ""
    _throttle: Throttle = field(default_factory=Throttle)
    _next_at: float = 0.0
    """The loop's time at which the next submission may leave."""
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _probing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _waits: set[asyncio.Timeout] = field(default_factory=set)
    """What ends when the provider is given up."""

    def __post_init__(self) -> None:
        self.rate.silence.on_change = self._give_up_if_out

    async def acquire(self) -> bool:
        """Wait until a submission may leave; False once none may: `tripped` or `is_out`."""
        loop = asyncio.get_running_loop()
        while not (self.tripped or self.is_out):  # all is checked again after each wait
            if self.state.is_open:
                await self.recovered()
            elif (wait_s := self._next_at - loop.time()) > 0:
                await self._pause(wait_s)
            elif self.in_flight < self.state.limit:
                self.in_flight += 1
                gap_s = max(self._throttle.gap_s, self.rate.throttle.gap_s)  # a 429 slows both
                self._next_at = loop.time() + gap_s
                return True
            else:
                async with self._changed:
                    # Both may have changed before the lock was free.
                    if self.in_flight >= self.state.limit and not self.state.is_open:
                        await self._changed.wait()
        return False

    async def release(self, submission: Submission | None, began: float | None = None) -> None:
        """Take back what `acquire` gave, after a submission; None where it never left.

        `began`: the loop's time at which it left.
        """
        self.in_flight -= 1
        if submission is not None:
            self._learn(submission, asyncio.get_running_loop().time(), began)
        async with self._changed:
            self._changed.notify_all()

    def _learn(self, submission: Submission, now: float, began: float | None) -> None:
        self.state.record(submission.fate, now, began)
        if submission.fate not in _UNANSWERED:
            self.rate.silence.end()
        if self.state.failed_at is not None and submission.error is not None:
            self._last_error = submission.error.message
        self._give_up_if_out()
        # A refusal of another kind shows nothing about the number of requests.
        if submission.fate is Fate.SUBMITTED:
            self._throttle.ease()
            self.rate.note(throttled=False)
        elif submission.fate is Fate.BUSY and not submission.too_many_tasks:
            self._throttle.slow_down(now)
            self.rate.note(throttled=True)

    def trip(self, stop: StopReason) -> None:
        """Let nothing pass for the rest of the run: every submission would meet the same."""
        self.tripped = self.tripped or stop

    @property
    def is_out(self) -> bool:
        """Whether the provider has taken or answered nothing for longer than the run accepts."""
        silence = self.rate.silence
        # Tasks under way may take all places: no submission is tried then.
        is_silent = silence.requests >= UNKNOWN_LIMIT and silence.seconds >= self.outage_s
        is_silent = is_silent and silence.seconds > 0
        # Once given up it stays so: jobs have ended for that reason.
        return self.given_up.is_set() or self.state.is_out(self.outage_s) or is_silent

    @property
    def left_s(self) -> float:
        """Seconds until a further submission that is not taken would make the provider out."""
        return self.state.left_s(self.outage_s, asyncio.get_running_loop().time())

    @property
    def silence_left_s(self) -> float:
        """Seconds until a further request without an answer would make the provider out."""
        silence, now = self.rate.silence, asyncio.get_running_loop().time()
        since_s = now - silence.at if silence.requests else 0.0
        return max(0.0, self.outage_s - silence.seconds - since_s)

    def outage_reason(self) -> str:
        """Why the run gives up a provider that `is_out`: the same text for every job."""
        # Written once: the jobs that follow would each see a longer outage.
        if not self._outage_reason:
            silence, is_refused = self.rate.silence, self.state.is_out(self.outage_s)
            failing_s = self.state.failing_s if is_refused else silence.seconds
            self._last_error = self._last_error if is_refused else silence.error
            self._outage_reason = (
                f"nothing {'accepted' if is_refused else 'answered'} for "
                f"{failing_s:.{0 if failing_s >= 10 else 1}f} s (outage: {self.outage_s:g} s)"
            )
            self._outage_reason += f": {self._last_error}" if self._last_error else ""
        return self._outage_reason

    async def recovered(self) -> None:
        """Wait until the circuit is closed, or the provider has been out for too long."""
        async with self._probing:  # one waiter probes for all
            pause_s = PROBE_FIRST_S
            while self.state.is_open and not self.is_out:
                # The last probe falls on the end of the outage, which is given up by a failure.
                await self._pause(min(pause_s, self.left_s))
                if await self._probe_in_time():
                    self.state.close()
                else:
                    self.state.record_failure(asyncio.get_running_loop().time())
                    self._give_up_if_out()
                pause_s = min(PROBE_LONGEST_S, pause_s * 2)

    async def _probe_in_time(self) -> bool:
        try:
            async with asyncio.timeout(max(PROBE_LEAST_S, self.left_s)):
                return await self.probe()
        except TimeoutError:
            return False

    @asynccontextmanager
    async def until_given_up(self) -> AsyncIterator[None]:
        """Raise TimeoutError in the block at the moment when the provider is given up."""
        async with asyncio.timeout(None) as limit:
            self._waits.add(limit)
            try:
                yield
            finally:
                self._waits.discard(limit)

    @property
    def is_dead(self) -> bool:
        """Whether the provider is given up, and does not answer other requests either."""
        return self.given_up.is_set() and self.rate.silence.requests >= UNKNOWN_LIMIT

    async def _pause(self, seconds: float) -> None:
        """Sleep, but not beyond the moment when the provider is given up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.given_up.wait()

    def _give_up_if_out(self) -> None:
        if self.is_out and not self.given_up.is_set():
            self.outage_reason()  # as it is now: a late answer would change it
            self.given_up.set()
            for wait in self._waits:
                wait.reschedule(asyncio.get_running_loop().time())


def breakers_for(
    settings: Settings, http: HttpClient, rates: Mapping[str, Rate]
) -> dict[str, CircuitBreaker]:
    """Provider to its breaker; `rates` are those of all other requests."""
    return {
        name: CircuitBreaker(
            state=BreakerState(max_limit=account.concurrency or settings.concurrency),
            probe=partial(_is_up, account, http, rates[name]),
            outage_s=settings.outage_s,
            rate=rates[name],
        )
        for name, account in settings.accounts.items()
    }


async def _is_up(account: Account, http: HttpClient, rate: Rate) -> bool:
    probe = PROVIDERS[account.provider].probe(account)
    reply = await http.send(probe, submission=False)
    rate.silence.note(reply)
    return is_healthy(reply)
