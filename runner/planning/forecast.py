"""Forecast: about how long a plan takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from runner.model.needs import chain_lengths
from runner.model.plans import Action, Plan, PlanEntry

_RUNNING = frozenset({Action.SUBMIT, Action.ATTACH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """About how long the tasks of a plan take together."""

    seconds: float
    """Of the tasks whose time is known."""
    tasks: int
    """Tasks to be submitted or waited for."""
    unknown: int
    """Those of them whose time is not known; not included in `seconds`."""
    queued: int = 0
    """Those that may wait at their provider for a day and more; in neither of both."""
    queued_s: float = 0.0
    """How long these may take at most."""


def forecast(plan: Plan, concurrency: int, caps: Mapping[str, int | None]) -> Forecast:
    """The longest of: all tasks spread over the tasks in flight, and each chain of needs.

    `caps`: provider to its own maximum of tasks in flight, None where it has none.
    """
    under_way = [entry for entry in plan.entries if entry.action in _RUNNING]
    running = [entry for entry in under_way if not entry.may_queue]
    queued_s = [entry.limit_s or 0.0 for entry in under_way if entry.may_queue]
    sums: defaultdict[str, float] = defaultdict(float)
    for entry in running:
        sums[entry.job.provider] += entry.expected_s or 0.0
    # A provider with a limit of its own may take longer than the average of all.
    spread = [
        seconds / min(concurrency, caps.get(name) or concurrency) for name, seconds in sums.items()
    ]
    return Forecast(
        seconds=max([sum(sums.values()) / concurrency, *spread, _longest_chain(plan)]),
        tasks=len(under_way),
        unknown=sum(entry.expected_s is None for entry in running),
        queued=len(queued_s),
        queued_s=max(queued_s, default=0.0),
    )


def _own_s(entry: PlanEntry) -> float:
    """The time of an entry's task, 0 where there is none, or none to count on."""
    is_timed = entry.action in _RUNNING and not entry.may_queue
    return (entry.expected_s or 0.0) if is_timed else 0.0


def _longest_chain(plan: Plan) -> float:
    """Seconds of the longest chain of tasks that wait for one another."""
    own_s = {entry.job.id: _own_s(entry) for entry in plan.entries}
    # Most jobs need no other: they are left out of the sort.
    needs = {entry.job.id: found for entry in plan.entries if (found := entry.waits_for)}
    chains = chain_lengths(needs, own_s.__getitem__)
    return max([*own_s.values(), *chains.values()], default=0.0)
