"""Places: finds out when a task is worked on, where only so many are at a time."""

from __future__ import annotations

import heapq

from runner.emulator.state.tasks import Task


class Places:
    """The places of one account, which its tasks take in the order of making.

    States follow from the clock, so it is known in advance when each task leaves its place.
    """

    def __init__(self, count: int):
        self._count = count
        self._ends: list[int] = []
        """The latest ends of tasks, one for each place; a heap. Earlier ends are of no use."""

    def free_at(self, ready_ns: int) -> int:
        """The first moment from `ready_ns` on at which the next task has a place."""
        is_full = len(self._ends) == self._count
        return max(ready_ns, self._ends[0]) if is_full else ready_ns

    def take(self, task: Task) -> None:
        """Give the next task its place, until its end."""
        if not task.takes_place:
            return
        heapq.heappush(self._ends, task.done_ns)
        if len(self._ends) > self._count:
            heapq.heappop(self._ends)
