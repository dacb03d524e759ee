"""Which job may start now: needs, places in flight and delays as bookkeeping, without waiting."""

from __future__ import annotations

import heapq
import itertools
from array import array
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from runner.model import Action, PlanEntry


@dataclass(slots=True, kw_only=True)
class Lane:
    """One provider's jobs that are ready, and its places in flight."""

    most: int
    """The places that settings allow."""
    places: float
    """The places that the provider seems to allow, between 1 and `most`."""
    running: int = 0
    generation: int = 0
    """Counts the narrowings, so that one crowd of refusals narrows once."""
    line: array[int] = field(default_factory=lambda: array("q"))
    """Numbers of jobs that are ready, the next one last: eight bytes a job."""
    freed: deque[int] = field(default_factory=deque)
    """Behind them, those that became ready since, the next one first."""

    @property
    def open(self) -> bool:
        """Whether a job is ready and a place is free for it."""
        return self.running < int(self.places) and bool(self.line or self.freed)

    @property
    def first(self) -> int:
        """The next job of an open lane."""
        return self.line[-1] if self.line else self.freed[0]

    def upcoming(self) -> Iterator[int]:
        """The jobs that are ready, the next one first."""
        return itertools.chain(reversed(self.line), self.freed)

    def take(self) -> int:
        """Let the next job have a place."""
        self.running += 1
        return self.line.pop() if self.line else self.freed.popleft()


class Schedule:
    """The jobs that have not started, in the manifest's order, each by its number in the plan.

    A job that waits for another is not ready and costs nothing; a job whose upstream did not
    come to a result never becomes ready and is handed back by `fail`.
    """

    def __init__(
        self,
        entries: Sequence[PlanEntry],
        *,
        providers: Mapping[str, str],
        caps: Mapping[str, int],
    ) -> None:
        """`providers`: operation to provider. `caps`: provider to its most tasks in flight."""
        self._entries = entries
        self._providers = providers
        self._lanes = {name: Lane(most=cap, places=cap) for name, cap in caps.items()}
        self._delayed: list[tuple[float, int, int]] = []
        self._serial = itertools.count()
        needs = {
            number: set(some) for number, entry in enumerate(entries) if (some := _needs(entry))
        }
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
        for number in reversed(range(len(entries))):
            if number not in self._unmet:
                self.lane(number).line.append(number)

    def lane(self, number: int) -> Lane:
        """The lane of the job's provider."""
        return self._lanes[self._providers[self._entries[number].job.operation]]

    def take(self, now: float) -> int | None:
        """The next job with a place for it, None when there is none at the moment."""
        while self._delayed and self._delayed[0][0] <= now:
            number = heapq.heappop(self._delayed)[2]
            self.lane(number).line.append(number)
        lanes = [lane for lane in self._lanes.values() if lane.open]
        return min(lanes, key=lambda lane: lane.first).take() if lanes else None

    def upcoming(self, count: int) -> list[PlanEntry]:
        """The jobs that are ready and next in line at each provider, `count` of each at most."""
        return [
            self._entries[number]
            for lane in self._lanes.values()
            for number in itertools.islice(lane.upcoming(), count)
        ]

    def due(self) -> float | None:
        """When the next delayed job is ready again; None when none is delayed."""
        return self._delayed[0][0] if self._delayed else None

    def delay(self, number: int, until: float) -> None:
        """Take back a job that cannot start before `until`; others are not held up by it."""
        heapq.heappush(self._delayed, (until, next(self._serial), number))

    def release(self, number: int) -> None:
        """The job's place in flight is free again."""
        self.lane(number).running -= 1

    def narrow(self, number: int, generation: int) -> None:
        """The provider says there are too many in flight: half as many from now on.

        `generation` is that of the lane when the refused submission left: a crowd refused
        together narrows once.
        """
        lane = self.lane(number)
        if generation == lane.generation:
            lane.generation += 1
            lane.places = max(1.0, min(lane.places, lane.running) / 2)

    def widen(self, provider: str) -> None:
        """The provider took one more: one place more for each full round of them."""
        lane = self._lanes[provider]
        lane.places = min(float(lane.most), lane.places + 1 / lane.places)

    def succeed(self, number: int) -> int:
        """The job's result is there: what waited only for it is ready. Returns how many."""
        freed = 0
        for dependent in self._dependents.pop(number, ()):
            if dependent not in self._unmet:
                continue
            self._unmet[dependent] -= 1
            if not self._unmet[dependent]:
                del self._unmet[dependent]
                self.lane(dependent).freed.append(dependent)
                freed += 1
        return freed

    def fail(self, number: int) -> list[tuple[int, int]]:
        """What will never start because the job has no result, each with what it needs of that."""
        lost, found = [number], []
        while lost:
            upstream = lost.pop()
            for dependent in self._dependents.pop(upstream, ()):
                if self._unmet.pop(dependent, None) is not None:
                    found.append((dependent, upstream))
                    lost.append(dependent)
        return found


def _needs(entry: PlanEntry) -> Iterable[str]:
    """Whose results must be there first: only what is yet to be submitted uses them."""
    if entry.share:
        return (entry.share,)
    known = entry.attempt or entry.evidence
    made = entry.action is Action.ATTACH and known is not None and known.task_id is not None
    return () if made or entry.action in _NEEDLESS else entry.job.draft.needs


_NEEDLESS = frozenset({Action.REUSE, Action.FETCH, Action.SKIP})
