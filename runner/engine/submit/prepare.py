"""Preparation: puts other jobs' results into a job, checks them, and builds its request.

The next requests with local images are built before a place in flight is free: reading and encoding
megabytes would leave it empty for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from runner import operations
from runner.engine.context import Context
from runner.engine.job_run import JobRun
from runner.engine.submit.upstream import check_clean, fresh_url, gather
from runner.media.probe import probe
from runner.media.sources import (
    MediaError,
    as_sent,
    encoded_length,
    label,
)
from runner.model.jobs import Job, JobMedia, Media
from runner.model.operations import MediaLimits, Operation
from runner.model.outcomes import Outcome
from runner.model.plans import Action, PlanEntry
from runner.model.requests import IMAGE_CHANGED, UNFIT, Request
from runner.model.tasks import Intent
from runner.model.values import (
    Deferred,
    JobOutput,
    Parameters,
    ValuePath,
    map_leaves,
    resolve,
    substitute,
)
from runner.planning.chained import (
    UnusableResult,
    Upstream,
    check_inserted,
    file_part,
    fits_inside,
    is_too_large,
    read_copy,
    read_file,
    value_of,
)
from runner.providers.base import submission

MAX_REQUESTS = 4
"""Built ahead; all others are built when their turn comes."""
MAX_BYTES = 64 * 1024 * 1024
"""Of encoded images in them; a request with more is not built ahead."""


Images: TypeAlias = Mapping[ValuePath, Media]
"""The images of a request, all known, by their paths in its parameters."""


async def resolved(
    context: Context, job: Job, operation: Operation, outcomes: Mapping[str, Outcome]
) -> tuple[Parameters, Images]:
    """The parameters and their images, with other jobs' results put in and checked.

    Files are sent inside the request where they fit, otherwise by a fresh URL. Raises
    UnusableResult and NotClean.
    """
    if not job.draft.needs:
        return job.parameters, {
            path: medium for path, medium in job.media.items() if isinstance(medium, Media)
        }
    check_clean(job, outcomes)
    place, upstream = context.result_files, await gather(context, job, outcomes)
    parameters = resolve(job.parameters, lambda part: value_of(place, upstream[part.job], part))
    source = _MediaSource(context=context, job=job, outcomes=outcomes, upstream=upstream)
    images = await source.all()
    if is_too_large(operation, parameters, images):
        images = await source.all(fresh_urls=True)
    # Again, because size and shape of what another job has made are known only now.
    check_inserted(job, operation, parameters, images)
    return parameters, images


@dataclass(frozen=True, slots=True, kw_only=True)
class _MediaSource:
    """Finds the media of a job that uses what others have made."""

    context: Context
    job: Job
    outcomes: Mapping[str, Outcome]
    upstream: Mapping[str, Upstream]

    async def all(self, *, fresh_urls: bool = False) -> Images:
        """The media: as planned, or as other jobs have made them, by fresh URLs where asked for."""
        operation = self.context.operations[self.job.operation]
        return {
            path: await self._find(medium, operation.limits_of(path), fresh_urls)
            if isinstance(medium, Deferred)
            else medium
            for path, medium in self.job.media.items()
        }

    async def _find(self, medium: Deferred, limits: MediaLimits, fresh_urls: bool) -> Media:
        place, upstream = self.context.result_files, self.upstream
        part = file_part(place, upstream, medium)
        if part is None:
            url = str(resolve(medium, lambda each: value_of(place, upstream[each.job], each)))
            return await self._of_url(url, medium, limits)
        maker = upstream[part.job]
        if fresh_urls or not fits_inside(maker, part, limits):
            found = await fresh_url(self.context, self.outcomes[part.job], part)
            if found is not None:
                return await self._of_url(found, medium, limits)
        return await asyncio.to_thread(read_file, place, self.job, maker, part, limits)

    async def _of_url(self, url: str, medium: Deferred, limits: MediaLimits) -> Media:
        """The URL, with what its file shows where that is here.

        Messages name that file, or the job: a signed URL is long, and lets anybody fetch the file.
        """
        context, place = self.context, self.context.result_files
        name = f"the result of {' and '.join(_needed(medium))}"
        try:
            plain = await asyncio.to_thread(probe, url, context.base, context.hashes, limits)
        except MediaError as error:
            text = error.message.replace(label(url), name)
            raise UnusableResult(UNFIT, text) from error
        copy = await asyncio.to_thread(read_copy, place, self.job, self.upstream, medium, limits)
        if copy is None:
            return replace(plain, name=name)
        return replace(copy, source=url, name=copy.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A submission that is ready to be sent."""

    intent: Intent
    request: Request


