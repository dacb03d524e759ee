"""Pacing: spaces requests to one provider, and the retries of those that failed.

`Rate` is for requests that cost nothing; submissions are limited in `submit/breaker.py`, which
shares its `Throttle`, and by the places in flight in `engine/schedule.py`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Protocol, TypeVar

from runner.engine.net.client import HttpClient
from runner.model.requests import Reply, Request

BACKOFF_FIRST_S = 1.0
BACKOFF_LONGEST_S = 60.0
THROTTLED_FIRST_S = 0.1
THROTTLED_LONGEST_S = 5.0
_EASED = 0.9  # of a throttled gap is left after an answer that does not ask for fewer requests


def backoff(failures: int, rng: random.Random, retry_after_s: float | None = None) -> float:
    """Seconds before the next try; `failures` counts those before the last one, from 0.

    Exponential with full jitter, so that many who failed together do not come back together.
    The provider's `retry_after_s` is the least, but never above the cap: it must not freeze a run.
    """
    # 2.0 ** 1024 overflows, and the cap is reached long before 30.
    ceiling_s = min(BACKOFF_LONGEST_S, BACKOFF_FIRST_S * 2.0 ** min(failures, 30))
    asked_s = min(BACKOFF_LONGEST_S, max(0.0, retry_after_s or 0.0))
    return max(asked_s, rng.uniform(0, ceiling_s))


class Throttle:
    """The gap between two requests that a provider's "too many requests" (429) calls for."""

    def __init__(self) -> None:
        self.gap_s = 0.0
        """0 while the provider does not ask for fewer requests."""
        self._slowed_at = 0.0

    def slow_down(self, now: float) -> None:
        """Double the gap, at the loop's time `now`, after a 429."""
        # A crowd of requests is refused together: a gap that was not tried yet is not doubled.
        if not self.gap_s or now >= self._slowed_at + self.gap_s:
            self.gap_s = min(THROTTLED_LONGEST_S, max(THROTTLED_FIRST_S, self.gap_s * 2))
            self._slowed_at = now

    def ease(self) -> None:
        """Shorten the gap by a tenth after any other answer."""
        eased_s = self.gap_s * _EASED
        # Below half of the first gap it would never reach 0.
        self.gap_s = eased_s if eased_s > THROTTLED_FIRST_S / 2 else 0.0


class Silence:
    """How long a provider has answered none of the requests that it was sent."""

    def __init__(self) -> None:
        self.requests = 0
        """Without an answer of the provider itself, in a row."""
        self.seconds = 0.0
        """From the first to the last of them."""
        self.at = 0.0
        """The loop's time of the last one."""
        self.error = ""
        """What it met, for the user."""
        self.on_change: Callable[[], None] | None = None
        """Called after each request without an answer."""

    def note(self, reply: Reply) -> None:
        """Take in the reply to a request that is no submission."""
        if not reply.is_silent:
            self.end()
            return
        now = asyncio.get_running_loop().time()
        # At most our own longest pause: while nothing is sent, the provider may be in order.
        self.seconds += min(BACKOFF_LONGEST_S, now - self.at) if self.requests else 0.0
        self.requests, self.at = self.requests + 1, now
        self.error = reply.error or f"HTTP {reply.status}"
        if self.on_change is not None:
            self.on_change()

    def end(self) -> None:
        """The provider has answered."""
        self.requests, self.seconds = 0, 0.0


class Rate:
    """At most `per_second` requests a second, first come, first served; fewer while throttled."""

    def __init__(self, per_second: float) -> None:
        """`per_second`: above 0."""
        self.throttle = Throttle()
        self.silence = Silence()
        self._gap_s = 1 / per_second
        self.next_at = 0.0
        """The loop's time at which the next request may leave."""

    def note(self, *, throttled: bool) -> None:
        """Slow down or ease after the answer to any request."""
        if throttled:
            self.throttle.slow_down(asyncio.get_running_loop().time())
        else:
            self.throttle.ease()

    async def acquire(self) -> None:
        """Wait for a turn."""
        now = asyncio.get_running_loop().time()
        turn = max(self.next_at, now)
        after = self.next_at = turn + max(self._gap_s, self.throttle.gap_s)
        if turn <= now:
            return
        # One sleep, no queue: turns are handed out in the order of the calls.
        try:
            await asyncio.sleep(turn - now)
        except asyncio.CancelledError:
            # Only the last turn can be given back: those after it are promised already.
            if self.next_at == after:
                self.next_at = turn
            raise


class _Answer(Protocol):
    @property
    def throttled(self) -> bool: ...


AnswerT = TypeVar("AnswerT", bound=_Answer)


async def query(
    http: HttpClient, rate: Rate, request: Request, read: Callable[[Reply], AnswerT]
) -> AnswerT:
    """Send a request that is no submission at its turn, read its answer, and adapt the rate."""
    await rate.acquire()
    reply = await http.send(request, submission=False)
    rate.silence.note(reply)
    answer = read(reply)
    rate.note(throttled=answer.throttled)
    return answer
