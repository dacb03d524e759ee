"""Check: measures each fetched file, and compares it with what was asked for.

It takes place between the download and the file's own name, beside the event loop and after the
job has given up its place in flight, so that nothing but the end of that job waits for it. It
decides nothing: a file that cannot be measured is kept like any other.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from runner.engine.context import Context
from runner.engine.download.expected import damage_warning, shortcomings
from runner.engine.job_run import JobRun
from runner.media.results import Measured, measure_result
from runner.model.events import Step
from runner.model.file_facts import FileFacts, ResultWarning
from runner.model.tasks import FileKind
from runner.validation.expected import expected

LIMIT_S = 90.0
"""More than reading a file to its end may take: a file system hangs."""


async def check(
    context: Context, job_run: JobRun, path: Path, media_type: str, kind: FileKind | None
) -> tuple[FileFacts | None, tuple[ResultWarning, ...]]:
    """What was measured of a file, and in what it is not as asked for; None if that fails."""
    try:
        # One at a time: threads that wait for PyAV would be missing where files are written.
        async with context.measuring, asyncio.timeout(LIMIT_S):
            found = await asyncio.to_thread(measure_result, path, media_type)
    except TimeoutError:
        _report(context, job_run, f"nothing for {LIMIT_S:.0f} s")
    except Exception as error:  # noqa: BLE001 - a paid result must not be lost by looking at it
        _report(context, job_run, f"{type(error).__name__}: {error}")
    else:
        return found.facts, _warnings(job_run, found, kind)
    return None, ()


def _warnings(job_run: JobRun, found: Measured, kind: FileKind | None) -> tuple[ResultWarning, ...]:
    # A cover has a size of its own, and a mark may be added to another encoding.
    if kind is not None:
        return () if found.damage is None else (damage_warning(found.damage),)
    wanted = expected(job_run.operation, job_run.entry.job.parameters)
    return tuple(shortcomings(wanted, found))


def _report(context: Context, job_run: JobRun, why: str) -> None:
    text = f"its file was fetched, but not checked: {why}"
    context.emit(Step.RETRYING, job_run.entry.job.id, context.redacted(text))
