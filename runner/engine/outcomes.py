"""Outcomes: turns the state of a job into the record that the results manifest shows."""

from __future__ import annotations

from dataclasses import replace

from runner.engine.job_run import JobRun, Phase, TaskOrigin
from runner.model.operations import Operation
from runner.model.outcomes import Outcome, State, needs_job
from runner.model.plans import Action, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import JobError
from runner.model.tasks import Attempt, StoredFile
from runner.planning.plan import used_up
from runner.providers.registry import is_searchable, state_of
from runner.timestamps import span


def ended(
    job_run: JobRun,
    state: State,
    *,
    reason: Reason | None = None,
    error: JobError | None = None,
    files: tuple[StoredFile, ...] = (),
) -> Outcome:
    """The outcome of a job that was under way in this run."""
    entry = job_run.entry
    estimate, has_failed = entry.estimate, state is State.FAILED and job_run.task.id is not None
    return Outcome(
        job=entry.job,
        state=state,
        reason=reason,
        task=job_run.task,
        estimated=estimate,
        at_risk=estimate if state is State.AMBIGUOUS else None,
        files=files,
        attempts=job_run.attempts,
        error=error,
        used_up=_used_up(entry, error, more=1) if has_failed else None,
        shortfall=job_run.shortfall if state is State.SUCCEEDED else None,
        # Without needs it is what the job has anyway, and there may be 100,000 of them.
        sent=job_run.intent.request if job_run.intent and entry.job.draft.needs else None,
        by_other_run=job_run.origin is TaskOrigin.OTHER_RUN,
    )


def _used_up(entry: PlanEntry, error: JobError | None, *, more: int = 0) -> int | None:
    """See `Outcome.used_up`; `more` attempts have failed with this error since the plan."""
    if error is None:
        return None
    return used_up(error, entry.failures + more, entry.cancellations + more)


def interrupted(job_run: JobRun) -> Outcome:
    """The outcome of a job that an interruption ended where it was; the ledger knows as much."""
    if job_run.is_unsettled:
        code = ReasonCode.UNKNOWN_FATE
        if is_searchable(job_run.operation):
            code = ReasonCode.SEARCH_PENDING
        return ended(job_run, State.AMBIGUOUS, reason=Reason(code, _UNANSWERED))
    where = "made, not yet fetched" if job_run.phase is Phase.SUCCEEDED else "its task is under way"
    where = where if job_run.task.id else "not submitted"
    reason = interruption(where)
    if job_run.phase is Phase.UNDER_WAY and job_run.entry.may_queue:
        assert job_run.entry.limit_s is not None
        text = f"{reason}, and may take up to {span(job_run.entry.limit_s)}"
        reason = Reason(ReasonCode.QUEUED, text)
    return ended(job_run, State.PENDING, reason=reason)


def left(job_run: JobRun) -> Outcome:
    """The outcome of a job whose task goes on without anybody waiting for it."""
    limit_s = job_run.entry.limit_s
    may_take = f", and may take up to {span(limit_s)}" if limit_s is not None else ""
    reason = Reason(ReasonCode.LEFT, f"its task is under way{may_take}")
    return ended(job_run, State.PENDING, reason=reason)


def as_left(outcome: Outcome) -> Outcome:
    """The outcome of a job whose task was asked for once, and has not ended."""
    reason = outcome.reason
    if reason is None or reason.code not in (ReasonCode.NOT_ENDED, ReasonCode.QUEUED):
        return outcome
    return replace(outcome, reason=Reason(ReasonCode.LEFT, reason.text))


_UNANSWERED = "the run ended before it was known what became of its submission"


def interruption(where: str) -> Reason:
    """Why an interrupted run left a job `where` it is."""
    return Reason(ReasonCode.INTERRUPTED, f"interrupted; {where}")


