"""Chained jobs: puts what other jobs have made into a request, and checks it there.

A plan does so with the results that are here, a run with all of them and with what providers report
now: a job that would fail before it is sent is the same job in both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runner.errors import plural
from runner.file_names import located, relative
from runner.hashing import HashCache
from runner.media.probe import probe
from runner.media.sources import MediaError, inline_form, sent_length
from runner.model.jobs import Job, JobMedia, Media
from runner.model.operations import MediaLimits, Operation
from runner.model.plans import PlanEntry
from runner.model.requests import (
    NO_SUCH_OUTPUT,
    ONLY_WATERMARKED,
    UNFIT,
    UNKNOWN_CREATION,
    UNKNOWN_SEED,
    UNKNOWN_TASK,
    Billed,
    Creation,
    ErrorClass,
    JobError,
)
from runner.model.tasks import Attempt, StoredFile, TaskFacts, results_of
from runner.model.values import (
    Deferred,
    JobOutput,
    Parameters,
    map_leaves,
    references,
    substitute,
)
from runner.validation.jobs import check_job
from runner.validation.media import check_media


class UnusableResult(Exception):  # noqa: N818 - caught one level up, never shown as it is
    """Another job's result, or a changed image, does not fit; nothing was sent."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.error = JobError(code=code, message=message, class_=ErrorClass.INPUT, billed=Billed.NO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """What is known of the results of a job that has ended."""

    task: TaskFacts
    """Its URLs are valid now, where one of them is needed."""
    files: tuple[StoredFile, ...]
    may_have_expired: bool
    """Whether the URLs are of an earlier run, or of hours ago."""
    creations: tuple[Creation, ...] = ()
    """By an answer of just now, where something of it is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFiles:
    """Where the files of other jobs are."""

    base: Path
    """The folder from which their paths start."""
    has_results: bool
    """Whether results are downloaded; their URLs are used otherwise."""
    hashes: HashCache
    find: Callable[[StoredFile], Path | None]
    """The file, which may have been moved; None where it is gone."""


# --------------------------------------------------------------------------- parts of results


def files_of(upstream: Upstream, part: JobOutput) -> tuple[StoredFile, ...]:
    """The files that an output, or a cover, is one of."""
    if part.attribute == "cover":
        return tuple(file for file in upstream.files if file.kind == "cover")
    return results_of(upstream.files)


def is_by_url(place: ResultFiles, upstream: Upstream, part: JobOutput) -> bool:
    """Whether a part of a value is the URL of another job's file, not the file's path."""
    if part.attribute == "cover":
        return not files_of(upstream, part)
    return part.attribute == "url" or (part.attribute == "output" and not place.has_results)


def is_due(place: ResultFiles, upstream: Upstream, part: JobOutput) -> bool:
    """Whether the provider has to be asked for a part of a result."""
    match part.attribute:
        case "output" | "url":
            return is_by_url(place, upstream, part) and upstream.may_have_expired
        case "cover":  # no record has its URL
            return is_by_url(place, upstream, part) and not upstream.creations
        case "creation_id":
            return not any(upstream.task.creation_ids)
    return False


def value_of(place: ResultFiles, upstream: Upstream, part: JobOutput) -> Any:
    """The value of `${{ jobs.ID.attribute }}`, now that the job is done; raises UnusableResult."""
    task = upstream.task
    match part.attribute:
        case "seed":
            why = f'job "{part.job}" left its seed to the provider'
            return _existing(task.seed, UNKNOWN_SEED, why)
        case "task_id":
            return _existing(task.id, UNKNOWN_TASK, f'job "{part.job}" has a task without an id')
        case "creation_id":
            why = f'the provider gives no id of what job "{part.job}" made'
            return _existing(next(iter(task.creation_ids), None), UNKNOWN_CREATION, why)
        case "cover" if is_by_url(place, upstream, part):
            url = upstream.creations[0].cover_url if upstream.creations else None
            return _existing(url, NO_SUCH_OUTPUT, f'job "{part.job}" has no cover')
    paths = tuple(file.path for file in files_of(upstream, part))
    made = task.urls if is_by_url(place, upstream, part) else paths
    if part.index >= len(made):
        what = f'job "{part.job}" made {plural(len(made), "file")}'
        raise UnusableResult(NO_SUCH_OUTPUT, f"{what}; there is no output {part.index}")
    return made[part.index]


def _existing(value: Any, code: str, why: str) -> Any:
    if value is None:
        raise UnusableResult(code, why)
    return value


# ---------------------------------------------------------------------------- files as media


def file_part(
    place: ResultFiles, upstream: Mapping[str, Upstream], medium: Deferred
) -> JobOutput | None:
    """The part that is a file of another job, where the medium is one; None for a URL."""
    for part in medium.parts:
        # Nothing else can be in the text of a file that another job has made.
        if isinstance(part, JobOutput) and (known := upstream.get(part.job)):
            return None if is_by_url(place, known, part) else part
    return None


def fits_inside(upstream: Upstream, part: JobOutput, limits: MediaLimits) -> bool:
    """Whether the file that another job has made may be sent inside the request."""
    if inline_form(limits) is None:
        return False
    most = limits.max_inline_bytes
    return most is None or files_of(upstream, part)[part.index].bytes <= most


def is_too_large(operation: Operation, parameters: Parameters, media: JobMedia) -> bool:
    """Whether the body with every known medium inside it may exceed the provider's limit."""
    if operation.body_limit_bytes is None:
        return False
    known = [(p, medium) for p, medium in media.items() if isinstance(medium, Media)]
    inside = sum(sent_length(medium, operation.limits_of(path)) for path, medium in known)
    plain = substitute(parameters, dict.fromkeys(media, ""))
    size = inside + len(json.dumps(dict(plain), default=str).encode())
    return size > operation.body_limit_bytes[0]


