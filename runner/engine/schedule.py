"""Which job may start now: needs, places in flight and delays as bookkeeping, without waiting."""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from runner.model import Action, PlanEntry


@dataclass(slots=True, kw_only=True)
class Lane:
    """One provider's jobs that are ready, and its places in flight."""

    most: int
    """The places that settings allow."""
    places: float
    """The places that the provider seems to allow, between 1 and `most`."""
    flying: int = 0
    generation: int = 0
    """Counts the narrowings, so that one crowd of refusals narrows once."""
    ready: deque[PlanEntry] = field(default_factory=deque)

    @property
    def open(self) -> bool:
        """Whether a job is ready and a place is free for it."""
        return bool(self.ready) and self.flying < int(self.places)


class Schedule:
    """The jobs that have not started, in the manifest's order.

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
        self._providers = providers
        self._lanes = {name: Lane(most=cap, places=cap) for name, cap in caps.items()}
        self._entries = {entry.job.id: entry for entry in entries}
        self._order = {job: place for place, job in enumerate(self._entries)}
        self._unmet: dict[str, int] = {}
        self._dependents: defaultdict[str, list[str]] = defaultdict(list)
        self._delayed: list[tuple[float, int, PlanEntry]] = []
        self._serial = itertools.count()
        for entry in entries:
            needs = set(_needs(entry))
            for need in needs:
                self._dependents[need].append(entry.job.id)
            if needs:
                self._unmet[entry.job.id] = len(needs)
            else:
                self.lane(entry).ready.append(entry)

    def lane(self, entry: PlanEntry) -> Lane:
        """The lane of the job's provider."""
        return self._lanes[self._providers[entry.job.operation]]

    def take(self, now: float) -> PlanEntry | None:
        """The next job with a place for it, None when there is none at the moment."""
        while self._delayed and self._delayed[0][0] <= now:
            entry = heapq.heappop(self._delayed)[2]
            self.lane(entry).ready.appendleft(entry)
        lanes = [lane for lane in self._lanes.values() if lane.open]
        if not lanes:
            return None
        lane = min(lanes, key=lambda lane: self._order[lane.ready[0].job.id])
        lane.flying += 1
        return lane.ready.popleft()

    def upcoming(self, count: int) -> list[PlanEntry]:
        """The jobs that are ready and next in line at each provider, `count` of each at most."""
        lanes = self._lanes.values()
        return [entry for lane in lanes for entry in itertools.islice(lane.ready, count)]

    def due(self) -> float | None:
        """When the next delayed job is ready again; None when none is delayed."""
        return self._delayed[0][0] if self._delayed else None

    def delay(self, entry: PlanEntry, until: float) -> None:
        """Take back a job that cannot start before `until`; others are not held up by it."""
        heapq.heappush(self._delayed, (until, next(self._serial), entry))

    def land(self, entry: PlanEntry) -> None:
        """The job's place in flight is free again."""
        self.lane(entry).flying -= 1

    def narrow(self, entry: PlanEntry, generation: int) -> None:
        """The provider says there are too many in flight: half as many from now on.

        `generation` is that of the lane when the refused submission left: a crowd refused
        together narrows once.
        """
        lane = self.lane(entry)
        if generation == lane.generation:
            lane.generation += 1
            lane.places = max(1.0, min(lane.places, lane.flying) / 2)

    def widen(self, entry: PlanEntry) -> None:
        """The provider took one more: one place more for each full round of them."""
        lane = self.lane(entry)
        lane.places = min(float(lane.most), lane.places + 1 / lane.places)

    def succeed(self, job: str) -> int:
        """The job's result is there: what waited only for it is ready. Returns how many."""
        freed = 0
        for dependent in self._dependents.pop(job, ()):
            if dependent not in self._unmet:
                continue
            self._unmet[dependent] -= 1
            if not self._unmet[dependent]:
                del self._unmet[dependent]
                entry = self._entries[dependent]
                self.lane(entry).ready.append(entry)
                freed += 1
        return freed

    def fail(self, job: str) -> list[tuple[PlanEntry, str]]:
        """Everything that will never start because `job` has no result, each with what it needs."""
        lost, found = [job], []
        while lost:
            upstream = lost.pop()
            for dependent in self._dependents.pop(upstream, ()):
                if self._unmet.pop(dependent, None) is not None:
                    found.append((self._entries[dependent], upstream))
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
