"""Upstream: asks providers for what a request needs of other jobs' results and no record has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from runner.engine.context import Context
from runner.engine.poll.watch import ask_patiently
from runner.model.jobs import Job
from runner.model.outcomes import Outcome
from runner.model.requests import ONLY_WATERMARKED, TaskStatus
from runner.model.values import JobOutput, references
from runner.planning.chained import Upstream, is_due
from runner.timestamps import stamp

URLS_KEPT = timedelta(minutes=30)
"""How long the URLs of a finished task are used as they are: some live for an hour only."""


class NotClean(Exception):  # noqa: N818 - caught one level up, never shown as it is
    """Only the watermarked version of another job's result is here; nothing was sent."""


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
    place = context.result_files
    found = {need: _known(context, outcomes[need]) for need in job.draft.needs}
    for need in {p.job for _, p in references(job.parameters) if is_due(place, found[p.job], p)}:
        if (status := await _ask(context, outcomes[need])) is not None:
            known = found[need]
            ids = tuple(each.id for each in status.creations)
            task = replace(
                known.task,
                urls=status.urls or known.task.urls,
                creation_ids=ids if any(ids) else known.task.creation_ids,
            )
            found[need] = replace(known, task=task, creations=status.creations)
    return found


def _known(context: Context, outcome: Outcome) -> Upstream:
    made_at = outcome.task.finished_at
    is_old = made_at is None or made_at < stamp(context.now() - URLS_KEPT)
    return Upstream(
        task=outcome.task, files=outcome.files, may_have_expired=outcome.reused or is_old
    )


async def _ask(context: Context, outcome: Outcome) -> TaskStatus | None:
    """What the provider reports of a job's task now; None where it cannot be asked."""
    operation = context.operations[outcome.job.operation]
    if outcome.task.id is None or operation.provider not in context.settings.accounts:
        return None
    return await ask_patiently(context, operation, outcome.task.id)


async def fresh_url(context: Context, outcome: Outcome, part: JobOutput) -> str | None:
    """The URL of another job's file, asked for now; None where it is not offered."""
    status = await _ask(context, outcome)
    if part.attribute == "cover":
        return status.creations[0].cover_url if status and status.creations else None
    urls = (status.urls if status else ()) or outcome.task.urls
    return urls[part.index] if part.index < len(urls) else None
