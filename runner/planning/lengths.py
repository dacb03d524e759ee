"""Lengths: prices a job by the seconds of what other jobs make, as far as these are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from runner.model.jobs import Job, JobMedia, Media
from runner.model.operations import Amount, Operation
from runner.model.plans import Action, PlanEntry
from runner.model.tasks import StoredFile, results_of
from runner.model.values import Attribute, Deferred, JobOutput, walk
from runner.validation.expected import requested_s

_RESULTS: frozenset[Attribute] = frozenset({"output", "url", "creation_id", "picked"})
"""The attributes that stand for the result itself, which has a length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A job whose result another one uses, for its length."""

    operation: Operation
    job: Job
    files: Sequence[StoredFile] = ()
    """Of its result; empty as long as it is not made."""

    def seconds(self, part: JobOutput) -> float | None:
        """How long its result is: as measured, else as asked for; None where neither is known."""
        if part.attribute not in _RESULTS or self.operation.makes == "image":
            return None
        made = results_of(self.files)
        facts = made[part.index].facts if part.index < len(made) else None
        if facts is not None and facts.seconds is not None:
            return facts.seconds
        return requested_s(self.operation, self.job.parameters)


def measured(job: Job, upstream: Mapping[str, Upstream]) -> JobMedia | None:
    """The job's media, those that others make with their lengths; None where no length is known.

    What an id of another job's result stands for has its length at the place of the id.
    """
    found: dict[tuple[str | int, ...], Media | Deferred] = {}
    for path, leaf in walk(job.parameters):
        part = leaf.parts[0] if isinstance(leaf, Deferred) and len(leaf.parts) == 1 else None
        if not isinstance(part, JobOutput) or (maker := upstream.get(part.job)) is None:
            continue
        if (seconds := maker.seconds(part)) is not None:
            found[path] = _of_length(part, seconds)
    return {**job.media, **found} if found else None


def _of_length(part: JobOutput, seconds: float) -> Media:
    return Media(
        source=f"jobs.{part.job}.{part.attribute}[{part.index}]",  # equal for the same result alone
        path=None,
        sha256=None,
        media_type=None,
        size_bytes=None,
        seconds=seconds,
    )


def with_chained_prices(
    entries: Iterable[PlanEntry],
    operations: Mapping[str, Operation],
    estimate: Callable[[Job], Amount | None],
) -> list[PlanEntry]:
    """The entries of a plan, submissions of chained jobs with the prices that lengths give them."""
    every = list(entries)
    if not any(entry.job.draft.needs for entry in every):
        return every
    by_id = {entry.job.id: entry for entry in every}
    return [_priced(entry, by_id, operations, estimate) for entry in every]


def _priced(
    entry: PlanEntry,
    by_id: Mapping[str, PlanEntry],
    operations: Mapping[str, Operation],
    estimate: Callable[[Job], Amount | None],
) -> PlanEntry:
    if entry.action is not Action.SUBMIT or not entry.job.draft.needs:
        return entry
    makers = {need: _upstream(by_id[need], by_id, operations) for need in entry.job.draft.needs}
    media = measured(entry.job, {need: maker for need, maker in makers.items() if maker})
    # The fingerprint stays that of the job: only its price is looked up with these media.
    price = None if media is None else estimate(replace(entry.job, media=media))
    return entry if price is None else replace(entry, estimate=price)


def _upstream(
    entry: PlanEntry, by_id: Mapping[str, PlanEntry], operations: Mapping[str, Operation]
) -> Upstream | None:
    maker = by_id[entry.share] if entry.share else entry
    operation = operations.get(maker.job.operation)
    if operation is None:
        return None
    # Of a job that is made again the earlier result is not the one that will be used.
    is_made = maker.action in (Action.REUSE, Action.FETCH)
    known = maker.earlier if is_made else None
    return Upstream(operation=operation, job=maker.job, files=known.files if known else ())
