"""What a task made is brought home: fetched, verified, put in its place, or found where it lies."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from runner import media
from runner.engine import files, retry
from runner.engine.asking import ask
from runner.engine.context import Context, Flight, durable
from runner.engine.download import DownloadError, fetch
from runner.ledger import Store
from runner.model import Action, PlanEntry, Step, StoredFile, TaskState

TRIES = 5
"""How often one file is tried before the job is left for the next run."""


async def fetch_files(
    context: Context, flight: Flight
) -> tuple[tuple[StoredFile, ...], str | None]:
    """Fetch every file of a finished task; returns them, or what hindered it.

    The URLs that an earlier run was told are not even tried: they are valid for a day at most
    (the vendor's public documentation).
    """
    if not flight.urls or flight.entry.action is Action.FETCH:
        trouble = await _freshen(context, flight)
        if trouble:
            return (), trouble
    stored: list[StoredFile] = []
    while len(stored) < len(flight.urls):
        file = await _persist(context, flight, len(stored))
        if not isinstance(file, StoredFile):
            return (), file
        stored.append(file)
    if flight.number is not None:
        await durable(context.journal.submit(Store(number=flight.number, files=tuple(stored))))
    context.tell(Step.FETCHED, flight.entry.job.id)
    return tuple(stored), None


async def _persist(context: Context, flight: Flight, index: int) -> StoredFile | str:
    """Fetch one file, trying again and with fresh URLs; the last trouble in words if it fails."""
    for tries in range(TRIES):
        if tries:
            await asyncio.sleep(retry.backoff(tries - 1, context.random, None))
        try:
            return await _fetch_one(context, flight, index)
        except DownloadError as error:
            trouble = str(error)
            if error.kind != "transient":
                trouble = await _freshen(context, flight) or trouble
        if index >= len(flight.urls):
            break
    return trouble


async def _fetch_one(context: Context, flight: Flight, index: int) -> StoredFile:
    job = flight.entry.job.id
    fetched = await fetch(
        context.http,
        flight.urls[index],
        context.outputs,
        name_of(job, index),
        makes=flight.operation.makes,
        private=await context.http.is_near(context.account(flight.operation).base_url),
    )
    target = context.outputs / f"{name_of(job, index)}.{media.EXTENSIONS[fetched.media_type]}"
    await asyncio.to_thread(files.place, fetched.path, target, fetched.sha256, context.archive)
    return StoredFile(
        path=files.relative(target, context.base),
        sha256=fetched.sha256,
        bytes=fetched.bytes,
        media_type=fetched.media_type,
    )


async def _freshen(context: Context, flight: Flight) -> str | None:
    """Ask for URLs that are valid now; None when they are there, otherwise what is the matter."""
    if flight.task_id is None:
        return "its task is not known"
    status = await ask(context, flight.operation, flight.task_id)
    if status.state is not TaskState.SUCCEEDED or not status.urls:
        return f"no fresh URL: {status.detail or status.state.value}"
    flight.urls = status.urls
    return None


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
    files.shelve(context.base / file.path, target, file.sha256, context.archive)
    return replace(file, path=files.relative(target, context.base))


def name_of(job: str, index: int) -> str:
    """The name, without extension, of a job's n-th file (from 0)."""
    return job if index == 0 else f"{job}~{index + 1}"
