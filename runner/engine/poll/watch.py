"""A task that exists: watched until it ends, and its end put on record."""

from __future__ import annotations

import asyncio

from runner.engine.context import Context, Ending, JobRun, StopReason
from runner.engine.download.collect import end_of
from runner.engine.net import backoff, redaction
from runner.engine.outcomes import ended
from runner.engine.poll import schedule
from runner.engine.poll.ask import ask, ask_patiently
from runner.engine.poll.list_poller import ENDED, Subscription
from runner.errors import Exit
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
from runner.providers import parse

GONE_TOLERATED_S = 30.0
"""A provider may not know a task at once (a fresh replica, a cache); longer than this is odd."""

LISTED_S = 3.0
"""How long a verb that only asks how things are waits for a list's word on a task."""


async def watch(context: Context, flight: JobRun) -> Ending | None:
    """Follow the task until it ends; None when it succeeded, otherwise how the job ended.

    The end is put on record in passing: `flight.recorded` tells when that is durable. A question
    that fails says nothing about the task: it is asked again until the job's time limit, which
    counts from the submission or, for a task of an earlier run, from now.
    """
    assert flight.task_id is not None
    provider, pace = flight.operation.provider, context.paces.of(flight.entry, flight.operation)
    began = _began(context, flight)
    if flight.fresh:
        pace.began(flight.task_id, began)
    ended_at = None
    try:
        with context.rolls[provider].seat(flight.task_id, began, pace) as seat:
            status = await _end_of(context, flight, seat)
            if status.state in ENDED:
                # It ended between two questions, about half-way.
                ended_at = (seat.under_way_at + asyncio.get_running_loop().time()) / 2
    finally:
        pace.over(flight.task_id, ended_at)
    return await _meaning(context, flight, status)


def _began(context: Context, flight: JobRun) -> float:
    """The submission by the loop's clock; as well as it is known where an earlier run made it."""
    now = asyncio.get_running_loop().time()
    # A results manifest that somebody has edited may say anything.
    at = None if flight.fresh else parse.moment(flight.submitted_at)
    return now if at is None else now - max(0.0, (context.now() - at).total_seconds())


async def _end_of(context: Context, flight: JobRun, seat: Subscription) -> TaskStatus:
    """The status that is the last to be waited for: an end, or why no end is told."""
    if context.once:
        return await _as_it_is(context, flight, seat)
    loop, limit_s = asyncio.get_running_loop(), context.settings.timeout_s
    started, gone_since, troubles, status = loop.time(), None, 0, None
    while (waited_s := loop.time() - started) <= limit_s:
        alone_s, listed_s = _delays(context, flight, seat)
        if troubles and status:
            least_s = backoff.backoff(troubles - 1, context.random, status.retry_after_s)
            alone_s, listed_s = max(alone_s, least_s), max(listed_s, least_s)
        # The provider's own wish to be left alone extends no job's time limit.
        rest_s = limit_s - waited_s + 0.01
        told = await seat.told(min(alone_s, rest_s), min(listed_s, rest_s))
        if told is not None and _suffices(context, flight, told):
            return redaction.of_status(told, context.settings.secrets)
        status = await ask(context, flight.operation, seat.task_id)
        seat.heard(told, status)
        troubles = troubles + 1 if status.state is TaskState.UNKNOWN else 0
        gone_since = (gone_since or loop.time()) if status.state is TaskState.GONE else None
        gone_for_s = loop.time() - gone_since if gone_since else 0.0
        if status.state in ENDED or status.fatal or gone_for_s > GONE_TOLERATED_S:
            return status
    return TaskStatus(
        task_id=seat.task_id, state=TaskState.RUNNING, detail=status.detail if status else ""
    )


async def _as_it_is(context: Context, flight: JobRun, seat: Subscription) -> TaskStatus:
    """How the task is now, by the list where that will do."""
    told = await seat.now(LISTED_S)
    if told is not None and (told.state is TaskState.RUNNING or _suffices(context, flight, told)):
        return redaction.of_status(told, context.settings.secrets)
    status = await ask_patiently(context, flight.operation, seat.task_id)
    seat.heard(told, status)
    return status