def unstarted(entry: PlanEntry, reason: Reason, *, skipped: bool = False) -> Outcome:
    """The outcome of a job that this run did not start; what was known of it stays.

    `skipped`: a new job will not be made, rather than later.
    """
    known = entry.earlier
    if entry.is_idle:
        return settled(entry, known.files if known else ())
    if known is None or entry.action is Action.SUBMIT:
        state = State.SKIPPED if skipped else State.PENDING
        return Outcome(job=entry.job, state=state, reason=reason, estimated=entry.estimate)
    state = State.AMBIGUOUS if entry.action is Action.DECIDE else State.PENDING
    files = known.files if entry.action is Action.FETCH else ()
    return replace(_known(entry, state, files), reason=reason)


def settled(entry: PlanEntry, files: tuple[StoredFile, ...] = ()) -> Outcome:
    """The outcome of a job that needs nothing done: reused, or skipped.

    A job that was not selected, or failed before, keeps what is known of it. One that would
    fail, or whose upstream does, ends as it would at its turn.
    """
    if entry.action is Action.REUSE:
        return _known(entry, State.SUCCEEDED, files)
    if entry.error is not None:
        estimate = entry.estimate
        return Outcome(job=entry.job, state=State.FAILED, estimated=estimate, error=entry.error)
    reason, attempt = entry.reason, entry.attempt
    if reason.code is ReasonCode.NEEDS_JOB:
        return Outcome(job=entry.job, state=State.SKIPPED, reason=reason, estimated=entry.estimate)
    known = attempt or entry.evidence
    if reason.code is ReasonCode.LFS_POINTER and known is not None:
        return _known(entry, State.PENDING, known.files)
    if entry.evidence is not None:
        return _known(entry, entry.evidence.state, entry.evidence.files)
    if attempt is None:
        return Outcome(job=entry.job, state=State.SKIPPED, reason=reason, estimated=entry.estimate)
    state = state_of(attempt)
    return _known(entry, state, attempt.files if state is State.SUCCEEDED else ())


def undecided(entry: PlanEntry, operation: Operation) -> Outcome:
    """The outcome of a submission of unknown fate that this run does not look for."""
    outcome, reason = settled(entry), entry.reason
    if entry.attempt is None or is_searchable(operation):
        return outcome
    return replace(outcome, reason=Reason(reason.code, f"{reason}; {unlisted(operation)}"))


def unlisted(operation: Operation) -> str:
    """Why a submission of unknown fate cannot be looked for."""
    return f"{operation.provider} has no list of tasks in which it could be looked for"


def shared(entry: PlanEntry, original: Outcome, files: tuple[StoredFile, ...]) -> Outcome:
    """The outcome of a job with the same request as `original`, which bears the cost."""
    return Outcome(
        job=entry.job,
        state=original.state,
        reason=Reason(ReasonCode.SAME_REQUEST, f'the same request as "{original.job.id}"'),
        task=replace(original.task, credits=None, cost=None),  # it was paid for once
        files=files,
        reused=True,
        error=original.error,
        shortfall=original.shortfall,
    )


def _known(entry: PlanEntry, state: State, files: tuple[StoredFile, ...]) -> Outcome:
    """An outcome from the ledger's attempt, or else from an earlier results manifest."""
    known = entry.earlier
    assert known is not None
    task, error, sent = known.task, None, None
    if isinstance(known, Attempt):
        task = known.facts
        estimated, attempts, error = known.intent.estimate, known.ordinal, known.error
        sent = known.intent.request
    else:
        estimated, attempts = known.estimated, known.attempts
    return Outcome(
        job=entry.job,
        state=state,
        reason=entry.reason,
        task=task,
        estimated=estimated,
        at_risk=estimated if state is State.AMBIGUOUS else None,
        files=files,
        reused=state is State.SUCCEEDED,
        attempts=attempts,
        error=error if state in (State.FAILED, State.AMBIGUOUS) else None,
        used_up=_used_up(entry, error) if state is State.FAILED else None,
        shortfall=known.shortfall if state is State.SUCCEEDED else None,
        sent=sent,
    )


def blocked(entry: PlanEntry, upstream: Outcome) -> Outcome:
    """The outcome of a job whose upstream has no result: lost with it, or waiting like it."""
    lost = upstream.state in (State.FAILED, State.SKIPPED)
    return unstarted(entry, needs_job(upstream.job.id, upstream.state), skipped=lost)
