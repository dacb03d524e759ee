"""One job's way: submitted (its intent first), watched until its task ends, its files collected."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from runner.engine import polling, retry
from runner.engine.asking import ask
from runner.engine.collect import fetch_files
from runner.engine.context import Context, Ending, Flight, durable
from runner.engine.outcomes import ended
from runner.engine.prepare import Prepared, adoption, prepare
from runner.engine.upstream import Unfit
from runner.errors import LedgerError
from runner.ledger import Finish, Intend, Settle, Stale
from runner.model import (
    AttemptState,
    Billed,
    ErrorClass,
    Fate,
    JobError,
    Outcome,
    Reach,
    Reply,
    State,
    Step,
    Submission,
    TaskState,
    TaskStatus,
)

GONE_TOLERATED_S = 30.0
"""A provider may not know a task at once (a fresh replica, a cache); longer than this is odd."""


async def submit(
    context: Context, flight: Flight, upstream: Mapping[str, Outcome]
) -> Ending | None:
    """Submit until the task exists; None when it does, otherwise how the job ended.

    What was not sent or was refused for now is tried again here and nowhere else, until the
    run's `outage` has passed since the first try.
    """
    loop = asyncio.get_running_loop()
    give_up, tries = loop.time() + context.settings.outage_s, 0
    while True:
        try:
            prepared = await prepare(context, flight, upstream)
        except Unfit as unfit:
            return _ending(context, flight, State.FAILED, error=unfit.error)
        submission = await _post(context, flight, prepared)
        if not isinstance(submission, Submission):
            return submission
        match submission.fate:
            case Fate.SUBMITTED:
                return None
            case Fate.NOT_SENT | Fate.BUSY:
                delay = retry.backoff(tries, context.random, submission.retry_after_s)
                tries += 1
                why = submission.error.message if submission.error else "not sent"
                if loop.time() + delay > give_up:
                    reason = f"not submitted within {context.settings.outage_s:g} s: {why}"
                    return _ending(context, flight, State.PENDING, reason=reason)
                context.tell(Step.RETRYING, flight.entry.job.id, f"{why}; again in {delay:.1f} s")
                if await _pause(context, delay):
                    return _ending(context, flight, State.PENDING, reason=_NOT_SUBMITTED)
            case _:
                return _refused(context, flight, submission)


_NOT_SUBMITTED = "interrupted; not submitted"


async def _pause(context: Context, delay_s: float) -> bool:
    """Sleep unless the run stops; True when it does."""
    try:
        async with asyncio.timeout(delay_s):
            await context.stopping.wait()
    except TimeoutError:
        return False
    return True


async def _post(context: Context, flight: Flight, prepared: Prepared) -> Submission | Ending:
    """Commit the intent, send the request once, record what became of it.

    `flight.posting` spans all three, so that an interruption leaves no intent without its fate.
    """
    flight.posting = True
    try:
        intend = Intend(run=context.run, intent=prepared.intent)
        number = await durable(context.journal.submit(intend))
        if not isinstance(number, int):
            reason = "another run is making it; run again to use its result"
            return _ending(context, flight, State.PENDING, reason=reason)
        flight.number = number
        if context.stopping.is_set():
            unsent = Submission(fate=Fate.NOT_SENT)
            await _record(context, flight, prepared, unsent, Reply(reach=Reach.NOT_SENT))
            return _ending(context, flight, State.PENDING, reason=_NOT_SUBMITTED)
        reply = await context.http.send(prepared.request, submission=True)
        submission = context.provider(flight.operation).read_submission(reply)
        await _record(context, flight, prepared, submission, reply)
    finally:
        flight.posting = False
    return submission


async def _record(
    context: Context, flight: Flight, prepared: Prepared, submission: Submission, reply: Reply
) -> None:
    assert flight.number is not None
    if submission.fate is not Fate.NOT_SENT:
        flight.attempts += 1
    if submission.fate is Fate.SUBMITTED:
        flight.task_id, flight.submitted_at = submission.task_id, context.stamp()
        flight.seed = submission.seed if submission.seed is not None else flight.seed
        flight.credits = submission.credits
    settle = Settle(
        number=flight.number,
        state=_STATES[submission.fate],
        at=context.stamp(),
        task_id=submission.task_id,
        seed=flight.seed,
        credits=submission.credits,
        error=submission.error,
        trace_id=submission.trace_id,
        http_status=reply.status or None,
    )
    try:
        result = await durable(context.journal.submit(settle))
    except LedgerError as error:
        raise _rescued(context, flight, prepared, error) from error
    if isinstance(result, Stale) and result.attempt.task_id != submission.task_id:
        # Somebody settled this very attempt meanwhile; two task ids must not become one.
        trouble = LedgerError(f"attempt {flight.number} was settled by another run meanwhile")
        raise _rescued(context, flight, prepared, trouble)
    if submission.fate is Fate.SUBMITTED:
        context.tell(Step.SUBMITTED, flight.entry.job.id, f"task {submission.task_id}")


def _rescued(
    context: Context, flight: Flight, prepared: Prepared, error: LedgerError
) -> LedgerError:
    """Keep a task id that the ledger did not take; the error to end the run with."""
    if flight.task_id is None:
        return error
    context.rescue.record(prepared.intent, flight.task_id, attempt=flight.number)
    return LedgerError(
        f'{error.message}; task {flight.task_id} of job "{prepared.intent.job}" is kept in '
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


def _refused(context: Context, flight: Flight, submission: Submission) -> Ending:
    """The ending of a job whose submission is not to be sent again by this run."""
    error = submission.error or JobError(
        code="unknown",
        message="the submission was refused without a reason",
        class_=ErrorClass.PROVIDER,
        billed=Billed.NO,
    )
    match submission.fate:
        case Fate.AMBIGUOUS:
            reason = f"the submission may have arrived: {error.message}"
            return _ending(context, flight, State.AMBIGUOUS, reason=reason, error=error)
        case Fate.WRONG_ADDRESS:
            reason = f"not submitted: {error.message}"
            return _ending(context, flight, State.PENDING, reason=reason, halt=error.message)
        case Fate.STOPPED:
            halt = f"{error.code}: {error.message}"
            if error.class_ is ErrorClass.AUTH:
                halt += f" (the key is that of {context.account(flight.operation).key_env})"
            return _ending(context, flight, State.FAILED, error=error, halt=halt)
        case _:
            return _ending(context, flight, State.FAILED, error=error)


async def adopt(context: Context, flight: Flight) -> None:
    """Take a task that only an earlier results manifest knows into the ledger.

    If the ledger has learnt of the fingerprint since the plan was made, it keeps what it knows.
    """
    intend = Intend(run=context.run, intent=adoption(context, flight), task_id=flight.task_id)
    number = await durable(context.journal.submit(intend))
    flight.number = number if isinstance(number, int) else number.attempt.number


async def watch(context: Context, flight: Flight) -> Ending | None:
    """Ask for the task until it ends; None when it succeeded, otherwise how the job ended.

    A status request that fails says nothing about the task: it is asked again until the job's
    time limit, which counts from the submission or, for a task of an earlier run, from now.
    """
    loop = asyncio.get_running_loop()
    started, gone_since, troubles = loop.time(), None, 0
    asked_s = started
    while True:
        age = loop.time() - started
        if age > context.settings.timeout_s:
            reason = f"its task had not ended after {context.settings.timeout_s:g} s"
            return _ending(
                context, flight, State.PENDING, reason=f"{reason}; run again to collect it"
            )
        delay = polling.next_poll(age, flight.entry.expected_s)
        if troubles:
            delay = max(delay, retry.backoff(troubles - 1, context.random, None))
        await asyncio.sleep(min(delay, max(0.0, context.settings.timeout_s - age) + 0.01))
        assert flight.task_id is not None
        status = await ask(context, flight.operation, flight.task_id)
        asked_s = loop.time()
        troubles = troubles + 1 if status.state is TaskState.UNKNOWN else 0
        gone_since = (gone_since or asked_s) if status.state is TaskState.GONE else None
        match status.state:
            case TaskState.SUCCEEDED:
                await _succeeded(context, flight, status)
                return None
            case TaskState.FAILED:
                return await _failed(context, flight, status)
            case TaskState.GONE if gone_since and asked_s - gone_since > GONE_TOLERATED_S:
                reason = f"the provider does not know task {flight.task_id}: {status.detail}"
                return _ending(context, flight, State.AMBIGUOUS, reason=reason)
            case TaskState.UNKNOWN if status.fatal:
                reason = f"its task cannot be asked for: {status.detail}"
                return _ending(context, flight, State.PENDING, reason=reason, halt=status.detail)
            case _:
                continue


async def _succeeded(context: Context, flight: Flight, status: TaskStatus) -> None:
    flight.seed = status.seed if status.seed is not None else flight.seed
    flight.credits = status.credits if status.credits is not None else flight.credits
    flight.usage, flight.urls = status.usage, status.urls
    flight.finished_at, flight.known = context.stamp(), True
    await _finish(context, flight, AttemptState.SUCCEEDED, None)
    context.tell(Step.NOTICED, flight.entry.job.id)


async def _failed(context: Context, flight: Flight, status: TaskStatus) -> Ending:
    flight.credits = status.credits if status.credits is not None else flight.credits
    flight.usage, flight.finished_at = status.usage, context.stamp()
    await _finish(context, flight, AttemptState.FAILED, status.error)
    return _ending(context, flight, State.FAILED, error=status.error)


async def _finish(
    context: Context, flight: Flight, state: AttemptState, error: JobError | None
) -> None:
    assert flight.number is not None
    finish = Finish(
        number=flight.number,
        state=state,
        finished_at=flight.finished_at or context.stamp(),
        seed=flight.seed,
        credits=flight.credits,
        usage=flight.usage,
        urls=flight.urls,
        error=error,
    )
    await durable(context.journal.submit(finish))


async def collect(context: Context, flight: Flight) -> Ending:
    """Fetch what the task made; paid but not fetched is pending, never failed."""
    if not context.settings.download:
        return _ending(context, flight, State.SUCCEEDED)
    files, trouble = await fetch_files(context, flight)
    if trouble:
        return _ending(context, flight, State.PENDING, reason=f"made, not yet fetched: {trouble}")
    return Ending(outcome=ended(context, flight, State.SUCCEEDED, files=files))


def _ending(
    context: Context,
    flight: Flight,
    state: State,
    *,
    reason: str | None = None,
    error: JobError | None = None,
    halt: str | None = None,
) -> Ending:
    return Ending(outcome=ended(context, flight, state, reason=reason, error=error), halt=halt)
