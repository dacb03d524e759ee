"""Poll timing: decides how long to wait before a task is asked for again, from how long tasks take.

Task times are taken to be lognormal. A task that is asked for by itself is due at the age by which
a fixed share of all tasks still running at its present age will have ended: rarely before it can
be done, often when it should be done, more rarely again for stragglers.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from statistics import NormalDist

from runner.model.operations import Operation
from runner.model.plans import PlanEntry
from runner.planning.estimates import Kind, Learned, kind_of

# Of the tasks still running, how many have ended by the next request. The lower, the more requests
# (1 / SHARE per task, where no bound applies) and the sooner an end is noticed.
SHARE = 0.17
GAP_MIN_S = 0.1
GAP_MAX_S = 3.0  # once a task can be done: the expected times may be wrong
# A listed task is asked for by itself at this age, or at twice the expected one if later.
CHECK_AFTER_S = 10.0
SIGMA = 0.5  # spread of the logarithm of the times where no history shows it
MAX_SAMPLES = 200  # times remembered per kind of task
MIN_SAMPLES = 5  # fewer times are no basis for an estimate

_NORMAL = NormalDist()
_SIGMA_MIN = 0.05
_EARLY = _NORMAL.inv_cdf(0.99)  # spreads before the median: 99 of 100 tasks still run
# Shares still running one spread before the median, at it, and one spread after it.
_ONE_SIGMA = (_NORMAL.cdf(1), 0.5, _NORMAL.cdf(-1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long tasks of one kind take: a lognormal distribution."""

    median_s: float
    """Above 0."""
    sigma: float = SIGMA
    """Spread of the logarithm; above 0."""

    @property
    def mean_s(self) -> float:
        """The mean, which the spread raises above the median."""
        return self.median_s * math.exp(self.sigma**2 / 2)

    @property
    def earliest_s(self) -> float:
        """The age before which hardly any task is done."""
        return self.median_s * math.exp(-self.sigma * _EARLY)

    def running_at(self, age_s: float) -> float:
        """The share of all tasks that is still running at this age."""
        z = (math.log(self.median_s) - math.log(age_s)) / self.sigma if age_s > 0 else math.inf
        return _NORMAL.cdf(z)

    def age_at(self, running: float) -> float:
        """The age at which this share of all tasks, below 1, is still running."""
        # The share of a task far older than expected is rounded to 0, which has no inverse.
        z = _NORMAL.inv_cdf(running) if running > 0 else -math.inf
        return self.median_s * math.exp(-self.sigma * z)


def next_poll(age_s: float, timing: Timing | None, *, stretch: float = 1.0) -> float:
    """Seconds until the next request for one task that was submitted `age_s` seconds ago.

    `stretch` of 2 waits as long as two steps of 1 together; see `stretch_of`.
    """
    if timing is None:
        return min(GAP_MAX_S, max(GAP_MIN_S, age_s / 5)) * stretch
    # After each request the task is known to be running still: only later ends are left.
    due_s = timing.age_at(timing.running_at(age_s) * (1 - SHARE) ** stretch)
    # A table that is far off must not cost more than a quarter of its time.
    longest_s = max(GAP_MAX_S, timing.median_s / 4) if age_s < timing.earliest_s else GAP_MAX_S
    return min(longest_s * stretch, max(GAP_MIN_S, due_s - age_s))


def stretch_of(tasks: int, timing: Timing | None, per_second: float) -> float:
    """How much longer the waits must be for that many tasks to share a rate of requests.

    1 where the rate is high enough for all of them.
    """
    if timing is None:
        return max(1.0, tasks * GAP_MIN_S / per_second)
    # A request is the last one of its task with probability SHARE.
    return max(1.0, tasks / SHARE / (timing.mean_s * per_second))


def next_list_poll(tasks: Iterable[tuple[float, Timing | None]]) -> float:
    """Seconds until the next request for all these tasks, each an age and a timing."""
    gaps_s = (
        max(list_gap_s(timing.median_s), timing.earliest_s - age_s)
        if timing
        else list_gap_s(2 * age_s)
        for age_s, timing in tasks
    )
    return min(GAP_MAX_S, max(GAP_MIN_S, min(gaps_s, default=GAP_MAX_S)))


def list_gap_s(time_s: float) -> float:
    """The gap between two list requests that suits tasks that take so long; unbounded."""
    # It grows with the root of the time: a place is empty for half a gap after each task, and what
    # shortens that share of a long time costs few requests, since one covers all tasks.
    return GAP_MIN_S * math.sqrt(time_s / 2)


