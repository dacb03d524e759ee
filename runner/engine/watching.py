"""A task that exists: watched until it ends, its end on record, its files collected."""

from __future__ import annotations

import asyncio

from runner.engine import polling, retry
from runner.engine.asking import ask
from runner.engine.collect import fetch_files
from runner.engine.context import Context, Ending, Flight, Halt, durable
from runner.engine.outcomes import ended
from runner.errors import Exit
from runner.ledger import Finish
from runner.model import (
    AttemptState,
    Billed,
    ErrorClass,
    JobError,
    State,
    Step,
    TaskState,
    TaskStatus,
)

GONE_TOLERATED_S = 30.0
"""A provider may not know a task at once (a fresh replica, a cache); longer than this is odd."""


async def watch(context: Context, flight: Flight) -> Ending | None:
    """Ask for the task until it ends; None when it succeeded, otherwise how the job ended.

    A status request that fails says nothing about the task: it is asked again until the job's
    time limit, which counts from the submission or, for a task of an earlier run, from now.
    """
    loop, limit_s = asyncio.get_running_loop(), context.settings.timeout_s
    started, gone_since, troubles, asked_to_wait_s = loop.time(), None, 0, 0.0
    detail = ""
    while (age := loop.time() - started) <= limit_s:
        delay = polling.next_poll(age, flight.entry.expected_s)
        if troubles:
            delay = max(delay, retry.backoff(troubles - 1, context.random, asked_to_wait_s))
        # The provider's own wish to be left alone extends no job's time limit.
        await asyncio.sleep(min(delay, limit_s - age + 0.01))
        assert flight.task_id is not None
        status = await ask(context, flight.operation, flight.task_id)
        troubles = troubles + 1 if status.state is TaskState.UNKNOWN else 0
        asked_to_wait_s, detail = status.retry_after_s or 0.0, status.detail
        gone_since = (gone_since or loop.time()) if status.state is TaskState.GONE else None
        if status.state is TaskState.SUCCEEDED:
            await _succeeded(context, flight, status)
            return None
        if status.state is TaskState.FAILED:
            return await _failed(context, flight, status)
        if gone_since and loop.time() - gone_since > GONE_TOLERATED_S:
            return await _gone(context, flight, status)
        if status.fatal:
            reason = f"its task cannot be asked for: {status.detail}"
            outcome = ended(flight, State.PENDING, reason=reason)
            return Ending(outcome=outcome, halt=Halt(reason=status.detail, exit=Exit.PROVIDER))
    last = f" (the last answer: {detail})" if detail else ""
    within = f"within {limit_s:g} s" if limit_s >= 1 else "yet"
    reason = f"no end of its task was told {within}{last}; run again to collect it"
    return Ending(outcome=ended(flight, State.PENDING, reason=reason))


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
    return Ending(outcome=ended(flight, State.FAILED, error=status.error))


async def _gone(context: Context, flight: Flight, status: TaskStatus) -> Ending:
    """The provider no longer knows a task that it made: nobody can tell what became of it."""
    error = JobError(
        code="task_gone",
        message=f"the provider does not know task {flight.task_id}: {status.detail}",
        class_=ErrorClass.PROVIDER,
        billed=Billed.UNKNOWN,
    )
    await _finish(context, flight, AttemptState.AMBIGUOUS, error)
    outcome = ended(flight, State.AMBIGUOUS, reason=error.message, error=error)
    return Ending(outcome=outcome)


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
        return Ending(outcome=ended(flight, State.SUCCEEDED))
    found = await fetch_files(context, flight)
    match found:
        case tuple():
            return Ending(outcome=ended(flight, State.SUCCEEDED, files=found))
        case JobError():
            return Ending(outcome=ended(flight, State.FAILED, error=found))
        case str():
            reason = f"made, not yet fetched: {found}"
            return Ending(outcome=ended(flight, State.PENDING, reason=reason))
