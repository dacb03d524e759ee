"""One submission: its intent first, the request once, what became of it on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from runner.engine.context import Context, Ending, JobRun, Later, StopReason
from runner.engine.net import redaction
from runner.engine.net.pacing import backoff
from runner.engine.outcomes import ended, interruption
from runner.engine.submit.prefetch import Prefetcher
from runner.engine.submit.prepare import Prepared, UnusableResult, prepare
from runner.errors import Exit, LedgerError
from runner.ledger import Intend, OverBudget, Settle, Stale, Taken, realm_of
from runner.model import (
    Amount,
    AttemptState,
    Billed,
    ErrorClass,
    Fate,
    JobError,
    Outcome,
    Reach,
    Reason,
    ReasonCode,
    Reply,
    State,
    Step,
    Submission,
    TaskFacts,
)

SHARED_CODES = frozenset({"Forbidden", "ModelUnavailable"})
"""Refusals that may be the account's fault or the request's: the batch counts them."""


async def submit(
    context: Context, job_run: JobRun, prefetcher: Prefetcher, upstream: Mapping[str, Outcome]
) -> Ending | Later | Taken | OverBudget | None:
    """Submit once: None when the task exists, otherwise how the job ended or when to try again.

    Nothing is retried in here. An ending with `State.AMBIGUOUS` is yet to be reconciled. `Taken`:
    the ledger has a living attempt of this request by now, another run's. `OverBudget`: it no
    longer fits the budget, for what other runs cost.
    """
    try:
        prepared = await prefetcher.take(job_run.entry) or await prepare(
            context, job_run.entry, job_run.operation, upstream
        )
    except UnusableResult as unfit:
        return Ending(outcome=ended(job_run, State.FAILED, error=unfit.error))
    job_run.task = TaskFacts(seed=prepared.intent.seed)
    breaker, fate, throttled, trouble = (
        context.breakers[job_run.operation.provider],
        None,
        False,
        "",
    )
    stop = None
    if not await breaker.acquire():
        if breaker.tripped:
            reason = Reason(ReasonCode.STOPPED, f"not submitted: {breaker.tripped}")
            return Ending(outcome=ended(job_run, State.PENDING, reason=reason))
        return _given_up(context, job_run)
    try:
        submission = await _post(context, job_run, prepared)
        if isinstance(submission, Submission):
            fate = submission.fate
            throttled = fate is Fate.BUSY and not submission.narrow
            trouble = (submission.error or _SILENT).message
            if (stop := _stop_reason(context, job_run, submission)) is not None:
                breaker.trip(stop.reason.text)  # before the next one is let in
    finally:
        await breaker.release(fate, throttled=throttled, error=trouble)
    if not isinstance(submission, Submission):
        return submission
    return _meaning(context, job_run, submission, stop)


def _meaning(
    context: Context, job_run: JobRun, submission: Submission, stop: StopReason | None
) -> Ending | Later | None:
    """What follows for the job from what became of its submission."""
    error = submission.error or _SILENT
    match submission.fate:
        case Fate.SUBMITTED:
            return None
        case Fate.NOT_SENT | Fate.BUSY:
            return _put_off(context, job_run, submission, error)
        case Fate.AMBIGUOUS:
            text = f"the submission may have arrived: {error.message}"
            reason = Reason(ReasonCode.UNKNOWN_FATE, text)
            outcome = ended(job_run, State.AMBIGUOUS, reason=reason, error=error)
            return Ending(outcome=outcome)
        case Fate.WRONG_ADDRESS if stop:
            outcome = ended(job_run, State.PENDING, reason=stop.not_submitted)
            return Ending(outcome=outcome, stop=stop)
        case _:
            return Ending(outcome=ended(job_run, State.FAILED, error=error), stop=stop)


def _stop_reason(context: Context, job_run: JobRun, submission: Submission) -> StopReason | None:
    """Why every other submission to the provider would fare like this one; None if it would not."""
    error = submission.error or _SILENT
    match submission.fate:
        case Fate.WRONG_ADDRESS:
            text = _elsewhere(context, job_run, error)
        case Fate.STOPPED:
            text = _described(context, job_run, error)
        case _:
            return None
    return StopReason(reason=Reason(ReasonCode.STOPPED, text), exit=Exit.PROVIDER)


_SILENT = JobError(
    code="unknown",
    message="the submission was refused without a reason",
    class_=ErrorClass.PROVIDER,
    billed=Billed.NO,
)


def _put_off(
    context: Context, job_run: JobRun, submission: Submission, error: JobError
) -> Ending | Later:
    """Try again later, unless the provider has taken nothing for as long as `outage`."""
    if context.breakers[job_run.operation.provider].is_out:
        return _given_up(context, job_run)
    if context.stopping.is_set():
        return Ending(outcome=ended(job_run, State.PENDING, reason=interruption("not submitted")))
    delay_s = backoff(job_run.tries, context.random, submission.retry_after_s)
    job_run.tries += 1
    text = f"{error.message}; again in {delay_s:.1f} s"
    context.emit(Step.RETRYING, job_run.entry.job.id, text)
    return Later(delay_s=delay_s, narrow=submission.narrow)


def _given_up(context: Context, job_run: JobRun) -> Ending:
    """The ending when a provider has been out for too long; it stops with it, resumable."""
    provider = job_run.operation.provider
    reason = Reason(ReasonCode.STOPPED, context.breakers[provider].outage_reason(provider))
    stop = StopReason(reason=reason, exit=Exit.INCOMPLETE)
    return Ending(outcome=ended(job_run, State.PENDING, reason=stop.not_submitted), stop=stop)


def _elsewhere(context: Context, job_run: JobRun, error: JobError) -> str:
    """That the address is not the API's, which it is, and who can change it."""
    address = context.account(job_run.operation).base_url
    variable = context.provider(job_run.operation).BASE_URL_ENV
    return f"{address} does not take submissions ({error.message}); check {variable}"