def ends_within(horizon_s: float, tasks: Iterable[tuple[float, Timing | None]]) -> float:
    """How many of these tasks, each an age and a timing, are likely to end within that time.

    What nothing is known of is taken to last about as long again as it has so far.
    """
    ends = 0.0
    for age_s, timing in tasks:
        later_s = max(0.0, age_s) + horizon_s
        if timing is None:
            ends += horizon_s / later_s if later_s else 0.0
        elif running := timing.running_at(age_s):
            ends += 1 - timing.running_at(later_s) / running
    return ends


def next_check(age_s: float, timing: Timing | None) -> float:
    """Seconds until a listed task is asked for by itself, since a list may be late or incomplete.

    That is at an age at which the task should be done, then whenever its age has doubled.
    """
    first_s = max(CHECK_AFTER_S, 2 * timing.median_s) if timing else CHECK_AFTER_S
    return max(GAP_MIN_S, first_s - age_s) if age_s < first_s else age_s


def estimate(ended_s: Collection[float], running_s: Iterable[float]) -> Timing | None:
    """Median and spread from times above 0; None where these do not reach to the median.

    Tasks still running have lasted for their age at least (Kaplan-Meier estimator). Without them
    the first ends of a crowd, which come early, would make all tasks look quick.
    """
    if len(ended_s) < MIN_SAMPLES:
        return None
    times = sorted([(time, False) for time in ended_s] + [(time, True) for time in running_s])
    logs, share = list[float](), 1.0
    for rank, (time, running) in enumerate(times):
        share *= 1 if running else 1 - 1 / (len(times) - rank)
        while len(logs) < len(_ONE_SIGMA) and share <= _ONE_SIGMA[len(logs)] + 1e-9:
            logs.append(math.log(time))
    if len(logs) < 2:
        return None
    measured = (logs[-1] - logs[0]) / (len(logs) - 1)
    # Few times make a poor spread: the usual one counts as much as the fewest that are enough.
    weighted = MIN_SAMPLES * SIGMA**2 + len(ended_s) * measured**2
    sigma = math.sqrt(weighted / (MIN_SAMPLES + len(ended_s)))
    return Timing(median_s=math.exp(logs[1]), sigma=max(_SIGMA_MIN, sigma))


class DurationStats:
    """The times of one kind of task: those of earlier runs, and those that this run measures."""

    def __init__(self, past_s: Iterable[float], expected_s: float | None) -> None:
        """`past_s`: the latest first; `expected_s`: the median where these are too few."""
        self._ended = deque(reversed(list(past_s)[:MAX_SAMPLES]), maxlen=MAX_SAMPLES)
        self._started_at: dict[str, float] = {}
        expected = Timing(median_s=expected_s) if expected_s else None
        self.timing = estimate(self._ended, ()) or expected
        """None where nothing is known."""
        self._new = 0
        """Ends since the last estimate."""

    def started(self, task_id: str, at: float) -> None:
        """Count a task as running since the loop's time `at`."""
        self._started_at[task_id] = at

    def waited(self, task_id: str, at: float) -> None:
        """Count a measured task from the loop's time `at` on: nobody worked on it before."""
        if task_id in self._started_at:
            self._started_at[task_id] = at

    def ended(self, task_id: str, at: float | None) -> None:
        """Count a task as ended at the loop's time `at`; None where nobody saw its end."""
        started_at = self._started_at.pop(task_id, None)
        if started_at is None or at is None or at <= started_at:
            return
        self._ended.append(at - started_at)
        self._new += 1
        # A few more times change little: sorting them at every end would cost CPU for nothing.
        if self._new * 20 >= len(self._ended):
            running = (at - start for start in self._started_at.values() if at > start)
            self.timing = estimate(self._ended, running) or self.timing
            self._new = 0


class DurationStatsByKind:
    """The times of every kind of task in a run."""

    def __init__(self, past: Mapping[Kind, Learned]) -> None:
        """`past`: the times of earlier runs."""
        self._past = past
        self._by_kind: dict[Kind, DurationStats] = {}

    def of(self, entry: PlanEntry, operation: Operation) -> DurationStats:
        """The times of the job's kind; without history they start from the plan's expectation."""
        kind = kind_of(operation, entry.job.parameters, entry.job.media)
        if kind not in self._by_kind:
            past = self._past.get(kind)
            self._by_kind[kind] = DurationStats(past.times_s if past else (), entry.expected_s)
        return self._by_kind[kind]
