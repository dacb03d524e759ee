"""Upstream: finds the values that other jobs' results stand for in a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.engine.context import Context
from runner.engine.poll.watch import ask_patiently
from runner.errors import plural
from runner.file_names import located
from runner.model.jobs import Job
from runner.model.outcomes import Outcome
from runner.model.requests import (
    ONLY_WATERMARKED,
    Billed,
    Creation,
    ErrorClass,
    JobError,
    TaskStatus,
)
from runner.model.tasks import StoredFile, results_of
from runner.model.values import JobOutput, references


class UnusableResult(Exception):  # noqa: N818 - caught one level up, never shown as it is
    """Another job's result, or a changed image, does not fit; nothing was sent."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.error = JobError(code=code, message=message, class_=ErrorClass.INPUT, billed=Billed.NO)


class NotClean(Exception):  # noqa: N818 - caught one level up, never shown as it is
    """Only the watermarked version of another job's result is here; nothing was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A job that has ended, and what its provider offers of its results."""

    outcome: Outcome
    urls: tuple[str, ...]
    """Valid now, where one of them is needed."""
    creation_ids: tuple[str | None, ...]
    creations: tuple[Creation, ...] = ()
    """By an answer of just now, where something of it is needed."""


def check_clean(job: Job, outcomes: Mapping[str, Outcome]) -> None:
    """Raise NotClean: nobody wants to pay for a video of a picture with the vendor's mark."""
    for _, part in references(job.parameters):
        shortfall = outcomes[part.job].shortfall
        is_result = part.attribute in {"output", "url"}
        if is_result and shortfall and shortfall.code == ONLY_WATERMARKED:
            raise NotClean(f'needs "{part.job}", of which only the watermarked version is here')


async def gather(
    context: Context, job: Job, outcomes: Mapping[str, Outcome]
) -> dict[str, Upstream]:
    """The jobs that this one needs; their providers are asked for what is not known, or too old."""
    found = {need: _known(outcomes[need]) for need in job.draft.needs}
    for need in {p.job for _, p in references(job.parameters) if _is_due(context, found[p.job], p)}:
        if (status := await _ask(context, found[need].outcome)) is not None:
            known = found[need]
            ids = tuple(each.id for each in status.creations)
            found[need] = Upstream(
                outcome=known.outcome,
                urls=status.urls or known.urls,
                creation_ids=ids if any(ids) else known.creation_ids,
                creations=status.creations,
            )
    return found


def _known(outcome: Outcome) -> Upstream:
    task = outcome.task
    return Upstream(outcome=outcome, urls=task.urls, creation_ids=task.creation_ids)


def _is_due(context: Context, upstream: Upstream, part: JobOutput) -> bool:
    """Whether the provider has to be asked for a part of a result."""
    match part.attribute:
        case "output" | "url":  # the URLs of an earlier run may have expired
            return is_by_url(context, upstream, part) and upstream.outcome.reused
        case "cover":  # the outcome has no URL of it
            return is_by_url(context, upstream, part)
        case "creation_id":
            return not any(upstream.creation_ids)
    return False


async def _ask(context: Context, outcome: Outcome) -> TaskStatus | None:
    """What the provider reports of a job's task now; None where it cannot be asked."""
    operation = context.operations[outcome.job.operation]
    if outcome.task.id is None or operation.provider not in context.settings.accounts:
        return None
    return await ask_patiently(context, operation, outcome.task.id)


def files_of(upstream: Upstream, part: JobOutput) -> tuple[StoredFile, ...]:
    """The files that an output, or a cover, is one of."""
    if part.attribute == "cover":
        return tuple(file for file in upstream.outcome.files if file.kind == "cover")
    return results_of(upstream.outcome.files)


def is_by_url(context: Context, upstream: Upstream, part: JobOutput) -> bool:
    """Whether a part of a value is the URL of another job's file, not the file's path."""
    if part.attribute == "cover":
        return not files_of(upstream, part)
    has_files = context.settings.download and "url" in context.settings.keep
    return part.attribute == "url" or (part.attribute == "output" and not has_files)


async def fresh_url(context: Context, upstream: Upstream, part: JobOutput) -> str | None:
    """The URL of another job's file, asked for now; None where it is not offered."""
    status = await _ask(context, upstream.outcome)
    if part.attribute == "cover":
        return status.creations[0].cover_url if status and status.creations else None
    urls = (status.urls if status else ()) or upstream.urls
    return urls[part.index] if part.index < len(urls) else None


def value_of(context: Context, upstream: Upstream, part: JobOutput) -> Any:
    """The value of `${{ jobs.ID.attribute }}`, now that the job is done; raises UnusableResult."""
    task = upstream.outcome.task
    match part.attribute:
        case "seed":
            why = f'job "{part.job}" left its seed to the provider'
            return _existing(task.seed, "unknown_seed", why)
        case "task_id":
            return _existing(task.id, "unknown_task", f'job "{part.job}" has a task without an id')
        case "creation_id":
            why = f'the provider gives no id of what job "{part.job}" made'
            return _existing(next(iter(upstream.creation_ids), None), "unknown_creation", why)
        case "cover" if is_by_url(context, upstream, part):
            url = upstream.creations[0].cover_url if upstream.creations else None
            return _existing(url, "no_such_output", f'job "{part.job}" has no cover')
    # Relative paths of images start from the manifest's folder, those of results from theirs.
    files = files_of(upstream, part)
    paths = tuple(str(located(file.path, context.base).absolute()) for file in files)
    made = upstream.urls if is_by_url(context, upstream, part) else paths
    if part.index >= len(made):
        what = f'job "{part.job}" made {plural(len(made), "file")}'
        raise UnusableResult("no_such_output", f"{what}; there is no output {part.index}")
    return made[part.index]


def _existing(value: Any, code: str, why: str) -> Any:
    if value is None:
        raise UnusableResult(code, why)
    return value
