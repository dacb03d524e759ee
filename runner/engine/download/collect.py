"""Collects the files of succeeded tasks, and records them; what is not here yet stays pending."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from runner.engine.context import Context
from runner.engine.download.result import fetch_result
from runner.engine.download.reuse import files_here, kept_files, ledger_files
from runner.engine.download.urls import (
    NotFetched,
    ResultGone,
    record_success,
    refresh_urls,
    url_of,
)
from runner.engine.job_run import Ended, JobRun
from runner.engine.outcomes import ended
from runner.ledger.changes import Store
from runner.model.events import Step
from runner.model.outcomes import State
from runner.model.plans import Action
from runner.model.reasons import Reason, ReasonCode
from runner.model.tasks import StoredFile, UrlName


async def collect(context: Context, job_run: JobRun) -> Ended:
    """Fetch the files of a succeeded task; paid but not fetched is pending, never failed."""
    if job_run.recorded is not None:
        # The end is on record before anything else. The run's own end may cancel this wait.
        await asyncio.shield(job_run.recorded)
    if not context.settings.download:
        return Ended(outcome=ended(job_run, State.SUCCEEDED))
    try:
        files = await _fetch_files(context, job_run)
    except (ResultGone, NotFetched) as failure:
        if job_run.fetched:
            return await _without_others(context, job_run, failure)
        # What is here of a result with a shortfall stays until there is something better.
        files = await kept_files(context, job_run)
        if not files:
            return await _not_fetched(context, job_run, failure)
    return Ended(outcome=ended(job_run, State.SUCCEEDED, files=files))


async def _without_others(
    context: Context, job_run: JobRun, failure: ResultGone | NotFetched
) -> Ended:
    """The end of a job whose results are here, but not all that is offered beside them."""
    files = job_run.fetched
    if isinstance(failure, ResultGone):  # they are not to be had any more: nobody asks again
        await _store(context, job_run, files, kept=frozenset(context.settings.keep))
        context.emit(Step.RETRYING, job_run.entry.job.id, f"{failure}; its results are here")
        return Ended(outcome=ended(job_run, State.SUCCEEDED, files=files))
    await _store(context, job_run, files)
    reason = Reason(ReasonCode.NOT_FETCHED, f"made, not all of it fetched: {failure}")
    return Ended(outcome=ended(job_run, State.PENDING, reason=reason, files=files))


async def _not_fetched(
    context: Context, job_run: JobRun, failure: ResultGone | NotFetched
) -> Ended:
    if isinstance(failure, ResultGone):
        if job_run.task.id is not None:
            await record_success(context, job_run, failure.error)
        return Ended(outcome=ended(job_run, State.FAILED, error=failure.error))
    reason = Reason(ReasonCode.NOT_FETCHED, f"made, not yet fetched: {failure}")
    return Ended(outcome=ended(job_run, State.PENDING, reason=reason))


async def _fetch_files(context: Context, job_run: JobRun) -> tuple[StoredFile, ...]:
    """Fetch every file that is wanted, and record them; raises NotFetched and ResultGone."""
    keep = context.settings.keep
    here = await files_here(context, job_run)
    # The URLs of an earlier run are not even tried: they are valid for a day at most (the
    # vendor's public documentation). Only a synchronous answer may be all that ever shows them.
    is_synchronous = job_run.operation.result.synchronous
    is_old = job_run.entry.action is Action.FETCH or (keep != ("url",) and not job_run.creations)
    if not job_run.task.urls or (is_old and not is_synchronous):
        await refresh_urls(context, job_run)
    if "url" in keep:
        job_run.fetched = await _fetch_all(context, job_run, "url", here)
    files = list(job_run.fetched)
    for name in keep:
        if name != "url":
            files += await _fetch_all(context, job_run, name, here)
    await _store(context, job_run, files, kept=frozenset(keep))
    context.emit(Step.FETCHED, job_run.entry.job.id)
    return tuple(files)


async def _fetch_all(
    context: Context,
    job_run: JobRun,
    name: UrlName,
    here: Mapping[tuple[UrlName, int], StoredFile],
) -> tuple[StoredFile, ...]:
    """The files of that URL, of every result that is offered with it."""
    stored: list[StoredFile] = []
    index = 0
    while index < len(job_run.task.urls):  # their number may change with fresh URLs
        if url_of(job_run, name, index) is not None:
            known = here.get((name, index))
            stored.append(known or await fetch_result(context, job_run, name, index))
        index += 1
    return tuple(stored)


async def _store(
    context: Context,
    job_run: JobRun,
    files: Iterable[StoredFile],
    kept: frozenset[UrlName] = frozenset(),
) -> None:
    if job_run.number is not None:
        store = Store(number=job_run.number, files=ledger_files(context, files), kept=kept)
        await context.ledger.commit(store)
