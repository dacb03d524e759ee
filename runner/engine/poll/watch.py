"""Watching: asks for the status of tasks, follows a job's task to its end, and records the end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from functools import partial

from runner.engine.context import Context
from runner.engine.job_run import Ended, JobRun, Succeeded, TaskOrigin
from runner.engine.net.pacing import backoff, query
from runner.engine.outcomes import ended
from runner.engine.poll.subscription import ENDED, PATIENT_GAP_S, Subscription
from runner.engine.poll.timing import next_check, next_poll, stretch_of
from runner.engine.stop_conditions import StopReason
from runner.errors import Exit
from runner.model.events import Step
from runner.model.operations import USUAL_FORM, Operation
from runner.model.outcomes import State
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import Billed, ErrorClass, JobError, TaskState, TaskStatus
from runner.model.tasks import AttemptState
from runner.providers import parse
from runner.timestamps import span

# A provider may not know a new task at once: a replica, a cache.
GONE_TOLERATED_S = 30.0  # a task that is missing for longer is lost
QUEUE_SHARE = 10  # of so many requests, one is about a listed task that waits in a queue
LISTED_S = 3.0  # how long a verb that asks once waits for the list to report a task
DEADLINE_S = 120.0  # how long a provider is asked again while its answers do not show the task
COLLECTING_DEADLINE_S = 10.0  # the same for a verb that asks once: its user waits for it


class Deadline:
    """Until when a provider is asked again; for one event loop."""

    def __init__(self, context: Context):
        """Starts now."""
        longest_s = COLLECTING_DEADLINE_S if context.asks_once else DEADLINE_S
        self._limit_s = min(longest_s, context.settings.limit_s())
        self.renew()

    def renew(self) -> None:
        """Start again: the provider has given an answer that counts."""
        self._end = asyncio.get_running_loop().time() + self._limit_s

    def allows(self, delay_s: float) -> bool:
        """Whether a next try after that delay is still in time."""
        return asyncio.get_running_loop().time() + delay_s <= self._end


async def ask(context: Context, operation: Operation, task_id: str) -> TaskStatus:
    """Request the status of a task once; after a failed request it is `TaskState.UNKNOWN`."""
    provider = context.provider(operation)
    rate = context.rates[operation.provider]
    request = provider.status(context.account(operation), task_id, operation.result)
    read = partial(provider.read_status, task_id=task_id, form=operation.result)
    return context.redacted_status(await query(context.http, rate, request, read))


async def ask_patiently(
    context: Context, operation: Operation, task_id: str, *, accept_shortfall: bool = False
) -> TaskStatus:
    """Request the status of a task until an answer shows it, or until the deadline.

    `accept_shortfall`: an answer with a shortfall is enough.
    """
    deadline, tries = Deadline(context), 0
    while True:
        status = await ask(context, operation, task_id)
        delay_s = backoff(tries, context.random, status.retry_after_s)
        enough = not has_no_status(status) or (accept_shortfall and status.shortfall is not None)
        if enough or not deadline.allows(delay_s):
            return status
        tries += 1
        await asyncio.sleep(delay_s)


def not_known_now(status: TaskStatus) -> str:
    """The reason of a job whose task is missing from one answer, which proves no loss."""
    detail = f" ({status.detail})" if status.detail else ""
    return f"its task {status.task_id} is not known to the provider at the moment{detail}"


def has_no_status(status: TaskStatus) -> bool:
    """Whether an answer does not show its task, and another one may."""
    return status.state is TaskState.UNKNOWN and not status.fatal


async def watch(
    context: Context, job_run: JobRun, *, gone_tolerated_s: float = GONE_TOLERATED_S
) -> Succeeded | Ended:
    """Ask for the task until it has ended, or until the job's time limit.

    The limit counts from the submission; a task of an earlier run is waited for as long as is
    usual at least. A request that fails shows nothing about the task. A success is on record once
    `job_run.recorded` is done, any other end on return.
    """
    task_id, poller = job_run.task.id, context.pollers[job_run.operation.provider]
    assert task_id is not None
    durations = context.durations.of(job_run.entry, job_run.operation)
    started_at = _started_at(context, job_run)
    if job_run.origin is TaskOrigin.THIS_RUN:
        durations.started(task_id, started_at)
    ended_at = None
    try:
        with poller.subscribe(
            task_id,
            started_at,
            durations,
            # The list need not show results of another form.
            listed=job_run.operation.result == USUAL_FORM,
            is_patient=job_run.entry.may_queue,
        ) as subscription:
            status = await _last_status(context, job_run, subscription, gone_tolerated_s)
            if status.state in ENDED:
                # It ended between two requests, on average half-way. All times are those at which
                # requests left: the way there is the same for each.
                ended_at = (subscription.running_at + subscription.answered_at) / 2
    finally:
        durations.ended(task_id, ended_at)
    return await _finish(context, job_run, status)


def _started_at(context: Context, job_run: JobRun) -> float:
    """When the task was submitted, by the loop's clock; now where that is not known."""
    now, task = asyncio.get_running_loop().time(), job_run.task
    # Somebody may have edited the results manifest that this time comes from.
    at = None if job_run.origin is TaskOrigin.THIS_RUN else parse.moment(task.submitted_at)
    return now if at is None else now - max(0.0, (context.now() - at).total_seconds())


