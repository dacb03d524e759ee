"""What a task made is brought home: fetched, verified, put in its place, or found where it lies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from runner import media
from runner.engine.context import Context, Ending, JobRun
from runner.engine.download import place
from runner.engine.download.fetch import DownloadError, fetch
from runner.engine.net.pacing import backoff
from runner.engine.outcomes import ended
from runner.engine.poll.ask import ask_patiently
from runner.errors import OutputError
from runner.ledger import Finish, Store
from runner.model import (
    RESULT_GONE,
    Action,
    AttemptState,
    Billed,
    ErrorClass,
    JobError,
    PlanEntry,
    Reason,
    ReasonCode,
    State,
    Step,
    StoredFile,
    TaskState,
)

TRIES = 5
"""How often a URL may lead to something else than the file, fresh ones included."""


async def collect(context: Context, job_run: JobRun) -> Ending:
    """Fetch what the task made; paid but not fetched is pending, never failed.

    Its end is on record before anything else.
    """
    if job_run.recorded is not None:
        await asyncio.shield(job_run.recorded)  # the run's end may cut this wait
    if not context.settings.download:
        return Ending(outcome=ended(job_run, State.SUCCEEDED))
    found = await _fetch_files(context, job_run)
    match found:
        case tuple():
            return Ending(outcome=ended(job_run, State.SUCCEEDED, files=found))
        case JobError():
            return Ending(outcome=ended(job_run, State.FAILED, error=found))
        case str():
            reason = Reason(ReasonCode.NOT_FETCHED, f"made, not yet fetched: {found}")
            return Ending(outcome=ended(job_run, State.PENDING, reason=reason))


async def _fetch_files(
    context: Context, job_run: JobRun
) -> tuple[StoredFile, ...] | JobError | str:
    """Fetch every file of a finished task; returns them, or what hindered it.

    A `JobError` means that there is nothing to be fetched any more. The URLs that an earlier run
    was told are not even tried: they are valid for a day at most (the vendor's public
    documentation).
    """
    if not job_run.task.urls or job_run.entry.action is Action.FETCH:
        trouble = await _freshen(context, job_run)
        if trouble:
            return trouble
    stored: list[StoredFile] = []
    while len(stored) < len(job_run.task.urls):
        file = await _persist(context, job_run, len(stored))
        if not isinstance(file, StoredFile):
            return file
        stored.append(file)
    if job_run.number is not None:
        store = Store(number=job_run.number, files=kept(context, stored))
        await context.ledger.commit(store)
    context.emit(Step.FETCHED, job_run.entry.job.id)
    return tuple(stored)


def kept(context: Context, stored: Iterable[StoredFile]) -> tuple[StoredFile, ...]:
    """Files as the ledger keeps them: their paths start from its own folder."""
    return tuple(
        replace(file, path=place.relative(context.base / file.path, context.archive.parent))
        for file in stored
    )


async def on_record(context: Context, job_run: JobRun, gone: JobError | None = None) -> None:
    """Fresh URLs, and the success itself where so far only a results manifest knew of it.

    A result that is `gone` was made all the same: its attempt stays a success, with that error.
    """
    if job_run.number is None:
        return
    await context.ledger.commit(end_of(context, job_run, AttemptState.SUCCEEDED, gone))


def end_of(
    context: Context, job_run: JobRun, state: AttemptState, error: JobError | None
) -> Finish:
    """The end of the flight's task, as it goes on record."""
    assert job_run.number is not None
    return Finish(
        number=job_run.number,
        state=state,
        finished_at=job_run.task.finished_at or context.stamp(),
        seed=job_run.task.seed,
        credits=job_run.task.credits,
        usage=job_run.task.usage,
        urls=job_run.task.urls,
        error=error,
    )


async def _persist(context: Context, job_run: JobRun, index: int) -> StoredFile | JobError | str:
    """Fetch one file, trying again and with fresh URLs; the last trouble in words if it fails.

    A file host that is out is put up with as long as a provider is; what is there and is no
    such file is asked for a few times.
    """
    loop, wrong, tries = asyncio.get_running_loop(), 0, 0
    end = loop.time() + context.settings.outage_s
    while True:
        try:
            return await _fetch_one(context, job_run, index)
        except OutputError as error:  # no room, or something in the way: others may fare better
            return error.message
        except DownloadError as error:
            trouble = str(error)
            if error.kind != "transient":
                wrong += 1
                stale = await _freshen(context, job_run)
                if isinstance(stale, JobError):
                    return stale
                trouble = stale or trouble
        delay = backoff(tries, context.random)
        tries += 1
        if wrong >= TRIES or index >= len(job_run.task.urls) or loop.time() + delay > end:
            return trouble
        await asyncio.sleep(delay)


async def _fetch_one(context: Context, job_run: JobRun, index: int) -> StoredFile:
    job = job_run.entry.job.id
    fetched = await fetch(
        context.http,
        job_run.task.urls[index],
        context.outputs,
        name_of(job, index),
        expected=job_run.operation.makes,
        private=await context.http.is_private_api(context.account(job_run.operation).base_url),
    )
    target = context.outputs / f"{name_of(job, index)}.{media.EXTENSIONS[fetched.media_type]}"
    await asyncio.to_thread(
        place.rename_into_place,
        fetched.path,
        target,
        fetched.sha256,
        context.archive,
        context.hashes,
    )
    return StoredFile(
        path=place.relative(target, context.base),
        sha256=fetched.sha256,
        bytes=fetched.bytes,
        media_type=fetched.media_type,
    )


async def _freshen(context: Context, job_run: JobRun) -> JobError | str | None:
    """Ask for URLs that are valid now; None when they are there, otherwise what is the matter."""
    if job_run.task.id is None:
        return _gone("its file is not there, and no task is known that could be asked for it")
    status = await ask_patiently(context, job_run.operation, job_run.task.id)
    if status.state is TaskState.GONE:
        gone = _gone(f"its file is not there, and its task is gone: {status.detail}")
        await on_record(context, job_run, gone)
        return gone
    if status.state is not TaskState.SUCCEEDED or not status.urls:
        return f"no fresh URL: {status.detail or status.state.value}"
    job_run.task = replace(job_run.task, urls=status.urls)
    await on_record(context, job_run)
    return None


def _gone(what: str) -> JobError:
    return JobError(
        code=RESULT_GONE,
        message=what,
        class_=ErrorClass.PROVIDER,
        billed=Billed.YES,
    )


async def shelve(
    context: Context, entry: PlanEntry, stored: tuple[StoredFile, ...] | None = None
) -> tuple[StoredFile, ...]:
    """See to it that files made before lie under this job's name; returns where they now are.

    `stored` defaults to the files of the entry's earlier attempt. A file that lies elsewhere (the
    job was renamed, its file displaced, another job shares it) is linked or copied, never moved.
    """
    if stored is None:
        known = entry.attempt or entry.evidence
        stored = known.files if known is not None else ()
    return tuple(
        [
            await asyncio.to_thread(_shelve_one, context, name_of(entry.job.id, index), file)
            for index, file in enumerate(stored)
        ]
    )


def _shelve_one(context: Context, name: str, file: StoredFile) -> StoredFile:
    target = context.outputs / f"{name}.{media.EXTENSIONS[file.media_type]}"
    place.copy_into_place(
        context.base / file.path, target, file.sha256, context.archive, context.hashes
    )
    return replace(file, path=place.relative(target, context.base))


def name_of(job: str, index: int) -> str:
    """The name, without extension, of a job's n-th file (from 0)."""
    return job if index == 0 else f"{job}~{index + 1}"
