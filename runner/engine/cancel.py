"""A task that waits in; called off and on record as such out, or why it could not be."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from runner.engine.context import Context, JobRun
from runner.engine.net import redaction
from runner.engine.net.pacing import backoff, query
from runner.engine.poll.ask import Deadline, ask, has_no_status
from runner.ledger import Finish
from runner.model import (
    CANCELLED,
    AttemptState,
    Billed,
    ErrorClass,
    JobError,
    Step,
    TaskState,
    TaskStatus,
)
from runner.providers.base import CancelResult
from runner.providers.registry import TaskListApi

_CANCELLED = JobError(
    code=CANCELLED,
    message="cancelled by the user",
    class_=ErrorClass.TRANSIENT,
    billed=Billed.NO,
)


async def cancel(
    context: Context, job_run: JobRun, api: TaskListApi, patience: Deadline
) -> str | None:
    """Have a task not made: None when it is cancelled and on record, otherwise why it is not.

    Only what still waits can be cancelled, says the vendor's public documentation; that is not
    billed. It does no harm to ask for it again: until the answer is decided, or `patience` with
    the provider is at its end, which each decided answer renews. Raises LedgerError.
    """
    tries = 0
    while (said := await _asked(context, job_run, api)).error:
        trouble = redaction.of_text(said.error, context.settings.secrets)
        delay_s = backoff(tries, context.random, said.retry_after_s)
        if not said.retriable:
            patience.renew()
        if not said.retriable or not patience.lasts(delay_s):
            return trouble
        text = f"{trouble}; again in {delay_s:.1f} s"
        context.emit(Step.RETRYING, job_run.entry.job.id, text)
        tries += 1
        await asyncio.sleep(delay_s)
    patience.renew()
    await _record(context, job_run)
    return None


async def _asked(context: Context, job_run: JobRun, api: TaskListApi) -> CancelResult:
    """What came of asking once; where the answer leaves a doubt, by what the task itself tells."""
    assert job_run.task.id is not None
    rate = context.rates[job_run.operation.provider]
    request = api.cancel(context.account(job_run.operation), job_run.task.id)
    said = await query(context.http, rate, request, api.read_cancel)
    # Where there were too many requests nothing was done, and a question would be one more.
    if not said.error or said.throttled:
        return said
    status = await ask(context, job_run.operation, job_run.task.id)
    if _is_cancelled(status):
        return CancelResult()
    return replace(said, retriable=said.retriable or has_no_status(status))


def _is_cancelled(status: TaskStatus) -> bool:
    cancelled = status.error is not None and status.error.code == CANCELLED
    return status.state is TaskState.FAILED and cancelled


async def _record(context: Context, job_run: JobRun) -> None:
    """That it came to nothing and cost nothing; a run that noticed it first has said the same."""
    assert job_run.number is not None
    finish = Finish(
        number=job_run.number,
        state=AttemptState.FAILED,
        finished_at=context.stamp(),
        credits=None if job_run.task.credits is None else 0,
        error=_CANCELLED,
    )
    await context.ledger.durable(finish)