async def _last_status(
    context: Context, job_run: JobRun, subscription: Subscription, gone_tolerated_s: float
) -> TaskStatus:
    """The task's end, or the status with which the run stops waiting for it."""
    if context.asks_once:
        return await _current_status(context, job_run, subscription)
    loop, limit_s = (
        asyncio.get_running_loop(),
        _patience_s(context, job_run, subscription.submitted_at),
    )
    breaker = context.breakers[job_run.operation.provider]
    started, gone_since, failures, status, short = loop.time(), None, 0, None, None
    while (waited_s := loop.time() - started) <= limit_s:
        single_s, listed_s = _delays(context, job_run, subscription)
        if failures and status:
            least_s = backoff(failures - 1, context.random, status.retry_after_s)
            if status.retry_after_s is None:  # one request falls on the end of an outage
                least_s = min(least_s, breaker.silence_left_s)
            single_s, listed_s = max(single_s, least_s), max(listed_s, least_s)
        # A `Retry-After` of the provider does not extend the job's time limit.
        rest_s = limit_s - waited_s + 0.01
        listed, answer, asked_at = None, None, loop.time()
        with suppress(TimeoutError):  # the provider is given up: not worth a long wait
            async with breaker.until_given_up():
                listed = await subscription.wait(min(single_s, rest_s), min(listed_s, rest_s))
                if listed is not None and _is_complete(context, job_run, listed):
                    return context.redacted_status(listed)
                asked_at = loop.time()
                answer = await _ask_if_due(context, job_run, subscription, listed)
        if breaker.is_dead:
            break
        if answer is None:
            continue
        status = answer
        subscription.observe(listed, status, asked_at)
        if status.shortfall and short is None:
            text = f"{status.shortfall.message}; asking again for up to {limit_s - waited_s:.0f} s"
            context.emit(Step.RETRYING, job_run.entry.job.id, text)
        short = status if status.shortfall else short
        failures = failures + 1 if status.state is TaskState.UNKNOWN else 0
        gone_since = (gone_since or loop.time()) if status.state is TaskState.GONE else None
        gone_for_s = loop.time() - gone_since if gone_since else 0.0
        if status.state in ENDED or status.fatal or gone_for_s > gone_tolerated_s:
            return _best(status, short)
    detail = status.detail if status else ""
    state = TaskState.WAITING if subscription.is_waiting else TaskState.RUNNING
    running = TaskStatus(task_id=subscription.task_id, state=state, detail=detail)
    return _best(running, short)


def _patience_s(context: Context, job_run: JobRun, submitted_at: float) -> float:
    """How long the task is waited for from now on."""
    settings, age_s = context.settings, asyncio.get_running_loop().time() - submitted_at
    return patience_s(age_s, settings.limit_s(job_run.entry.limit_s), settings.limit_s())


def patience_s(age_s: float, limit_s: float, usual_s: float) -> float:
    """How long to wait for a task that was submitted `age_s` seconds ago.

    To its limit; but a further run waits as long as `usual_s`, or as the limit if that is shorter.
    """
    return max(limit_s - age_s, min(limit_s, usual_s))


async def _ask_if_due(
    context: Context, job_run: JobRun, subscription: Subscription, listed: TaskStatus | None
) -> TaskStatus | None:
    """The task's own status; None while it is enough that the list reports it as waiting."""
    if listed is None and subscription.may_queue(QUEUE_SHARE / context.settings.poll_rate):
        return None
    return await ask(context, job_run.operation, subscription.task_id)


def _best(status: TaskStatus, short: TaskStatus | None) -> TaskStatus:
    """The end of a task; without one, an earlier status with a part of what was paid for."""
    if status.state in ENDED or short is None:
        return status
    return replace(short, state=TaskState.SUCCEEDED)


