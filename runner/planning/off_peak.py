"""Off-peak: finds out which jobs can wait for idle hours at their provider, and what that saves.

An operation offers it by a parameter `off_peak` that changes nothing about the result: whatever the
hour, a result is made once and paid for once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from runner.model.jobs import Job
from runner.model.operations import OFF_PEAK, Amount, Operation
from runner.model.plans import Action, PlanEntry
from runner.planning.estimates import estimate
from runner.validation.jobs import check_job


def is_off_peak(job: Job) -> bool:
    """Whether the job's task may wait for idle hours."""
    return bool(job.parameters.get(OFF_PEAK))


def with_off_peak(job: Job, value: bool) -> Job:
    """The same job at the other hours; its fingerprint is the same."""
    if is_off_peak(job) is value:
        return job
    parameters = {name: each for name, each in job.parameters.items() if name != OFF_PEAK}
    return replace(job, parameters={**parameters, OFF_PEAK: True} if value else parameters)


def refusal(job: Job, operation: Operation) -> str | None:
    """Why a valid job is not made off-peak where the run asks for it; None where it is."""
    if OFF_PEAK not in operation.unhashed:
        return f"{operation.name} is not offered off-peak"
    if is_off_peak(job):
        return None
    if OFF_PEAK in job.parameters:
        return "off_peak is false in the manifest"
    return _doubt(job, operation)


def _doubt(job: Job, operation: Operation) -> str | None:
    """Why the provider would not accept the job off-peak, or might not."""
    draft = replace(job.draft, parameters={**job.parameters, OFF_PEAK: True})
    doubts = (
        finding.message
        for finding in check_job(draft, operation)
        if not finding.warning or finding.path[:1] == (OFF_PEAK,)
    )
    return next(doubts, None)


@dataclass(slots=True, kw_only=True)
class OffPeakCount:
    """How many of some jobs are made off-peak, and why the others are not."""

    jobs: int = 0
    off_peak: int = 0
    as_usual: Counter[str] = field(default_factory=Counter)
    """Reason to number of jobs."""

    def add(self, *, off_peak: bool, reason: str | None) -> None:
        """Add one job; `reason`: why it is not off-peak."""
        self.jobs += 1
        self.off_peak += off_peak
        if reason is not None:
            self.as_usual[reason] += 1


def count_submissions(entries: Iterable[PlanEntry]) -> OffPeakCount:
    """What a plan submits, under a run that asks for off-peak."""
    count = OffPeakCount()
    for entry in entries:
        if entry.action is Action.SUBMIT:
            count.add(off_peak=is_off_peak(entry.job), reason=entry.as_usual)
    return count


def count_jobs(jobs: Iterable[Job], operations: Mapping[str, Operation]) -> OffPeakCount:
    """The same for jobs that are not planned."""
    count = OffPeakCount()
    for job in jobs:
        reason = refusal(job, operations[job.operation])
        count.add(off_peak=reason is None, reason=reason)
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class HourPrices:
    """What one submission costs, by its hours."""

    now: Amount
    off_peak: Amount


def hour_prices(entry: PlanEntry, operation: Operation) -> HourPrices | None:
    """Both prices of a submission; None where it has no choice, or one of them is not known."""
    if entry.action is not Action.SUBMIT or OFF_PEAK not in operation.unhashed:
        return None
    if entry.job.parameters.get(OFF_PEAK) is False or _doubt(entry.job, operation) is not None:
        return None
    both = (with_off_peak(entry.job, value) for value in (False, True))
    now, off_peak = (estimate(operation, job.parameters, job.media) for job in both)
    return HourPrices(now=now, off_peak=off_peak) if now and off_peak else None
