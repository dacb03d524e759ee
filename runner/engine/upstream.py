"""What other jobs made is put into a job that needs it, and checked now that it is there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from runner import media
from runner.engine.asking import ask_patiently
from runner.engine.context import Context
from runner.expansion import resolve
from runner.model import (
    Billed,
    Deferred,
    ErrorClass,
    Job,
    JobError,
    JobOutput,
    Media,
    Operation,
    Outcome,
    StoredFile,
)
from runner.validation import check_draft, check_media


class Unfit(Exception):  # noqa: N818 - caught one level up, never shown as it is
    """The job cannot be submitted as it is; nothing was sent."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.error = JobError(code=code, message=message, class_=ErrorClass.INPUT, billed=Billed.NO)


async def resolved(
    context: Context, job: Job, operation: Operation, upstream: Mapping[str, Outcome]
) -> tuple[dict[str, Any], dict[str, tuple[Media, ...]]]:
    """Parameters without images, and the images, with what other jobs made put in and checked.

    Raises `Unfit` where that does not fit. Files travel inside the request where they fit, by a
    freshly asked URL otherwise.
    """
    plain = {name: value for name, value in job.parameters.items() if name not in operation.media}
    if not job.draft.needs:
        return plain, {name: _all_known(some) for name, some in job.media.items()}
    upstream = await _with_fresh_urls(context, job, upstream)
    parameters = resolve(plain, lambda part: _value(context, upstream[part.job], part))
    images = {
        name: tuple([await _image(context, image, upstream) for image in some])
        for name, some in job.media.items()
    }
    if _too_large(operation, parameters, images):
        images = {
            name: tuple(
                [
                    await _by_fresh_url(context, written, image, upstream)
                    for written, image in zip(job.media[name], some, strict=True)
                ]
            )
            for name, some in images.items()
        }
    sources = {name: [image.source for image in some] for name, some in images.items()}
    draft = replace(job.draft, parameters={**parameters, **sources})
    findings = [*check_draft(draft, operation), *check_media(draft, operation, images)]
    errors = [finding.message for finding in findings if not finding.warning]
    if errors:
        raise Unfit("unfit_result_of_another_job", "; ".join(errors))
    return parameters, images


async def _image(
    context: Context, image: Media | Deferred, upstream: Mapping[str, Outcome]
) -> Media:
    """An image as it is now: planned, or made by another job in the meantime."""
    if isinstance(image, Media):
        return image
    source = resolve(image, lambda part: _value(context, upstream[part.job], part))
    try:
        return await asyncio.to_thread(media.probe, str(source), context.base)
    except media.MediaError as error:
        raise Unfit("unfit_result_of_another_job", error.message) from error


def _value(context: Context, outcome: Outcome, part: JobOutput) -> Any:
    """What `${{ jobs.ID.attribute }}` stands for, now that the job is done."""
    if part.attribute == "seed":
        if outcome.seed is None:
            raise Unfit("unknown_seed", f'job "{part.job}" left its seed to the provider')
        return outcome.seed
    by_url = part.attribute == "url" or not context.settings.download
    made = outcome.urls if by_url else tuple(_absolute(context, f) for f in outcome.files)
    if part.index >= len(made):
        what = f'job "{part.job}" made {len(made)} file{"s" * (len(made) != 1)}'
        raise Unfit("no_such_output", f"{what}; there is no output {part.index}")
    return made[part.index]


def _absolute(context: Context, file: StoredFile) -> str:
    # Relative paths of images start from the manifest's folder, those of results from theirs.
    return str((context.base / file.path).absolute())


def _too_large(
    operation: Operation,
    parameters: Mapping[str, Any],
    images: Mapping[str, tuple[Media, ...]],
) -> bool:
    """Whether the body would be over the provider's limit with every image inside it."""
    if operation.body_limit_bytes is None:
        return False
    inside = sum(media.data_uri_length(image) for some in images.values() for image in some)
    return inside + len(json.dumps(dict(parameters)).encode()) > operation.body_limit_bytes


async def _by_fresh_url(
    context: Context, written: Media | Deferred, image: Media, upstream: Mapping[str, Outcome]
) -> Media:
    """The image of another job by a freshly asked URL; any other as it is."""
    if isinstance(written, Media) or image.path is None:
        return image
    part = next(part for part in written.parts if isinstance(part, JobOutput))
    urls = await _fresh_urls(context, upstream[part.job])
    if part.index >= len(urls):
        return image
    return await asyncio.to_thread(media.probe, urls[part.index], context.base)


async def _with_fresh_urls(
    context: Context, job: Job, upstream: Mapping[str, Outcome]
) -> dict[str, Outcome]:
    """What the job needs; where it wants the URL of what an earlier run made, one valid now."""
    by_url = {
        part.job
        for part in _references([*job.parameters.values(), *job.media.values()])
        if part.attribute == "url" or (part.attribute == "output" and not context.settings.download)
    }
    found = {need: upstream[need] for need in job.draft.needs}
    for need in by_url:
        if found[need].reused:
            found[need] = replace(found[need], urls=await _fresh_urls(context, found[need]))
    return found


async def _fresh_urls(context: Context, outcome: Outcome) -> tuple[str, ...]:
    """The URLs of another job's files, as its provider gives them now."""
    operation = context.operations[outcome.job.operation]
    if outcome.task_id is None or operation.provider not in context.settings.accounts:
        return outcome.urls
    return (await ask_patiently(context, operation, outcome.task_id)).urls or outcome.urls


def _references(value: Any) -> Iterator[JobOutput]:
    """Every reference to another job's result within a value."""
    match value:
        case Deferred(parts=parts):
            yield from (part for part in parts if isinstance(part, JobOutput))
        case list() | tuple():
            for item in value:
                yield from _references(item)
        case dict():
            yield from _references(list(value.values()))


def _all_known(images: tuple[Media | Deferred, ...]) -> tuple[Media, ...]:
    return tuple(image for image in images if isinstance(image, Media))
