"""Submits a job once: records the intent, sends the request, records what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from runner.engine.context import Context
from runner.engine.job_run import Ended, HasTask, JobRun, RetryLater, Unanswered
from runner.engine.net.pacing import backoff
from runner.engine.outcomes import ended, interruption
from runner.engine.stop_conditions import StopReason
from runner.engine.submit.prepare import Prefetcher, Prepared, prepare
from runner.engine.submit.upstream import NotClean
from runner.errors import Exit, LedgerError
from runner.ledger.changes import (
    Finish,
    Intend,
    OverBudget,
    Result,
    Settle,
    Stale,
    Taken,
    realm_of,
)
from runner.model.events import Step
from runner.model.operations import Amount
from runner.model.outcomes import Outcome, State
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import (
    Billed,
    ErrorClass,
    Fate,
    JobError,
    Reach,
    Reply,
    Submission,
    TaskState,
    TaskStatus,
)
from runner.model.tasks import AttemptState, Intent, TaskFacts
from runner.planning.chained import UnusableResult

RESCUE_S = 2.0
"""How long the id of a task may be in memory alone, once it is known."""
PERMISSION_S = 0.05
"""How often a lease is looked at that is not certainly held."""
_AGAIN = "run again when it can be reached"
SYNCHRONOUS_IDLE_S = 600.0
"""How long an answer that is the result may take; other answers come within seconds."""


async def submit(
    context: Context, job_run: JobRun, prefetcher: Prefetcher, upstream: Mapping[str, Outcome]
) -> HasTask | Unanswered | RetryLater | Ended | Taken | OverBudget:
    """Submit once; nothing is retried in here. `upstream`: job id to outcome, of ended jobs.

    `Taken`: the ledger has a living attempt of this request by now, another run's. `OverBudget`:
    the manifest's other runs have used up the budget. Raises LedgerError.
    """
    try:
        prepared = await prefetcher.take(job_run.entry) or await prepare(
            context, job_run.entry, upstream
        )
    except UnusableResult as unusable:
        return Ended(outcome=ended(job_run, State.FAILED, error=unusable.error))
    except NotClean as marked:
        return _pending(job_run, Reason(ReasonCode.NEEDS_JOB, str(marked)))
    # What is known of an earlier attempt's task is not true of the next one. The request is built
    # before the wait for the breaker: reading images must not hold up those who have it ready.
    job_run.task = TaskFacts(seed=prepared.intent.seed)
    breaker = context.breakers[job_run.operation.provider]
    if not await breaker.acquire():
        if breaker.tripped is None:
            return _given_up(context, job_run)
        return _pending(job_run, breaker.tripped.not_submitted)
    submission, began = None, asyncio.get_running_loop().time()
    try:
        result = await _post(context, job_run, prepared)
        if not isinstance(result, Submission):
            return result
        submission, stop = result, _stop_reason(context, job_run, result)
        if stop is not None:
            breaker.trip(stop)  # before the next submission is admitted
    finally:
        await breaker.release(submission, began)
    return _next_step(context, job_run, submission, stop)


def _next_step(
    context: Context, job_run: JobRun, submission: Submission, stop: StopReason | None
) -> HasTask | Unanswered | RetryLater | Ended:
    """What follows for the job from what became of its submission."""
    error = submission.error or _NO_REASON
    match submission.fate:
        case Fate.SUBMITTED if (task := submission.task) and task.state is TaskState.FAILED:
            return Ended(outcome=ended(job_run, State.FAILED, error=task.error))
        case Fate.SUBMITTED:
            return HasTask()
        case Fate.AMBIGUOUS:
            # The ledger has it as ambiguous. `JobRunner` looks for its task before anything else.
            return Unanswered(error=error)
        case Fate.NOT_SENT | Fate.BUSY:
            return _put_off(context, job_run, submission, error.message)
        case Fate.WRONG_ADDRESS if stop:
            return _pending(job_run, stop.not_submitted, stop)
        case _:
            return Ended(outcome=ended(job_run, State.FAILED, error=error), stop=stop)


def _stop_reason(context: Context, job_run: JobRun, submission: Submission) -> StopReason | None:
    """Why every submission to the provider would fail like this one; None if others may succeed."""
    error = submission.error or _NO_REASON
    match submission.fate:
        case Fate.WRONG_ADDRESS:
            address = context.account(job_run.operation).base_url
            variable = context.provider(job_run.operation).BASE_URL_ENV
            text = f"{address} does not take submissions ({error.message}); check {variable}"
        case Fate.STOPPED:
            text = f"{error.code}: {error.message}"
            if error.class_ is ErrorClass.AUTH:
                text += f" (the key is that of {context.account(job_run.operation).key_env})"
        case _:
            return None
    return StopReason(reason=Reason(ReasonCode.STOPPED, text), exit=Exit.PROVIDER)


_NO_REASON = JobError(
    code="unknown",
    message="the submission was refused without a reason",
    class_=ErrorClass.PROVIDER,
    billed=Billed.NO,
)


def _put_off(
    context: Context, job_run: JobRun, submission: Submission, error: str
) -> Ended | RetryLater:
    """Try again later, unless the provider has taken nothing for as long as `outage`."""
    breaker = context.breakers[job_run.operation.provider]
    if breaker.is_out:
        return _given_up(context, job_run)
    if context.stopping.is_set():
        return _pending(job_run, interruption("not submitted"))
    # The last try falls on the end of the outage, unless the provider has asked for a longer wait.
    asked_s = submission.retry_after_s or 0.0
    delay_s = backoff(job_run.tries, context.random, submission.retry_after_s)
    delay_s = min(delay_s, max(asked_s, breaker.left_s))
    job_run.tries += 1
    context.emit(Step.PUT_OFF, job_run.entry.job.id, f"{error}; again in {delay_s:.1f} s")
    return RetryLater(delay_s=delay_s, too_many_tasks=submission.too_many_tasks)


def _given_up(context: Context, job_run: JobRun) -> Ended:
    """The end of a job whose provider is out for too long and stops; a later run continues."""
    breaker = context.breakers[job_run.operation.provider]
    reason = Reason(ReasonCode.STOPPED, breaker.outage_reason())
    stop = StopReason(reason=reason, exit=Exit.INCOMPLETE)
    return _pending(job_run, stop.not_submitted, stop)


def _pending(job_run: JobRun, reason: Reason, stop: StopReason | None = None) -> Ended:
    return Ended(outcome=ended(job_run, State.PENDING, reason=reason), stop=stop)


async def _post(
    context: Context, job_run: JobRun, prepared: Prepared
) -> Submission | Taken | OverBudget:
    """Commit the intent, send the request once, record what became of it.

    `Phase.POSTING` spans all three, so that an interruption leaves no intent without its fate; a
    run that is cut in between leaves it unknown.
    """
    # It may have waited for the breaker since it was prepared, and a list of tasks proves an
    # absence by what was submitted later: the time that counts is now.
    intent = replace(prepared.intent, at=context.stamp())
    job_run.post(intent)
    try:
        number = await context.ledger.commit(_intend(context, intent))
    except (LedgerError, asyncio.CancelledError):
        # An intent that may not survive a crash must not be followed by a POST.
        job_run.withdraw()
        raise
    if not isinstance(number, int):  # nothing was written, so nothing may leave
        job_run.withdraw()
        assert not isinstance(number, Stale)
        return number
    job_run.number = number
    refusal = await _permission(context)
    if context.stopping.is_set() or refusal is not None:  # since the intent was handed over
        submission, reply = Submission(fate=Fate.NOT_SENT), Reply(reach=Reach.NOT_SENT)
    else:
        form = job_run.operation.result
        idle_s = SYNCHRONOUS_IDLE_S if form.synchronous else None
        reply = await context.http.send(
            prepared.request,
            submission=True,
            idle_s=idle_s,
            may_send=context.may_send,
        )
        answer = context.provider(job_run.operation).read_submission(reply, form)
        submission = context.redacted_submission(answer)
    await _record(context, job_run, intent, submission, reply)
    if refusal is not None:
        raise refusal
    job_run.record_answer(submission)
    return submission


async def _permission(context: Context) -> LedgerError | None:
    """Wait until the ledger lets a request leave; why it does not let any leave any more."""
    loop = asyncio.get_running_loop()
    until = loop.time() + context.settings.outage_s
    while (refusal := context.refusal()) is None and not context.may_send():
        if context.stopping.is_set():
            break
        if loop.time() > until:
            return LedgerError("the ledger does not renew the lease of this run", hint=_AGAIN)
        await asyncio.sleep(PERMISSION_S)
    return refusal


def _intend(context: Context, intent: Intent) -> Intend:
    """The intent, with the price that the budget has reserved for it."""
    accounts = context.settings.accounts.items()
    realms = {name: realm_of(account.base_url) for name, account in accounts}
    headroom = context.budget.headroom(intent.job, realms)
    if headroom is not None and headroom.amount is not None:
        intent = replace(intent, estimate=Amount(unit=headroom.unit, value=headroom.amount))
    return Intend(run=context.run, intent=intent, headroom=headroom)


async def _record(
    context: Context, job_run: JobRun, intent: Intent, submission: Submission, reply: Reply
) -> None:
    assert job_run.number is not None
    at = context.stamp()
    job_run.answer(submission, at)
    finish = _end_in(job_run, submission, at)
    settle = Settle(
        number=job_run.number,
        state=_STATES[submission.fate],
        at=at,
        task_id=submission.task_id,
        seed=job_run.task.seed,
        credits=submission.credits,
        error=submission.error,
        trace_id=submission.trace_id,
        http_status=reply.status or None,  # 0 without an answer
        finish=finish,
    )
    try:
        result = await _settle(context, intent, settle)
    except LedgerError as error:
        raise _rescued(context, job_run, intent, error) from error
    if isinstance(result, Stale) and result.attempt.task.id != submission.task_id:
        # Another run has given this attempt a task; the second id must not replace the first.
        settled = LedgerError(f"attempt {job_run.number} has been settled by another run")
        raise _rescued(context, job_run, intent, settled)
    if isinstance(result, Stale) and finish is not None:  # only the end is not on record yet
        await context.ledger.commit(finish)
    if submission.fate is Fate.SUBMITTED:
        named = f"task {submission.task_id}" if submission.task_id else "a task without an id"
        context.emit(Step.SUBMITTED, job_run.entry.job.id, named)
    if finish is not None:
        context.emit(Step.NOTICED, job_run.entry.job.id)


async def _settle(context: Context, intent: Intent, settle: Settle) -> Result:
    """Write the fate of a submission, durably; raises LedgerError.

    As long as the ledger is away, the id of the task is in the rescue file: this process may die.
    """
    written = context.ledger.enqueue(settle)
    if settle.task_id is None or (await asyncio.wait({written}, timeout=RESCUE_S))[0]:
        return await asyncio.shield(written)
    entry = context.rescue.record(intent, settle.task_id, attempt=settle.number)
    try:
        result = await asyncio.shield(written)
    except LedgerError:
        context.rescue.erase(entry)  # it is written again, with a message
        raise
    context.rescue.erase(entry)
    return result


def _end_in(job_run: JobRun, submission: Submission, at: str) -> Finish | None:
    """The end of the task that the answer to its submission contains; None where it has none."""
    match submission.task:
        case None:
            return None
        case TaskStatus(state=TaskState.SUCCEEDED):
            return job_run.finish_change(AttemptState.SUCCEEDED, None, at)
        case status:
            return job_run.finish_change(AttemptState.FAILED, status.error, at)


def _rescued(context: Context, job_run: JobRun, intent: Intent, error: LedgerError) -> LedgerError:
    """Save a task id that the ledger did not take; return the error to end the run with."""
    if job_run.task.id is None:
        return error
    context.rescue.record(intent, job_run.task.id, attempt=job_run.number)
    return LedgerError(
        f'{error.message}; task {job_run.task.id} of job "{intent.job}" is saved in '
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
