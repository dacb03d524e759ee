"""A task that exists: watched until it ends, and its end put on record."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from runner.engine.context import Context, Ending, JobRun, StopReason
from runner.engine.download.collect import end_of
from runner.engine.net import redaction
from runner.engine.net.pacing import backoff
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
    Reason,
    ReasonCode,
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


async def watch(context: Context, job_run: JobRun) -> Ending | None:
    """Follow the task until it ends; None when it succeeded, otherwise how the job ended.

    The end is put on record in passing: `flight.recorded` tells when that is durable. A question
    that fails says nothing about the task: it is asked again until the job's time limit, which
    counts from the submission or, for a task of an earlier run, from now.
    """
    assert job_run.task.id is not None
    provider, pace = (
        job_run.operation.provider,
        context.durations.of(job_run.entry, job_run.operation),
    )
    began = _began(context, job_run)
    if job_run.fresh:
        pace.started(job_run.task.id, began)
    ended_at = None
    try:
        with context.pollers[provider].subscribe(job_run.task.id, began, pace) as subscription:
            status = await _end_of(context, job_run, subscription)
            if status.state in ENDED:
                # It ended between two questions, about half-way.
                ended_at = (subscription.running_at + asyncio.get_running_loop().time()) / 2
    finally:
        pace.ended(job_run.task.id, ended_at)
    return await _meaning(context, job_run, status)


def _began(context: Context, job_run: JobRun) -> float:
    """The submission by the loop's clock; as well as it is known where an earlier run made it."""
    now = asyncio.get_running_loop().time()
    # A results manifest that somebody has edited may say anything.
    at = None if job_run.fresh else parse.moment(job_run.task.submitted_at)
    return now if at is None else now - max(0.0, (context.now() - at).total_seconds())


async def _end_of(context: Context, job_run: JobRun, subscription: Subscription) -> TaskStatus:
    """The status that is the last to be waited for: an end, or why no end is told."""
    if context.once:
        return await _as_it_is(context, job_run, subscription)
    loop, limit_s = asyncio.get_running_loop(), context.settings.timeout_s
    started, gone_since, troubles, status = loop.time(), None, 0, None
    while (waited_s := loop.time() - started) <= limit_s:
        alone_s, listed_s = _delays(context, job_run, subscription)
        if troubles and status:
            least_s = backoff(troubles - 1, context.random, status.retry_after_s)
            alone_s, listed_s = max(alone_s, least_s), max(listed_s, least_s)
        # The provider's own wish to be left alone extends no job's time limit.
        rest_s = limit_s - waited_s + 0.01
        told = await subscription.wait(min(alone_s, rest_s), min(listed_s, rest_s))
        if told is not None and _suffices(context, job_run, told):
            return redaction.of_status(told, context.settings.secrets)
        status = await ask(context, job_run.operation, subscription.task_id)
        subscription.observe(told, status)
        troubles = troubles + 1 if status.state is TaskState.UNKNOWN else 0
        gone_since = (gone_since or loop.time()) if status.state is TaskState.GONE else None
        gone_for_s = loop.time() - gone_since if gone_since else 0.0
        if status.state in ENDED or status.fatal or gone_for_s > GONE_TOLERATED_S:
            return status
    return TaskStatus(
        task_id=subscription.task_id,
        state=TaskState.RUNNING,
        detail=status.detail if status else "",
    )


async def _as_it_is(context: Context, job_run: JobRun, subscription: Subscription) -> TaskStatus:
    """How the task is now, by the list where that will do."""
    told = await subscription.now(LISTED_S)
    if told is not None and (told.state is TaskState.RUNNING or _suffices(context, job_run, told)):
        return redaction.of_status(told, context.settings.secrets)
    status = await ask_patiently(context, job_run.operation, subscription.task_id)
    subscription.observe(told, status)
    return status


