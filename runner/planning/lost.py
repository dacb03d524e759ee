"""Lost jobs: takes out of a plan what would fail before it is sent, and what needs such a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from runner.model.jobs import Job
from runner.model.needs import in_order
from runner.model.outcomes import State, needs_job
from runner.model.plans import Action, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import JobError
from runner.providers.registry import state_of

FindUnusable = Callable[[Job, Mapping[str, PlanEntry]], JobError | None]
"""Why a job would fail before it is sent, by the entries of the jobs that it needs and whose
results are here; None where nothing shows that it would."""


def without_lost(entries: Sequence[PlanEntry], find_unusable: FindUnusable) -> list[PlanEntry]:
    """The entries, those of jobs that would have no result turned into `Action.SKIP`."""
    needs = {entry.job.id: found for entry in entries if (found := entry.waits_for)}
    by_id = {entry.job.id: entry for entry in entries} if needs else {}
    for name in in_order(needs):
        entry = by_id[name]
        if entry.action is Action.SUBMIT and name in needs:
            by_id[name] = _judged(entry, by_id, find_unusable)
    return list(by_id.values()) if needs else list(entries)


def _judged(
    entry: PlanEntry, by_id: Mapping[str, PlanEntry], find_unusable: FindUnusable
) -> PlanEntry:
    makers = {need: _maker(by_id[need], by_id) for need in entry.job.draft.needs}
    for need, maker in makers.items():
        if (state := _lost_state(maker)) is not None:
            return _skipped(entry, needs_job(need, state))
    made = {need: maker for need, maker in makers.items() if maker.action is Action.REUSE}
    error = find_unusable(entry.job, made) if made else None
    if error is None:
        return entry
    reason = Reason(ReasonCode.UNUSABLE, f"would fail before it is sent: {error.message}")
    return replace(_skipped(entry, reason), error=error)


def _skipped(entry: PlanEntry, reason: Reason) -> PlanEntry:
    return replace(entry, action=Action.SKIP, reason=reason, expected_s=None, limit_s=None)


def _maker(entry: PlanEntry, by_id: Mapping[str, PlanEntry]) -> PlanEntry:
    """The entry whose result it is: that of another job with the same request, or its own."""
    return by_id[entry.share] if entry.share else entry


def _lost_state(entry: PlanEntry) -> State | None:
    """How a job ends that this plan gives no result; None where it may have one."""
    if entry.action is not Action.SKIP:
        return None
    if entry.error is not None:
        return State.FAILED
    if entry.reason.code is ReasonCode.NEEDS_JOB:
        return State.SKIPPED
    failed = entry.attempt is not None and state_of(entry.attempt) is State.FAILED
    return State.FAILED if failed else None
