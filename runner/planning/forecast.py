"""A plan in; about how long carrying it out takes, out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from runner.model import Action, Plan, PlanEntry

_RUNNING = frozenset({Action.SUBMIT, Action.ATTACH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """About how long the tasks of a plan take together."""

    seconds: float
    """Of those whose time is known."""
    tasks: int
    """Tasks to be made or waited for."""
    unknown: int
    """Those of them whose time nobody knows; no part of `seconds`."""


def forecast(plan: Plan, concurrency: int, caps: Mapping[str, int | None]) -> Forecast:
    """The longest of: all tasks spread over the places in flight, and each chain of needs.

    `caps`: provider to its own most tasks in flight, None for the run's own number.
    """
    running = [entry for entry in plan.entries if entry.action in _RUNNING]
    sums: defaultdict[str, float] = defaultdict(float)
    for entry in running:
        sums[entry.job.operation.partition("/")[0]] += entry.expected_s or 0.0
    spread = [
        seconds / min(concurrency, caps.get(name) or concurrency) for name, seconds in sums.items()
    ]
    return Forecast(
        seconds=max([sum(sums.values()) / concurrency, *spread, _longest_chain(plan)]),
        tasks=len(running),
        unknown=sum(entry.expected_s is None for entry in running),
    )


def _longest_chain(plan: Plan) -> float:
    """Seconds of the longest row of tasks that wait for one another."""
    entries = {entry.job.id: entry for entry in plan.entries}
    ends: dict[str, float] = {}
    for start in entries:
        pending = [start]
        while pending:
            job = pending[-1]
            needs = _needs(entries[job])
            missing = [need for need in needs if need not in ends]
            if missing:
                pending += missing
                continue
            ends[job] = _own_s(entries[job]) + max((ends[need] for need in needs), default=0.0)
            pending.pop()
    return max(ends.values(), default=0.0)


def _needs(entry: PlanEntry) -> tuple[str, ...]:
    return (entry.share,) if entry.share else entry.job.draft.needs


def _own_s(entry: PlanEntry) -> float:
    return (entry.expected_s or 0.0) if entry.action in _RUNNING else 0.0
