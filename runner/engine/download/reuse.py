"""Reuse: makes files that were fetched before available under a job's name, where they are here."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from runner.engine.context import Context
from runner.engine.download import place
from runner.engine.job_run import JobRun
from runner.errors import OutputError
from runner.file_names import located, relative
from runner.media.types import EXTENSIONS
from runner.model.plans import Action, PlanEntry
from runner.model.tasks import KIND_OF, FileKind, StoredFile, UrlName, results_of


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


def ledger_files(context: Context, stored: Iterable[StoredFile]) -> tuple[StoredFile, ...]:
    """Files as the ledger has them: with paths that start from the ledger's own folder."""
    return tuple(
        replace(file, path=relative(located(file.path, context.base), context.archive.parent))
        for file in stored
    )


async def kept_files(context: Context, job_run: JobRun) -> tuple[StoredFile, ...]:
    """The files of an earlier run, where they are here and nothing better is to be had."""
    earlier = job_run.entry.earlier
    if earlier is None or not (job_run.shortfall or earlier.is_damaged):
        return ()
    try:
        return await reuse_files(context, job_run.entry, earlier.files)
    except OutputError:  # they are not here any more: the reason is why they were not fetched
        return ()


async def files_here(context: Context, job_run: JobRun) -> Mapping[tuple[UrlName, int], StoredFile]:
    """The files that an earlier run has fetched and that are here, by URL and result."""
    earlier = job_run.entry.earlier
    if earlier is None or job_run.entry.action is not Action.FETCH:
        return {}
    # There may be something better now, and with a shortfall which result is which may change.
    if earlier.shortfall or earlier.is_damaged:
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
