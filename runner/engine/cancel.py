"""Cancelling: asks a provider to cancel a task, and records that it was cancelled."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from runner.engine.context import Context
from runner.engine.job_run import JobRun
from runner.engine.net.pacing import backoff, query
from runner.engine.poll.watch import Deadline, ask, has_no_status
from runner.model.events import Step
from runner.model.requests import CANCELLED, Billed, ErrorClass, JobError, TaskState
from runner.model.tasks import AttemptState
from runner.providers.base import CancelResult
from runner.providers.registry import TaskListApi

CANCELLED_BY_USER = JobError(
    code=CANCELLED, message="cancelled by the user", class_=ErrorClass.TRANSIENT, billed=Billed.NO
)


async def cancel(
    context: Context, job_run: JobRun, api: TaskListApi, deadline: Deadline
) -> str | None:
    """Cancel a task and record it; returns why it was not cancelled, None if it was.

    Only a task that still waits can be cancelled, and is not billed (the vendor's public
    documentation). Asks again until the answer decides, which renews the deadline, or until that
    has passed. Raises LedgerError.
    """
    tries = 0
    # Cancelling twice does no harm, so unlike a submission it may be repeated without proof.
    while (result := await _try_once(context, job_run, api)).error:
        error = context.redacted(result.error)
        delay_s = backoff(tries, context.random, result.retry_after_s)
        if not result.retriable:
            deadline.renew()
        if not result.retriable or not deadline.allows(delay_s):
            return error
        context.emit(Step.RETRYING, job_run.entry.job.id, f"{error}; again in {delay_s:.1f} s")
        tries += 1
        await asyncio.sleep(delay_s)
    deadline.renew()
    if job_run.task.credits is not None:
        job_run.task = replace(job_run.task, credits=0)
    # A run that noticed the end first has recorded the same.
    finish = job_run.finish_change(AttemptState.FAILED, CANCELLED_BY_USER, context.stamp())
    await context.ledger.commit(finish)
    return None


async def _try_once(context: Context, job_run: JobRun, api: TaskListApi) -> CancelResult:
    """Ask once; after an error the task's own status decides."""
    assert job_run.task.id is not None
    rate = context.rates[job_run.operation.provider]
    request = api.cancel(context.account(job_run.operation), job_run.task.id)
    result = await query(context.http, rate, request, api.read_cancel)
    # After "too many requests" nothing was done, and a status request would be one more.
    if not result.error or result.throttled:
        return result
    # An earlier request may have cancelled it although its answer was lost.
    status = await ask(context, job_run.operation, job_run.task.id)
    cancelled = status.error is not None and status.error.code == CANCELLED
    if status.state is TaskState.FAILED and cancelled:
        return CancelResult()
    return replace(result, retriable=result.retriable or has_no_status(status))