async def _current_status(
    context: Context, job_run: JobRun, subscription: Subscription
) -> TaskStatus:
    """The task's status now, from the list where the list has enough of it."""
    listed = await subscription.now(LISTED_S)
    is_running = listed is not None and listed.state is TaskState.RUNNING
    if listed is not None and (is_running or _is_complete(context, job_run, listed)):
        return context.redacted_status(listed)
    status = await ask_patiently(context, job_run.operation, subscription.task_id)
    subscription.observe(listed, status, asyncio.get_running_loop().time())
    return status


def _delays(context: Context, job_run: JobRun, subscription: Subscription) -> tuple[float, float]:
    """Seconds until this task is polled singly: without a list that reports it, and with one."""
    poller = context.pollers[job_run.operation.provider]
    timing = subscription.durations.timing
    age_s = subscription.answered_at - subscription.started_at
    now = asyncio.get_running_loop().time()
    since_s = now - subscription.answered_at
    stretch = stretch_of(poller.polled_singly, timing, context.settings.poll_rate)
    jitter = context.random.uniform(0.9, 1.1)
    single_s = next_poll(age_s, timing, stretch=stretch)
    if subscription.waits_long:
        single_s = max(single_s, PATIENT_GAP_S)
    checked_s = next_check(now - subscription.submitted_at, timing)
    return max(0.0, single_s * jitter - since_s), checked_s * jitter


def _is_complete(context: Context, job_run: JobRun, listed: TaskStatus) -> bool:
    """Whether the list's row of an ended task has all that the results need."""
    # Only the answer for the task by itself has the code and the price of a failure.
    price = context.provider(job_run.operation).REPORTS_PRICE
    priced = not price or listed.credits is not None or job_run.task.credits is not None
    return listed.state is TaskState.SUCCEEDED and priced


async def _finish(context: Context, job_run: JobRun, status: TaskStatus) -> Succeeded | Ended:
    """Record what the task's last status means for the job."""
    if status.state in ENDED:
        job_run.finish(status, context.stamp())
    match status.state:
        case TaskState.SUCCEEDED:
            finish = job_run.finish_change(AttemptState.SUCCEEDED, None, context.stamp())
            # Not awaited here: the place in flight is free as soon as the end is noticed, and the
            # record can share a commit with the intent of the job that takes the place.
            job_run.recorded = context.ledger.enqueue(finish, soon=False)
            context.emit(Step.NOTICED, job_run.entry.job.id)
            return Succeeded()
        case TaskState.FAILED:
            finish = job_run.finish_change(AttemptState.FAILED, status.error, context.stamp())
            await context.ledger.commit(finish)
            return Ended(outcome=ended(job_run, State.FAILED, error=status.error))
        # A single answer proves no loss: the next run asks for as long as it takes.
        case TaskState.GONE if not context.asks_once:
            return await _record_loss(context, job_run, status)
        case _:
            return _not_ended(context, job_run, status)


async def _record_loss(context: Context, job_run: JobRun, status: TaskStatus) -> Ended:
    # The provider made this task and does not know it any more: it may have been paid for.
    error = JobError(
        code="task_gone",
        message=f"the provider does not know task {job_run.task.id}: {status.detail}",
        class_=ErrorClass.PROVIDER,
        billed=Billed.UNKNOWN,
    )
    finish = job_run.finish_change(AttemptState.AMBIGUOUS, error, context.stamp())
    await context.ledger.commit(finish)
    reason = Reason(ReasonCode.AS_ERROR, error.message)
    return Ended(outcome=ended(job_run, State.AMBIGUOUS, reason=reason, error=error))


def _not_ended(context: Context, job_run: JobRun, status: TaskStatus) -> Ended:
    stop, breaker = None, context.breakers[job_run.operation.provider]
    if breaker.is_dead:
        reason = Reason(ReasonCode.STOPPED, f"its task has not ended: {breaker.outage_reason()}")
        return Ended(outcome=ended(job_run, State.PENDING, reason=reason))
    if status.fatal:
        text = f"the request for its task was refused: {status.detail}"
        stop = StopReason(reason=Reason(ReasonCode.STOPPED, status.detail), exit=Exit.PROVIDER)
    elif status.state is TaskState.GONE:
        text = not_known_now(status)
    else:
        limit_s = context.settings.limit_s(job_run.entry.limit_s)
        limit = span(limit_s) if job_run.entry.may_queue else f"{limit_s:g} s"
        within = "yet" if context.asks_once else f"within {limit}"
        queued = "; it waits in the provider's queue" if status.state is TaskState.WAITING else ""
        last = f" (the last answer: {status.detail})" if status.detail else ""
        text = f"its task has not ended {within}{queued}{last}"
    code = ReasonCode.QUEUED if job_run.entry.may_queue else ReasonCode.NOT_ENDED
    reason = Reason(code, text)
    return Ended(outcome=ended(job_run, State.PENDING, reason=reason), stop=stop)