def _delays(context: Context, flight: JobRun, seat: Subscription) -> tuple[float, float]:
    """Seconds until the task is to be asked after by itself: without a list, and with one."""
    provider, timing = flight.operation.provider, seat.pace.timing
    age_s = seat.asked_at - seat.began
    since_s = asyncio.get_running_loop().time() - seat.asked_at
    crowd = context.rolls[provider].alone
    stretch = schedule.stretch_of(crowd, timing, context.settings.poll_rate)
    jitter = context.random.uniform(0.9, 1.1)
    alone_s = schedule.next_poll(age_s, timing, stretch=stretch)
    checked_s = schedule.next_check(age_s + since_s, timing)
    return max(0.0, alone_s * jitter - since_s), checked_s * jitter


def _suffices(context: Context, flight: JobRun, told: TaskStatus) -> bool:
    """Whether a list's word on an end has all that the results need.

    A failure's code and price stand in its own query only.
    """
    price = context.provider(flight.operation).REPORTS_PRICE
    priced = not price or told.credits is not None or flight.credits is not None
    return told.state is TaskState.SUCCEEDED and priced


async def _meaning(context: Context, flight: JobRun, status: TaskStatus) -> Ending | None:
    """What follows for the job from the last status of its task."""
    if status.state is TaskState.SUCCEEDED:
        _succeeded(context, flight, status)
        return None
    if status.state is TaskState.FAILED:
        return await _failed(context, flight, status)
    if status.state is TaskState.GONE:
        return await _gone(context, flight, status)
    if status.fatal:
        reason = f"its task cannot be asked for: {status.detail}"
        outcome = ended(flight, State.PENDING, reason=reason)
        return Ending(outcome=outcome, halt=StopReason(reason=status.detail, exit=Exit.PROVIDER))
    limit_s = context.settings.timeout_s
    last = f" (the last answer: {status.detail})" if status.detail else ""
    within = "yet" if context.once else f"within {limit_s:g} s"
    reason = f"no end of its task was told {within}{last}; run again to collect it"
    return Ending(outcome=ended(flight, State.PENDING, reason=reason))


def _succeeded(context: Context, flight: JobRun, status: TaskStatus) -> None:
    flight.seed = status.seed if status.seed is not None else flight.seed
    flight.credits = status.credits if status.credits is not None else flight.credits
    flight.usage, flight.urls = status.usage, status.urls
    flight.finished_at, flight.known = context.stamp(), True
    end = end_of(context, flight, AttemptState.SUCCEEDED, None)
    # Not waited for here: the place in flight is free as soon as the end is noticed, and the
    # record may share the commit of the intent that fills it.
    flight.recorded = context.records.put(end, soon=False)
    context.tell(Step.NOTICED, flight.entry.job.id)


async def _failed(context: Context, flight: JobRun, status: TaskStatus) -> Ending:
    flight.credits = status.credits if status.credits is not None else flight.credits
    flight.usage, flight.finished_at = status.usage, context.stamp()
    await context.records.durable(end_of(context, flight, AttemptState.FAILED, status.error))
    return Ending(outcome=ended(flight, State.FAILED, error=status.error))


async def _gone(context: Context, flight: JobRun, status: TaskStatus) -> Ending:
    """The provider no longer knows a task that it made: nobody can tell what became of it."""
    error = JobError(
        code="task_gone",
        message=f"the provider does not know task {flight.task_id}: {status.detail}",
        class_=ErrorClass.PROVIDER,
        billed=Billed.UNKNOWN,
    )
    await context.records.durable(end_of(context, flight, AttemptState.AMBIGUOUS, error))
    outcome = ended(flight, State.AMBIGUOUS, reason=error.message, error=error)
    return Ending(outcome=outcome)
