"""URLs: asks for those of a succeeded task that are valid now, and records them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from runner.engine.context import Context
from runner.engine.job_run import JobRun
from runner.engine.net.pacing import backoff
from runner.engine.poll.watch import GONE_TOLERATED_S, ask_patiently, not_known_now
from runner.model.requests import RESULT_GONE, Billed, ErrorClass, JobError, TaskState, TaskStatus
from runner.model.tasks import AttemptState, UrlName


class NotFetched(Exception):  # noqa: N818 - caught in `collect`, never shown as it is
    """The files are not here yet; a later run tries again."""


class ResultGone(Exception):  # noqa: N818 - caught in `collect`, never shown as it is
    """The files are not here, and the provider has them no longer."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.error = JobError(
            code=RESULT_GONE, message=message, class_=ErrorClass.PROVIDER, billed=Billed.YES
        )


def url_of(job_run: JobRun, name: UrlName, index: int) -> str | None:
    """The URL of that name of the n-th result (from 0); None where it is not offered."""
    urls, creations = job_run.task.urls, job_run.creations
    if name == "url" or index >= len(creations):
        return urls[index] if name == "url" and index < len(urls) else None
    url: str | None = getattr(creations[index], name)
    # The marked version that stands in for the result is not fetched a second time.
    return None if url == urls[index] else url


async def refresh_urls(context: Context, job_run: JobRun) -> None:
    """Ask for URLs that are valid now; raises NotFetched and ResultGone."""
    if job_run.task.id is None:
        raise ResultGone("the file is missing, and no task is known to ask for it")
    status = await _status_now(context, job_run, job_run.task.id)
    if status.state is TaskState.GONE:
        raise ResultGone(
            f"the file is missing, and the provider no longer has its task ({status.detail})"
        )
    if status.shortfall and job_run.shortfall:  # known before: there is nothing better yet
        status = replace(status, state=TaskState.SUCCEEDED)
    if status.state is not TaskState.SUCCEEDED or not status.urls:
        raise NotFetched(f"no fresh URL: {status.detail or status.state.value}")
    job_run.learn_urls(status)
    await record_success(context, job_run)


async def record_success(context: Context, job_run: JobRun, gone: JobError | None = None) -> None:
    """Record fresh URLs, and the success where so far only a results manifest knew of it.

    A result that is `gone` was made all the same: its attempt stays a success, with that error.
    """
    if job_run.number is not None:
        finish = job_run.finish_change(AttemptState.SUCCEEDED, gone, context.stamp())
        await context.ledger.commit(finish)


async def _status_now(context: Context, job_run: JobRun, task_id: str) -> TaskStatus:
    """The status of a succeeded task, GONE once it has long been missing; raises NotFetched."""
    # A provider's replica may not know the task for a while, as in `watch`.
    loop, tries = asyncio.get_running_loop(), 0
    end = loop.time() + min(GONE_TOLERATED_S, context.settings.limit_s())
    while True:
        known = job_run.shortfall is not None
        status = await ask_patiently(context, job_run.operation, task_id, accept_shortfall=known)
        if status.state is not TaskState.GONE or _is_known_gone(job_run):
            return status
        if context.asks_once:  # one answer proves no loss
            raise NotFetched(not_known_now(status))
        delay = backoff(tries, context.random, status.retry_after_s)
        if loop.time() + delay > end:
            return status
        tries += 1
        await asyncio.sleep(delay)


def _is_known_gone(job_run: JobRun) -> bool:
    """Whether an earlier run has found the result gone; nothing new is to be waited for then."""
    attempt = job_run.entry.attempt
    return attempt is not None and attempt.error is not None and attempt.error.code == RESULT_GONE
