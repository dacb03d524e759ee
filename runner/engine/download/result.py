"""Result: fetches one file of a succeeded task, with retries and fresh URLs, and checks it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from runner.engine.context import Context
from runner.engine.download import place
from runner.engine.download.check import check
from runner.engine.download.fetch import FIRST_S, IDLE_S, DownloadError, fetch
from runner.engine.download.reuse import name_of
from runner.engine.download.urls import NotFetched, refresh_urls, url_of
from runner.engine.job_run import JobRun
from runner.engine.net.pacing import backoff
from runner.engine.net.upload import STALL_S, IdleTimeout
from runner.errors import OutputError
from runner.file_names import relative
from runner.media.types import EXTENSIONS
from runner.model.events import Step
from runner.model.file_facts import ResultWarning
from runner.model.tasks import KIND_OF, StoredFile, UrlName
from runner.timestamps import span

TRIES = 5
"""How often URLs, fresh ones included, may lead to something else than the file."""


async def fetch_result(context: Context, job_run: JobRun, name: UrlName, index: int) -> StoredFile:
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
                    await refresh_urls(context, job_run)
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
    try:  # before it has its name: from then on, no time may pass until the ledger has the file
        facts, warnings = await check(context, job_run, part.path, part.media_type, kind)
    except BaseException:
        part.path.unlink(missing_ok=True)
        raise
    target, sha256 = context.outputs / f"{stem}.{EXTENSIONS[part.media_type]}", part.sha256
    await asyncio.to_thread(
        place.rename_into_place, part.path, target, sha256, context.archive, context.hashes
    )
    return StoredFile(
        path=relative(target, context.base),
        sha256=sha256,
        bytes=part.size,
        media_type=part.media_type,
        kind=kind,
        facts=facts,
        warnings=_numbered(warnings, index),
    )


def _numbered(warnings: tuple[ResultWarning, ...], index: int) -> tuple[ResultWarning, ...]:
    """The warnings with the number of the result, unless it is the first one."""
    if index == 0:
        return warnings
    return tuple(
        replace(warning, message=f"result {index + 1}: {warning.message}") for warning in warnings
    )