def _delays(context: Context, job_run: JobRun, subscription: Subscription) -> tuple[float, float]:
    """Seconds until the task is to be asked after by itself: without a list, and with one."""
    provider, timing = job_run.operation.provider, subscription.durations.timing
    age_s = subscription.answered_at - subscription.started_at
    since_s = asyncio.get_running_loop().time() - subscription.answered_at
    crowd = context.pollers[provider].polled_singly
    stretch = schedule.stretch_of(crowd, timing, context.settings.poll_rate)
    jitter = context.random.uniform(0.9, 1.1)
    alone_s = schedule.next_poll(age_s, timing, stretch=stretch)
    checked_s = schedule.next_check(age_s + since_s, timing)
    return max(0.0, alone_s * jitter - since_s), checked_s * jitter


def _suffices(context: Context, job_run: JobRun, told: TaskStatus) -> bool:
    """Whether a list's word on an end has all that the results need.

    A failure's code and price stand in its own query only.
    """
    price = context.provider(job_run.operation).REPORTS_PRICE
    priced = not price or told.credits is not None or job_run.task.credits is not None
    return told.state is TaskState.SUCCEEDED and priced


async def _meaning(context: Context, job_run: JobRun, status: TaskStatus) -> Ending | None:
    """What follows for the job from the last status of its task."""
    if status.state is TaskState.SUCCEEDED:
        _succeeded(context, job_run, status)
        return None
    if status.state is TaskState.FAILED:
        return await _failed(context, job_run, status)
    if status.state is TaskState.GONE:
        return await _gone(context, job_run, status)
    if status.fatal:
        reason = Reason(ReasonCode.NOT_ENDED, f"its task cannot be asked for: {status.detail}")
        stop = StopReason(reason=Reason(ReasonCode.STOPPED, status.detail), exit=Exit.PROVIDER)
        return Ending(outcome=ended(job_run, State.PENDING, reason=reason), stop=stop)
    limit_s = context.settings.timeout_s
    last = f" (the last answer: {status.detail})" if status.detail else ""
    within = "yet" if context.once else f"within {limit_s:g} s"
    text = f"no end of its task was told {within}{last}; run again to collect it"
    outcome = ended(job_run, State.PENDING, reason=Reason(ReasonCode.NOT_ENDED, text))
    return Ending(outcome=outcome)


def _succeeded(context: Context, job_run: JobRun, status: TaskStatus) -> None:
    learned = job_run.task.learn(status)
    job_run.task = replace(
        learned, usage=status.usage, urls=status.urls, finished_at=context.stamp()
    )
    job_run.known = True
    end = end_of(context, job_run, AttemptState.SUCCEEDED, None)
    # Not waited for here: the place in flight is free as soon as the end is noticed, and the
    # record may share the commit of the intent that fills it.
    job_run.recorded = context.ledger.enqueue(end, soon=False)
    context.emit(Step.NOTICED, job_run.entry.job.id)


async def _failed(context: Context, job_run: JobRun, status: TaskStatus) -> Ending:
    learned = job_run.task.learn(status)
    job_run.task = replace(learned, usage=status.usage, finished_at=context.stamp())
    await context.ledger.commit(end_of(context, job_run, AttemptState.FAILED, status.error))
    return Ending(outcome=ended(job_run, State.FAILED, error=status.error))


async def _gone(context: Context, job_run: JobRun, status: TaskStatus) -> Ending:
    """The provider no longer knows a task that it made: nobody can tell what became of it."""
    error = JobError(
        code="task_gone",
        message=f"the provider does not know task {job_run.task.id}: {status.detail}",
        class_=ErrorClass.PROVIDER,
        billed=Billed.UNKNOWN,
    )
    await context.ledger.commit(end_of(context, job_run, AttemptState.AMBIGUOUS, error))
    reason = Reason(ReasonCode.AS_ERROR, error.message)
    return Ending(outcome=ended(job_run, State.AMBIGUOUS, reason=reason, error=error))
