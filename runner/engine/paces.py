"""How long tasks of each kind take, learned from earlier runs and from this one as it goes."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping

from runner.engine.polling import SIGMA, Timing
from runner.model import Operation, PlanEntry
from runner.prices import Kind, Learned, kind

LATEST = 200
"""Times remembered of a kind."""
LEAST = 5
"""Fewer times than these teach nothing."""
_SIGMA_LEAST = 0.05
_DOUBT = 5
"""The usual spread counts like that many times that were seen."""


def learned(ended_s: Iterable[float], running_s: Iterable[float]) -> Timing | None:
    """Median and spread from times above 0; None where they do not reach to the median.

    Tasks under way have lasted for their age at least. Leaving them out would take the quick
    ones for all: the first ends of a crowd come early. This is the estimator of Kaplan and Meier
    (1958), read at its median and at one spread to each side.
    """
    seen = sorted([(time, False) for time in ended_s] + [(time, True) for time in running_s])
    count = sum(not running for _, running in seen)
    if count < LEAST:
        return None
    found, left = list[float](), 1.0
    for rank, (time, running) in enumerate(seen):
        left *= 1 - (not running) / (len(seen) - rank)
        while len(found) < len(_SHARES) and left <= _SHARES[len(found)] + 1e-9:
            found.append(math.log(time))
    if len(found) < _MEDIAN + 1:
        return None
    sigma = (found[-1] - found[0]) / (len(found) - 1)
    variance = (_DOUBT * SIGMA**2 + count * sigma**2) / (_DOUBT + count)
    return Timing(median_s=math.exp(found[_MEDIAN]), sigma=max(_SIGMA_LEAST, math.sqrt(variance)))


_SHARES = (0.8413, 0.5, 0.1587)
"""Of all tasks, still under way one spread before the median, at it, and one after it."""
_MEDIAN = 1


class Pace:
    """What is known of one kind of task, and what a run learns of it."""

    def __init__(self, past_s: Iterable[float], expected_s: float | None) -> None:
        """`past_s`: times of earlier runs, the latest first; `expected_s`: for want of these."""
        self._ended = deque(reversed(list(past_s)[:LATEST]), maxlen=LATEST)
        self._running: dict[str, float] = {}
        """Job id to the loop's time at its submission."""
        start = Timing(median_s=expected_s) if expected_s else None
        self._timing = learned(self._ended, ()) or start
        self._news = 0
        """Ends since the timing was worked out."""

    def began(self, job: str, at: float) -> None:
        """A task was submitted, at the loop's time `at`."""
        self._running[job] = at

    def over(self, job: str, at: float | None) -> None:
        """It is under way no more: it ended at the loop's time `at`, or is left to itself."""
        began = self._running.pop(job, None)
        if began is None or at is None or at <= began:
            return
        self._ended.append(at - began)
        self._news += 1
        # Worked out anew for every twentieth part of what is known: it changes little in between.
        if self._news * 20 >= len(self._ended):
            running = (at - other for other in self._running.values() if at > other)
            self._timing = learned(self._ended, running) or self._timing
            self._news = 0

    @property
    def timing(self) -> Timing | None:
        """How long such tasks take; None where nothing is known."""
        return self._timing


class Paces:
    """The pace of every kind of task in a run."""

    def __init__(self, past: Mapping[Kind, Learned]) -> None:
        """`past`: what earlier runs teach."""
        self._past = past
        self._known: dict[Kind, Pace] = {}

    def of(self, entry: PlanEntry, operation: Operation) -> Pace:
        """The pace of the job's kind; the plan's expectation is its start."""
        images = sum(len(some) for some in entry.job.media.values())
        of = kind(operation, entry.job.parameters, images)
        if of not in self._known:
            past = self._past.get(of)
            self._known[of] = Pace(past.times_s if past else (), entry.expected_s)
        return self._known[of]
