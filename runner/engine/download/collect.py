"""Collects the files of succeeded tasks: fetches them, or finds those of earlier runs."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from runner.engine.context import Context
from runner.engine.download import place
from runner.engine.download.fetch import FIRST_S, IDLE_S, DownloadError, fetch
from runner.engine.job_run import Ended, JobRun
from runner.engine.net.pacing import backoff
from runner.engine.net.upload import STALL_S, IdleTimeout
from runner.engine.outcomes import ended
from runner.engine.poll.watch import GONE_TOLERATED_S, ask_patiently, not_known_now
from runner.errors import OutputError
from runner.file_names import located, relative
from runner.ledger.changes import Store
from runner.media.types import EXTENSIONS
from runner.model.events import Step
from runner.model.outcomes import State
from runner.model.plans import Action, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import RESULT_GONE, Billed, ErrorClass, JobError, TaskState, TaskStatus
from runner.model.tasks import (
    KIND_OF,
    AttemptState,
    FileKind,
    StoredFile,
    UrlName,
    results_of,
)
from runner.timestamps import span

TRIES = 5
"""How often URLs, fresh ones included, may lead to something else than the file."""


class NotFetched(Exception):  # noqa: N818 - caught in `collect`, never shown as it is
    """The files are not here yet; a later run tries again."""


class ResultGone(Exception):  # noqa: N818 - caught in `collect`, never shown as it is
    """The files are not here, and the provider has them no longer."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.error = JobError(
            code=RESULT_GONE, message=message, class_=ErrorClass.PROVIDER, billed=Billed.YES
        )


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
        files = await _kept_files(context, job_run)
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


async def _kept_files(context: Context, job_run: JobRun) -> tuple[StoredFile, ...]:
    """The files of an earlier run, where they are here and nothing better is to be had."""
    earlier = job_run.entry.earlier
    if job_run.shortfall is None or earlier is None:
        return ()
    try:
        return await reuse_files(context, job_run.entry, earlier.files)
    except OutputError:  # they are not here any more: the reason is why they were not fetched
        return ()


async def _fetch_files(context: Context, job_run: JobRun) -> tuple[StoredFile, ...]:
    """Fetch every file that is wanted, and record them; raises NotFetched and ResultGone."""
    keep = context.settings.keep
    here = await _files_here(context, job_run)
    # The URLs of an earlier run are not even tried: they are valid for a day at most (the
    # vendor's public documentation). Only a synchronous answer may be all that ever shows them.
    is_synchronous = job_run.operation.result.synchronous
    is_old = job_run.entry.action is Action.FETCH or (keep != ("url",) and not job_run.creations)
    if not job_run.task.urls or (is_old and not is_synchronous):
        await _refresh_urls(context, job_run)
    if "url" in keep:
        job_run.fetched = await _fetch_all(context, job_run, "url", here)
    files = list(job_run.fetched)
    for name in keep:
        if name != "url":
            files += await _fetch_all(context, job_run, name, here)
    await _store(context, job_run, files, kept=frozenset(keep))
    context.emit(Step.FETCHED, job_run.entry.job.id)
    return tuple(files)


async def _files_here(
    context: Context, job_run: JobRun
) -> Mapping[tuple[UrlName, int], StoredFile]:
    """The files that an earlier run has fetched and that are here, by URL and result."""
    earlier = job_run.entry.earlier
    # With a shortfall there may be something better now, and which result is which may change.
    if earlier is None or job_run.entry.action is not Action.FETCH or earlier.shortfall:
        return {}
    here: dict[tuple[UrlName, int], StoredFile] = {}
    for index, file in _numbered(earlier.files):
        stem = name_of(job_run.entry.job.id, index, file.kind)
        with suppress(OutputError):  # it is not here any more: it is fetched
            found = await asyncio.to_thread(_reuse_file, context, stem, file)
            here[_NAME_OF[file.kind], index] = found
    numbers = range(len(results_of(earlier.files)))
    if all(("url", index) in here for index in numbers):
        job_run.fetched = tuple(here["url", index] for index in numbers)
    return here


_NAME_OF = {kind: name for name, kind in KIND_OF.items()}
_NUMBER = re.compile(r"~([0-9]{1,9})\.[^/]*\Z")
"""Of a result but the first, in the names of its files; ids of jobs have no such character."""


def _numbered(files: Iterable[StoredFile]) -> Iterator[tuple[int, StoredFile]]:
    """Files with the index of the result that each belongs to."""
    results = itertools.count()
    for file in files:
        if file.kind is None:
            yield next(results), file
        else:  # not every result need have one
            found = _NUMBER.search(file.path)
            yield (int(found[1]) - 1 if found else 0), file


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
            stored.append(known or await _fetch_file(context, job_run, name, index))
        index += 1
    return tuple(stored)


def url_of(job_run: JobRun, name: UrlName, index: int) -> str | None:
    """The URL of that name of the n-th result (from 0); None where it is not offered."""
    urls, creations = job_run.task.urls, job_run.creations
    if name == "url" or index >= len(creations):
        return urls[index] if name == "url" and index < len(urls) else None
    url: str | None = getattr(creations[index], name)
    # The marked version that stands in for the result is not fetched a second time.
    return None if url == urls[index] else url


