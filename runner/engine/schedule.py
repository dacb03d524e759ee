"""Scheduler: decides which job starts next, by what it needs, its provider's limit, and delays.

Bookkeeping for one event loop: nothing here waits.
"""

from __future__ import annotations

import heapq
import itertools
from array import array
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from runner.model.plans import Action, PlanEntry


@dataclass(slots=True, kw_only=True)
class Lane:
    """One provider's jobs that are ready, and the limit on its tasks in flight.

    The limit is halved when the provider has too many tasks and raised slowly: additive increase,
    multiplicative decrease, as TCP does it.
    """

    maximum: int
    """Of the limit, by the settings."""
    limit: float
    """Between 1 and `maximum`."""
    places: int | None = None
    """How many tasks its account works on at a time; more submissions would only wait there."""
    is_guess: bool = False
    """Whether `places` is assumed until the provider has answered."""
    in_flight: int = 0
    held: int = 0
    """Those of them whose tasks nobody waits for."""
    is_closed: bool = False
    """Whether held places have left no room, so that nothing more is to be submitted."""
    generation: int = 0
    """Counts the decreases of the limit."""
    ready: array[int] = field(default_factory=lambda: array("q"))
    """Numbers of jobs, the next one last: eight bytes a job."""
    unblocked: deque[int] = field(default_factory=deque)
    """Behind them, those that became ready during the run, the next one first."""

    def on_overload(self, generation: int) -> None:
        """Halve the limit: a 429 (`QuotaExceeded`, `rate_limit`) reports too many tasks in flight.

        `generation` is that of the moment when the refused submission left, so that a crowd which
        is refused together halves the limit once.
        """
        if generation == self.generation:
            self.generation += 1
            # From what is really in flight: an unused limit above it proves nothing.
            self.limit = max(1.0, min(self.limit, self.in_flight) / 2)

    def on_success(self) -> None:
        """Raise the limit a little after a submission was accepted: by one for a full round."""
        self.limit = min(float(self.maximum), self.limit + 1 / self.limit)

    @property
    def has_place(self) -> bool:
        """Whether the account would work on one more task."""
        return self.places is None or self.in_flight < self.places

    @property
    def is_full(self) -> bool:
        """Whether a job is ready, and held places leave no room for it as long as the run lasts."""
        known = None if self.is_guess else self.places
        room = int(self.limit) if known is None else min(int(self.limit), known)
        return self.held >= room and bool(self.ready or self.unblocked)

    @property
    def can_start(self) -> bool:
        """Whether a job is ready and there is room for it."""
        return self.in_flight < int(self.limit) and bool(self.ready or self.unblocked)

    @property
    def first(self) -> int:
        """The next job of a lane that can start one."""
        return self.ready[-1] if self.ready else self.unblocked[0]

    def start(self) -> int:
        """Remove the next job from the lane and count it as in flight."""
        self.in_flight += 1
        return self.ready.pop() if self.ready else self.unblocked.popleft()