def _described(context: Context, job_run: JobRun, error: JobError) -> str:
    """A refusal that every other submission shares, with the key's name where it is the key's."""
    text = f"{error.code}: {error.message}"
    if error.class_ is ErrorClass.AUTH:
        text += f" (the key is that of {context.account(job_run.operation).key_env})"
    return text


async def _post(
    context: Context, job_run: JobRun, prepared: Prepared
) -> Submission | Taken | OverBudget:
    """Commit the intent, send the request once, record what became of it.

    `flight.posting` spans all three, so that an interruption leaves no intent without its fate;
    it stays set where this is cut, for then the fate is unknown.
    """
    # Begun now, not when it was prepared: it may have waited at the gate, and what is submitted
    # after another is to be known for it.
    prepared = replace(prepared, intent=replace(prepared.intent, at=context.stamp()))
    job_run.intent, job_run.posting = prepared.intent, True
    try:
        number = await context.ledger.commit(_intend(context, prepared))
    except LedgerError:
        job_run.posting = False  # without its intent it has not left
        raise
    if not isinstance(number, int):
        job_run.posting = False
        assert not isinstance(number, Stale)
        return number
    job_run.number = number
    if context.stopping.is_set():
        submission, reply = Submission(fate=Fate.NOT_SENT), Reply(reach=Reach.NOT_SENT)
    else:
        reply = await context.http.send(prepared.request, submission=True)
        said = context.provider(job_run.operation).read_submission(reply)
        submission = redaction.of_submission(said, context.settings.secrets)
    await _record(context, job_run, prepared, submission, reply)
    job_run.posting = False
    return submission


def _intend(context: Context, prepared: Prepared) -> Intend:
    """The intent, with the price that the budget has reserved for it."""
    accounts = context.settings.accounts.items()
    realms = {name: realm_of(account.base_url) for name, account in accounts}
    intent, headroom = prepared.intent, context.budget.headroom(prepared.intent.job, realms)
    if headroom is not None and headroom.amount is not None:
        intent = replace(intent, estimate=Amount(unit=headroom.unit, value=headroom.amount))
    return Intend(run=context.run, intent=intent, headroom=headroom)


async def _record(
    context: Context, job_run: JobRun, prepared: Prepared, submission: Submission, reply: Reply
) -> None:
    assert job_run.number is not None
    if submission.fate is not Fate.NOT_SENT:
        job_run.attempts += 1
    at = context.stamp()
    if submission.fate in _ENDED:
        job_run.task = replace(job_run.task, finished_at=at)
    if submission.fate is Fate.SUBMITTED:
        known = replace(job_run.task, id=submission.task_id, submitted_at=at)
        job_run.task = known.learn(submission)
        job_run.fresh = True
    settle = Settle(
        number=job_run.number,
        state=_STATES[submission.fate],
        at=at,
        task_id=submission.task_id,
        seed=job_run.task.seed,
        credits=submission.credits,
        error=submission.error,
        trace_id=submission.trace_id,
        http_status=reply.status or None,
    )
    try:
        result = await context.ledger.commit(settle)
    except LedgerError as error:
        raise _rescued(context, job_run, prepared, error) from error
    if isinstance(result, Stale) and result.attempt.task.id != submission.task_id:
        # Somebody settled this very attempt meanwhile; two task ids must not become one.
        trouble = LedgerError(f"attempt {job_run.number} was settled by another run meanwhile")
        raise _rescued(context, job_run, prepared, trouble)
    if submission.fate is Fate.SUBMITTED:
        context.emit(Step.SUBMITTED, job_run.entry.job.id, f"task {submission.task_id}")


_ENDED = frozenset({Fate.REFUSED, Fate.STOPPED})


def _rescued(
    context: Context, job_run: JobRun, prepared: Prepared, error: LedgerError
) -> LedgerError:
    """Keep a task id that the ledger did not take; the error to end the run with."""
    if job_run.task.id is None:
        return error
    context.rescue.record(prepared.intent, job_run.task.id, attempt=job_run.number)
    return LedgerError(
        f'{error.message}; task {job_run.task.id} of job "{prepared.intent.job}" is kept in '
        f"{context.rescue.path}",
        hint=error.hint,
    )


_STATES = {
    Fate.NOT_SENT: AttemptState.NOT_SENT,
    Fate.WRONG_ADDRESS: AttemptState.NOT_SENT,
    Fate.SUBMITTED: AttemptState.SUBMITTED,
    Fate.BUSY: AttemptState.REFUSED,
    Fate.REFUSED: AttemptState.REFUSED,
    Fate.STOPPED: AttemptState.REFUSED,
    Fate.AMBIGUOUS: AttemptState.AMBIGUOUS,
}