async def _store(
    context: Context,
    job_run: JobRun,
    files: Iterable[StoredFile],
    kept: frozenset[UrlName] = frozenset(),
) -> None:
    if job_run.number is not None:
        store = Store(number=job_run.number, files=ledger_files(context, files), kept=kept)
        await context.ledger.commit(store)


def ledger_files(context: Context, stored: Iterable[StoredFile]) -> tuple[StoredFile, ...]:
    """Files as the ledger has them: with paths that start from the ledger's own folder."""
    return tuple(
        replace(file, path=relative(located(file.path, context.base), context.archive.parent))
        for file in stored
    )


async def record_success(context: Context, job_run: JobRun, gone: JobError | None = None) -> None:
    """Record fresh URLs, and the success where so far only a results manifest knew of it.

    A result that is `gone` was made all the same: its attempt stays a success, with that error.
    """
    if job_run.number is not None:
        finish = job_run.finish_change(AttemptState.SUCCEEDED, gone, context.stamp())
        await context.ledger.commit(finish)


async def _fetch_file(context: Context, job_run: JobRun, name: UrlName, index: int) -> StoredFile:
    """Fetch one file, with retries and fresh URLs; raises NotFetched and ResultGone."""
    # A file host gets as long to recover as a provider; an answer that is not the file is
    # accepted only a few times.
    loop, wrong, tries = asyncio.get_running_loop(), 0, 0
    end = loop.time() + context.settings.outage_s
    while True:
        try:
            return await _fetch_once(context, job_run, name, index)
        except OutputError as error:  # another file may still have room, or a free name
            raise NotFetched(error.message) from error
        except DownloadError as error:
            failure = NotFetched(str(error))
            if not error.transient:
                wrong += 1
                try:
                    await _refresh_urls(context, job_run)
                except NotFetched as stale:
                    failure = stale
        left_s = end - loop.time()
        url = url_of(job_run, name, index)
        if wrong >= TRIES or url is None or left_s <= 0:
            raise failure
        delay = min(backoff(tries, context.random), left_s)  # the last try falls on the end
        tries += 1
        _report_missing(context, job_run, url, f"{failure}; trying for {span(left_s)}")
        await asyncio.sleep(delay)


def _report_missing(context: Context, job_run: JobRun, url: str, text: str) -> None:
    host = urlsplit(url).netloc.rpartition("@")[2]
    context.emit(Step.REFETCHING, job_run.entry.job.id, context.redacted(text), subject=host)


async def _fetch_once(context: Context, job_run: JobRun, name: UrlName, index: int) -> StoredFile:
    url, kind = url_of(job_run, name, index), KIND_OF[name]
    assert url is not None
    stem = name_of(job_run.entry.job.id, index, kind)
    # A provider on this network may keep its files there too, one on the internet must not.
    private = await context.http.is_private_api(context.account(job_run.operation).base_url)
    stalled = partial(_report_missing, context, job_run, url, f"nothing for {STALL_S:.0f} s")
    part = await fetch(
        context.http,
        url,
        context.outputs,
        stem,
        expected="image" if kind == "cover" else job_run.operation.makes,
        private=private,
        idle=lambda: IdleTimeout(FIRST_S, IDLE_S, on_stall=stalled),
    )
    target, sha256 = context.outputs / f"{stem}.{EXTENSIONS[part.media_type]}", part.sha256
    await asyncio.to_thread(
        place.rename_into_place, part.path, target, sha256, context.archive, context.hashes
    )
    path = relative(target, context.base)
    return StoredFile(
        path=path, sha256=sha256, bytes=part.size, media_type=part.media_type, kind=kind
    )


async def _refresh_urls(context: Context, job_run: JobRun) -> None:
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


async def reuse_files(
    context: Context, entry: PlanEntry, stored: tuple[StoredFile, ...]
) -> tuple[StoredFile, ...]:
    """Make files that were fetched before available under this job's name; return where they are.

    A file with another name (the job was renamed, its file displaced, another job shares it) is
    copied, never moved.
    """
    return tuple(
        [
            await asyncio.to_thread(
                _reuse_file, context, name_of(entry.job.id, index, file.kind), file
            )
            for index, file in _numbered(stored)
        ]
    )


def _reuse_file(context: Context, name: str, file: StoredFile) -> StoredFile:
    target = context.outputs / f"{name}.{EXTENSIONS[file.media_type]}"
    place.copy_into_place(
        located(file.path, context.base), target, file.sha256, context.archive, context.hashes
    )
    return replace(file, path=relative(target, context.base))


def name_of(job: str, index: int, kind: FileKind | None = None) -> str:
    """The name, without extension, of a job's n-th result (from 0), or of a file beside it."""
    name = job if index == 0 else f"{job}~{index + 1}"
    return f"{name}.{kind}" if kind else name