class Schedule:
    """The jobs that have not started, in the manifest's order, each by its number in the plan.

    A job that waits for another is not ready and costs nothing; a job whose upstream has no
    result never becomes ready and is returned by `fail`.
    """

    def __init__(
        self, entries: Sequence[PlanEntry], caps: Mapping[str, int], *, most: int | None = None
    ) -> None:
        """`caps`: provider to its most tasks in flight.

        `most`: of all providers together, for a run that leaves tasks in their places. It starts
        with those under way, which have places already, and with those that will need none.
        """
        self._entries = entries
        self._most = most
        self._lanes = {name: Lane(maximum=cap, limit=cap) for name, cap in caps.items()}
        self._delayed: list[tuple[float, int, int]] = []
        self._serial = itertools.count()  # keeps jobs that are due together in order
        # Sets, because a job may use several results of another one.
        needs = {number: ids for number, entry in enumerate(entries) if (ids := set(_needs(entry)))}
        needed = set[str]().union(*needs.values())
        self.numbers = {
            entry.job.id: number for number, entry in enumerate(entries) if entry.job.id in needed
        }
        """Job id to number, of the jobs that others need."""
        self._unmet = {number: len(ids) for number, ids in needs.items()}
        self._dependents: defaultdict[int, list[int]] = defaultdict(list)
        for number, ids in needs.items():
            for job in ids:
                self._dependents[self.numbers[job]].append(number)
        # Reversed, because the next job is taken from the end of the array.
        order = range(len(entries))
        for number in reversed(order if most is None else sorted(order, key=self._order_of_places)):
            if number not in self._unmet:
                self._lane(number).ready.append(number)

    def _order_of_places(self, number: int) -> int:
        entry = self._entries[number]
        return 0 if entry.action is Action.ATTACH else 1 if entry.may_queue else 2

    def lane(self, provider: str) -> Lane:
        """The jobs of that provider that are ready, and its limit."""
        return self._lanes[provider]

    def take(self, now: float) -> int | None:
        """Start the next job that can start at the loop's time `now`; None if there is no such."""
        while self._delayed and self._delayed[0][0] <= now:
            number = heapq.heappop(self._delayed)[2]
            self._lane(number).ready.append(number)
        # The manifest's order holds across providers, as far as their limits allow.
        lanes = [lane for lane in self._lanes.values() if self._can_start(lane)]
        return min(lanes, key=lambda lane: lane.first).start() if lanes else None

    def _can_start(self, lane: Lane) -> bool:
        if self._most is not None and self._in_flight() >= self._most:
            return False
        # Tasks that exist already are watched all the same, however many there are.
        is_new = lane.can_start and self._entries[lane.first].action is Action.SUBMIT
        return lane.can_start and (lane.has_place or not is_new)

    def _in_flight(self) -> int:
        return sum(lane.in_flight for lane in self._lanes.values())

    def close_full_lanes(self) -> bool:
        """Close each lane without room; whether there is one.

        Its held places are let go: what is ready goes through, and is not submitted.
        """
        held = sum(lane.held for lane in self._lanes.values())
        no_room = self._most is not None and held >= self._most
        full = [lane for lane in self._lanes.values() if no_room or lane.is_full]
        for lane in full:
            lane.is_closed = True
            lane.in_flight -= lane.held
            lane.held = 0
        return bool(full)

    def hold(self, number: int) -> None:
        """Keep the place of a job that has ended while its task goes on."""
        self._lane(number).held += 1

    def upcoming(self, count: int) -> list[PlanEntry]:
        """The next jobs of each provider that are ready, at most `count` of each."""
        return [
            self._entries[number]
            for lane in self._lanes.values()
            for number in itertools.islice(
                itertools.chain(reversed(lane.ready), lane.unblocked), count
            )
        ]

    def load(self, provider: str) -> tuple[int, int]:
        """How many jobs of a provider hold a place in flight, and how many more are ready."""
        lane = self._lanes[provider]
        return lane.in_flight, len(lane.ready) + len(lane.unblocked)

    @property
    def is_idle(self) -> bool:
        """Whether no job holds a place in flight, and none could start, now or after a delay."""
        lanes = self._lanes.values()
        return not self._delayed and not any(
            lane.in_flight or lane.ready or lane.unblocked for lane in lanes
        )

    def due(self) -> float | None:
        """When the next delayed job is ready again; None when no job is delayed."""
        return self._delayed[0][0] if self._delayed else None

    def delay(self, number: int, until: float) -> None:
        """Put back a job that must not start before `until`; it holds up no other job."""
        heapq.heappush(self._delayed, (until, next(self._serial), number))

    def end_delays(self, is_stopped: Callable[[str], bool]) -> int:
        """Make ready the delayed jobs of the providers that `is_stopped`; returns how many."""
        delayed, self._delayed = self._delayed, []
        for each in delayed:
            if is_stopped(self._entries[each[2]].job.provider):
                self._lane(each[2]).ready.append(each[2])
            else:
                heapq.heappush(self._delayed, each)
        return len(delayed) - len(self._delayed)

    def release(self, number: int) -> None:
        """Count the job as no longer in flight."""
        self._lane(number).in_flight -= 1

    def succeed(self, number: int) -> int:
        """Make ready what waited only for this job's result; returns how many jobs."""
        unblocked = 0
        for dependent in self._dependents.pop(number, ()):
            if dependent not in self._unmet:
                continue  # dropped by the failure of another job that it needs
            self._unmet[dependent] -= 1
            if not self._unmet[dependent]:
                del self._unmet[dependent]
                self._lane(dependent).unblocked.append(dependent)
                unblocked += 1
        return unblocked

    def fail(self, number: int) -> list[tuple[int, int]]:
        """Drop what can never start because the job has no result.

        Each dropped job comes with the job without a result that it needs.
        """
        failed, dropped = [number], []
        while failed:
            upstream = failed.pop()
            for dependent in self._dependents.pop(upstream, ()):
                if self._unmet.pop(dependent, None) is not None:  # else dropped before
                    dropped.append((dependent, upstream))
                    failed.append(dependent)
        return dropped

    def _lane(self, number: int) -> Lane:
        return self._lanes[self._entries[number].job.provider]


def _needs(entry: PlanEntry) -> Iterable[str]:
    """The jobs whose results must be there first: only what is yet to be submitted uses them."""
    if entry.share:
        return (entry.share,)
    known = entry.earlier
    is_made = entry.action is Action.ATTACH and known is not None and known.task.id is not None
    return () if is_made or entry.action in _NEEDLESS else entry.job.draft.needs


_NEEDLESS = frozenset({Action.REUSE, Action.FETCH, Action.SKIP})
