"""When to ask: the age of a task and what is known of its kind in, seconds to wait out.

How long tasks take is taken to be lognormal. Asked one by one, a question costs a request and an
end that is noticed late costs an empty place in flight; the cheapest density of questions is then
the root of the hazard (J. B. Keller, "Optimum checking schedules for systems subject to random
failure", Management Science 21, 1974): rare before a task can be done, dense when it should be,
rarer again for the stragglers. Asked together, one question serves all, and comes as often as a
twentieth of the time that a task takes.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import math
import operator
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from runner.model import Operation, PlanEntry
from runner.planning.estimates import Kind, Learned, kind_of

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


class DurationStats:
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


class DurationStatsByKind:
    """The pace of every kind of task in a run."""

    def __init__(self, past: Mapping[Kind, Learned]) -> None:
        """`past`: what earlier runs teach."""
        self._past = past
        self._known: dict[Kind, DurationStats] = {}

    def of(self, entry: PlanEntry, operation: Operation) -> DurationStats:
        """The pace of the job's kind; the plan's expectation is its start."""
        images = sum(len(some) for some in entry.job.media.values())
        of = kind_of(operation, entry.job.parameters, images)
        if of not in self._known:
            past = self._past.get(of)
            self._known[of] = DurationStats(past.times_s if past else (), entry.expected_s)
        return self._known[of]


GAP_MIN_S = 0.1
GAP_MAX_S = 3.0
"""Longer than this no task is left alone once it can be done, however wrong the times are."""
CADENCE = 20
"""So many questions in the time that a task takes, where one question serves all."""
SIGMA = 0.5
"""Spread of the logarithm of the times where no history tells it."""
CHECK_AFTER_S = 10.0
"""At this age, or at twice the expected one, a listed task is looked at by itself."""
STEP = 0.19
"""The larger, the fewer questions and the later ends: at a spread of 0.5 some 5.3 questions a task
and 7 % of its time."""
_GROWTH = 0.2
"""Of the age: the gap where nothing is known of the time."""
_EARLIEST = -2.326
"""In spreads from the median: one task in a hundred is done sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long tasks of a kind take."""

    median_s: float
    """Above 0."""
    sigma: float = SIGMA
    """Spread of the logarithm; above 0."""

    @property
    def mean_s(self) -> float:
        """The mean of the lognormal distribution."""
        return self.median_s * math.exp(self.sigma**2 / 2)

    @property
    def earliest_s(self) -> float:
        """Before this age a task is hardly ever done."""
        return self.median_s * math.exp(self.sigma * _EARLIEST)


def next_poll(age_s: float, timing: Timing | None, *, stretch: float = 1.0) -> float:
    """Seconds until the next question after one task that was submitted `age_s` seconds ago.

    At least `GAP_MIN_S`; at most `GAP_MAX_S`, before the task can be done a quarter of the
    expected time. Where nothing is known the gaps grow with the age. `stretch` of 2 asks half as
    often; see `stretch_of`.
    """
    if timing is None:
        return min(GAP_MAX_S, max(GAP_MIN_S, _GROWTH * age_s)) * stretch
    table = _table(round(timing.sigma, 2))
    due_s = timing.median_s * table.due(age_s / timing.median_s, STEP * stretch)
    early = age_s < timing.earliest_s
    longest = max(GAP_MAX_S, timing.median_s / 4) if early else GAP_MAX_S
    return min(longest * stretch, max(GAP_MIN_S, due_s - age_s))


def stretch_of(tasks: int, timing: Timing | None, per_second: float) -> float:
    """How much sparser so many tasks must be asked after, to share a pace of requests.

    1 where the pace has room for all. What `next_poll` costs a task is (closed form) the integral
    over its density of questions, and a half for the last one.
    """
    if timing is None:
        return max(1.0, tasks * GAP_MIN_S / per_second)
    questions = _table(round(timing.sigma, 2)).questions / STEP + 0.5
    return max(1.0, tasks * questions / (timing.mean_s * per_second))


def next_round(tasks: Iterable[tuple[float, Timing | None]]) -> float:
    """Seconds until the next question that serves all these tasks, each an age and a timing.

    A twentieth of the time that the quickest of them takes, as long as any of them can be done.
    """
    least_s = GAP_MAX_S
    for age_s, timing in tasks:
        least_s = min(least_s, _own_round(age_s, timing))
        if least_s == GAP_MIN_S:
            break  # no other can be sooner
    return least_s


def _own_round(age_s: float, timing: Timing | None) -> float:
    if timing is None:
        return min(GAP_MAX_S, max(GAP_MIN_S, age_s / CADENCE))
    gap_s = max(timing.median_s / CADENCE, timing.earliest_s - age_s)
    return min(GAP_MAX_S, max(GAP_MIN_S, gap_s))


def next_check(age_s: float, timing: Timing | None) -> float:
    """Seconds until a task that a list tells of is asked after by itself all the same.

    A list may be behind, or leave out what failed: at an age at which the task should be done,
    and then whenever that has doubled.
    """
    first_s = max(CHECK_AFTER_S, 2 * timing.median_s) if timing else CHECK_AFTER_S
    doublings = math.floor(math.log2(age_s / first_s)) + 1 if age_s >= first_s else 0
    return max(GAP_MIN_S, first_s * 2.0**doublings - age_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """For a median of 1 and one spread: the root of the hazard, summed up over time."""

    times: Sequence[float]
    sums: Sequence[float]
    questions: float
    """The mean of the sum over all tasks: with a step of 1, the questions a task takes."""

    def due(self, age: float, step: float) -> float:
        """The age at which the sum has grown by a step."""
        return _between(self.sums, self.times, _between(self.times, self.sums, age) + step)


@functools.lru_cache(maxsize=256)
def _table(sigma: float) -> _Table:
    scores = [n / 20 for n in range(-120, 141)]  # spreads from the median, -6 to 7
    times = [math.exp(sigma * score) for score in scores]
    roots = [math.sqrt(_hazard(score) / (sigma * math.exp(sigma * score))) for score in scores]
    lengths = (later - sooner for sooner, later in itertools.pairwise(times))
    steps = list(map(operator.mul, lengths, _middles(roots)))
    mean = sum(map(operator.mul, steps, _middles([_survival(score) for score in scores])))
    sums = list(itertools.accumulate(steps, initial=0.0))
    return _Table(times=times, sums=sums, questions=mean)


def _middles(values: Iterable[float]) -> Iterator[float]:
    return ((first + second) / 2 for first, second in itertools.pairwise(values))


def _hazard(score: float) -> float:
    """The standard normal density over what is left above."""
    return math.exp(-score * score / 2) / math.sqrt(2 * math.pi) / _survival(score)


def _survival(score: float) -> float:
    return math.erfc(score / math.sqrt(2)) / 2


def _between(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """The line through the points nearest to x; beyond the last one it goes on straight."""
    if x <= xs[0]:
        return ys[0]
    at = min(bisect.bisect(xs, x), len(xs) - 1)
    return ys[at - 1] + (x - xs[at - 1]) * (ys[at] - ys[at - 1]) / (xs[at] - xs[at - 1])
