"""Which job may start now: needs and places in flight as plain bookkeeping, without any waiting."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence

from runner.model import PlanEntry


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
        self._caps = dict(caps)
        self._entries = {entry.job.id: entry for entry in entries}
        self._order = {job: place for place, job in enumerate(self._entries)}
        self._ready: defaultdict[str, deque[PlanEntry]] = defaultdict(deque)
        self._unmet: dict[str, int] = {}
        self._dependents: defaultdict[str, list[str]] = defaultdict(list)
        self._flying: Counter[str] = Counter()
        for entry in entries:
            needs = set(_needs(entry))
            for need in needs:
                self._dependents[need].append(entry.job.id)
            if needs:
                self._unmet[entry.job.id] = len(needs)
            else:
                self._ready[self._provider(entry)].append(entry)

    def take(self) -> PlanEntry | None:
        """The next job with a place for it, None when there is none at the moment."""
        open_queues = [
            queue
            for provider, queue in self._ready.items()
            if queue and self._flying[provider] < self._caps[provider]
        ]
        if not open_queues:
            return None
        queue = min(open_queues, key=lambda queue: self._order[queue[0].job.id])
        entry = queue.popleft()
        self._flying[self._provider(entry)] += 1
        return entry

    def land(self, entry: PlanEntry) -> None:
        """The job's place in flight is free again."""
        self._flying[self._provider(entry)] -= 1

    def succeed(self, job: str) -> None:
        """The job's result is there: what waited only for it is ready."""
        for dependent in self._dependents.pop(job, ()):
            if dependent not in self._unmet:
                continue
            self._unmet[dependent] -= 1
            if not self._unmet[dependent]:
                del self._unmet[dependent]
                entry = self._entries[dependent]
                self._ready[self._provider(entry)].append(entry)

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

    def _provider(self, entry: PlanEntry) -> str:
        return self._providers[entry.job.operation]


def _needs(entry: PlanEntry) -> tuple[str, ...]:
    return (entry.share,) if entry.share else entry.job.draft.needs