async def prepare(context: Context, entry: PlanEntry, upstream: Mapping[str, Outcome]) -> Prepared:
    """Build the request of a job and the intent to send it; raises UnusableResult.

    `upstream`: job id to outcome, of at least the jobs that this one needs. An image whose content
    has changed since the job was planned (and fingerprinted) stops the job.
    """
    operation = context.operations[entry.job.operation]
    account = context.account(operation)
    parameters, images = await resolved(context, entry.job, operation, upstream)
    tag = _tag(context)
    # The user's own text is sent as it is: reconciling then compares model, prompt and time.
    if operation.tag is not None and operation.tag not in parameters:
        parameters = {**parameters, operation.tag: tag}
    encoded = {
        path: await _as_sent(image, operation.limits_of(path)) for path, image in images.items()
    }
    body = operations.to_wire(operation, substitute(parameters, encoded))
    # A body with images is megabytes of JSON, which would block the loop.
    request = (
        await asyncio.to_thread(submission, operation, body, account)
        if any(image.sha256 for image in images.values())
        else submission(operation, body, account)
    )
    asked = substitute(parameters, _image_records(images))
    # 0 has the provider draw the seed, by both API documents.
    seed = parameters.get(operation.seed) or None if operation.seed else None
    return Prepared(intent=_intent(context, entry, asked, seed, tag), request=request)


def _intent(
    context: Context, entry: PlanEntry, request: Mapping[str, Any], seed: int | None, tag: str
) -> Intent:
    operation = context.operations[entry.job.operation]
    account = context.account(operation)
    return Intent(
        manifest=context.manifest,
        job=entry.job.id,
        operation=operation.name,
        fingerprint=entry.job.fingerprint,
        request=request,
        seed=seed,
        provider=operation.provider,
        base_url=account.base_url,
        key_env=account.key_env,
        tag=tag,
        estimate=entry.estimate,
        at=context.stamp(),
        account=account.name,
    )


def _tag(context: Context) -> str:
    # No other submission has it. It protects nothing, so it need not be secret.
    return f"{context.random.getrandbits(128):032x}"


def intent_afterwards(context: Context, job_run: JobRun) -> Intent:
    """The intent, made up afterwards, of a task that only an earlier results manifest knows.

    Its request refers to the results of other jobs by their ids.
    """
    job = job_run.entry.job
    request = map_leaves(
        substitute(job.parameters, _image_records(job.media)),
        lambda _path, leaf: _needed(leaf) if isinstance(leaf, Deferred) else leaf,
    )
    return _intent(context, job_run.entry, request, job_run.task.seed, _tag(context))


async def _as_sent(image: Media, limits: MediaLimits) -> Any:
    """The image as it is sent; a file is read for it."""
    try:
        if image.path is None:
            return as_sent(image, limits)
        return await asyncio.to_thread(as_sent, image, limits)
    except MediaError as error:
        raise UnusableResult(IMAGE_CHANGED, error.message) from error


def _image_records(images: JobMedia) -> dict[ValuePath, dict[str, Any]]:
    """The images as the ledger refers to them."""
    return {path: _image_record(image) for path, image in images.items()}


def _image_record(image: Media | Deferred) -> dict[str, Any]:
    if isinstance(image, Deferred):
        return {"jobs": _needed(image)}
    return {"sha256": image.sha256} if image.sha256 else {"url": image.source}


def _needed(value: Deferred) -> list[str]:
    """Ids of the jobs whose results a value needs."""
    return [part.job for part in value.parts if isinstance(part, JobOutput)]


@dataclass(slots=True)
class Prefetcher:
    """Holds the next requests, built or being built."""

    context: Context
    upcoming: Callable[[int], Iterable[PlanEntry]]
    """Returns at most that many of the jobs that are next in line."""
    _held: dict[str, tuple[int, asyncio.Future[Prepared | None]]] = field(default_factory=dict)
    """Job id to the size of its images and its request, None where it cannot be built."""
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, entry: PlanEntry) -> Prepared | None:
        """Hand over the job's request; None where the caller has to build it."""
        _, request = self._held.pop(entry.job.id, (0, None))
        self._moved.set()  # also for a job without images: the line has moved
        return await request if request else None

    async def keep_building(self) -> None:
        """Build ahead whenever a job was taken from the line."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            await self.build_ahead()

    async def build_ahead(self) -> None:
        """Build what is next in line, one request at a time, as long as there is room."""
        while (entry := self._next()) is not None:
            future = asyncio.get_running_loop().create_future()
            self._held[entry.job.id] = size_of(entry), future
            prepared = None
            try:
                prepared = await prepare(self.context, entry, {})
            except UnusableResult:
                pass  # reported at its turn, when it is built again
            finally:
                if not future.done():  # cancelled with the worker that waited for it
                    future.set_result(prepared)

    def _next(self) -> PlanEntry | None:
        """The first in line that has images and is not built yet, if there is room for it."""
        held_bytes = sum(size for size, _ in self._held.values())
        for entry in self.upcoming(MAX_REQUESTS):
            size = size_of(entry)
            if not size or entry.job.id in self._held:
                continue
            room = len(self._held) < MAX_REQUESTS and held_bytes + size <= MAX_BYTES
            return entry if room else None  # a smaller one behind it must not take its room
        return None


def size_of(entry: PlanEntry) -> int:
    """Bytes of the job's images within its request; 0 if it is not to be built ahead."""
    job = entry.job
    if entry.action is not Action.SUBMIT or job.draft.needs:
        return 0
    return sum(
        encoded_length(image)
        for image in job.media.values()
        if isinstance(image, Media) and image.sha256
    )