def read_file(
    place: ResultFiles, job: Job, upstream: Upstream, part: JobOutput, limits: MediaLimits
) -> Media:
    """The file that `part` names, for that job. Raises UnusableResult. Blocks."""
    file = files_of(upstream, part)[part.index]
    # As the user would write it in the manifest.
    source = relative(located(file.path, place.base), job.draft.base)
    try:
        return probe(source, job.draft.base, place.hashes, limits, at=place.find(file))
    except MediaError as error:
        raise _unfit([part.job], [error.message]) from error


def read_copy(
    place: ResultFiles,
    job: Job,
    upstream: Mapping[str, Upstream],
    medium: Deferred,
    limits: MediaLimits,
) -> Media | None:
    """What is known of a medium that is sent by its URL: its file is here; None where not. Blocks.

    Its source is the path of that file.
    """
    any_size = replace(limits, forms=("data_uri",), max_inline_bytes=None, max_bytes=None)
    for part in medium.parts:
        if not isinstance(part, JobOutput) or part.attribute not in {"output", "url", "cover"}:
            continue
        known = upstream.get(part.job)
        files = files_of(known, part) if known else ()
        if known and part.index < len(files) and place.find(files[part.index]) is not None:
            try:
                found = read_file(place, job, known, part, any_size)
            except UnusableResult:  # what is not readable here may be so to the provider
                return None
            # Once edited by hand, it is not what the URL leads to.
            is_same = found.sha256 == files[part.index].sha256
            return replace(found, path=None, sha256=None) if is_same else None
    return None


def check_inserted(job: Job, operation: Operation, parameters: Parameters, media: JobMedia) -> None:
    """Raise UnusableResult where the request, with results of other jobs in it, is not valid."""
    sources = {path: each.source for path, each in media.items() if isinstance(each, Media)}
    draft = replace(job.draft, parameters=substitute(parameters, sources))
    findings = [*check_job(draft, operation), *check_media(draft, operation, media)]
    if errors := [finding.message for finding in findings if not finding.warning]:
        raise _unfit(job.draft.needs, errors)


def _unfit(makers: Iterable[str], errors: Iterable[str]) -> UnusableResult:
    names = [f'"{name}"' for name in makers]
    several = "s" if len(names) > 1 else ""
    whose = f"result{several} of job{several} {' and '.join(names)}"
    return UnusableResult(UNFIT, f"with the {whose}: {'; '.join(errors)}")


# --------------------------------------------------------------------------------- in a plan


def find_unusable(
    job: Job, operation: Operation, made: Mapping[str, PlanEntry], place: ResultFiles
) -> JobError | None:
    """Why the job would fail before it is sent; None where nothing here shows that it would.

    `made`: id to entry of the jobs that it needs and whose results are here. Blocks.
    """
    upstream = {name: _upstream(entry) for name, entry in made.items()}
    if any(_is_marked(part, made) for _, part in references(job.parameters)):
        return None  # it waits for the clean version
    try:
        parameters = map_leaves(job.parameters, lambda _, leaf: _known(leaf, upstream, place))
        media = {
            path: _medium(job, medium, upstream, place, operation.limits_of(path))
            for path, medium in job.media.items()
        }
        if not is_too_large(operation, parameters, media):  # URLs take their places otherwise
            check_inserted(job, operation, parameters, media)
    except UnusableResult as unusable:
        return unusable.error
    return None


def _upstream(entry: PlanEntry) -> Upstream:
    known = entry.earlier
    assert known is not None
    task = known.facts if isinstance(known, Attempt) else known.task
    return Upstream(task=task, files=known.files, may_have_expired=True)


def _is_marked(part: JobOutput, made: Mapping[str, PlanEntry]) -> bool:
    """Whether only a watermarked version is here of a result that is needed."""
    known = made[part.job].earlier if part.job in made else None
    shortfall = known.shortfall if known else None
    return shortfall is not None and shortfall.code == ONLY_WATERMARKED


def _known(leaf: Any, upstream: Mapping[str, Upstream], place: ResultFiles) -> Any:
    """The value, or the leaf itself where only a run knows it; raises UnusableResult."""
    if not isinstance(leaf, Deferred):
        return leaf
    values = []
    for part in leaf.parts:
        if isinstance(part, str):
            values.append(part)
        elif (known := upstream.get(part.job)) is None or is_due(place, known, part):
            return leaf
        else:
            values.append(value_of(place, known, part))
    return values[0] if len(values) == 1 else "".join(map(str, values))


def _medium(
    job: Job,
    medium: Media | Deferred,
    upstream: Mapping[str, Upstream],
    place: ResultFiles,
    limits: MediaLimits,
) -> Media | Deferred:
    """The medium, or what stands for one that only a run knows; raises UnusableResult."""
    if isinstance(medium, Media):
        return medium
    part = file_part(place, upstream, medium)
    if part is not None and fits_inside(upstream[part.job], part, limits):
        maker = upstream[part.job]
        is_here = place.find(files_of(maker, part)[part.index]) is not None
        return read_file(place, job, maker, part, limits) if is_here else medium
    return read_copy(place, job, upstream, medium, limits) or medium
