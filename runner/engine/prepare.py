"""A ready job becomes a request: other jobs' results put in, images encoded, intent written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runner import media, operations
from runner.engine.context import Context, Flight
from runner.engine.upstream import Unfit, resolved
from runner.model import (
    Deferred,
    Intent,
    Job,
    JobOutput,
    Media,
    Operation,
    Outcome,
    PlanEntry,
    Request,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A submission that is ready to leave."""

    intent: Intent
    request: Request


async def prepare(
    context: Context, entry: PlanEntry, operation: Operation, upstream: Mapping[str, Outcome]
) -> Prepared:
    """Build the request of a job and the intent to send it; raises `Unfit`.

    `upstream`: job id to its outcome, of those that the job needs at least. Images are read and
    encoded off the loop. An image whose content is no longer what was planned (and
    fingerprinted) stops the job.
    """
    account, provider = context.account(operation), context.provider(operation)
    parameters, images = await resolved(context, entry.job, operation, upstream)
    tag = _tag(context)
    if operation.tag is not None and operation.tag not in parameters:
        parameters[operation.tag] = tag
    encoded = await _encoded(images)
    body = operations.to_wire(operation, {**parameters, **encoded})
    # A body with images is megabytes of JSON: not on the loop.
    request = (
        await asyncio.to_thread(provider.submission, operation, body, account)
        if any(image.sha256 for some in images.values() for image in some)
        else provider.submission(operation, body, account)
    )
    asked = {**parameters, **{name: _by_digest(some) for name, some in images.items()}}
    seed = _known_seed(operation, parameters)
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
    )


def _tag(context: Context) -> str:
    """A mark that no other submission bears; it guards nothing, so it need not be secret."""
    return f"{context.random.getrandbits(128):032x}"


def adoption(context: Context, flight: Flight) -> Intent:
    """The intent, after the fact, of a task that only an earlier results manifest knows."""
    job, operation = flight.entry.job, flight.operation
    written = _as_written(job, operation)
    return _intent(context, flight.entry, written, flight.seed, _tag(context))


async def _encoded(images: Mapping[str, tuple[Media, ...]]) -> dict[str, list[str]]:
    """Every image as it travels: a URL as its text, anything else as a data URI."""
    return {
        name: [
            await asyncio.to_thread(_travelling, image) if image.path else _travelling(image)
            for image in some
        ]
        for name, some in images.items()
    }


def _travelling(image: Media) -> str:
    if image.sha256 is None:
        return image.source
    try:
        return media.data_uri(image)
    except media.MediaError as error:
        raise Unfit("image_changed", error.message) from error


def _by_digest(images: Iterable[Media | Deferred]) -> list[dict[str, Any]]:
    return [_named(image) for image in images]


def _named(image: Media | Deferred) -> dict[str, Any]:
    """An image as the ledger names it."""
    if isinstance(image, Deferred):
        return {"jobs": [part.job for part in image.parts if isinstance(part, JobOutput)]}
    return {"sha256": image.sha256} if image.sha256 else {"url": image.source}


def _as_written(job: Job, operation: Operation) -> dict[str, Any]:
    """The request of a job whose upstream results are not at hand: references by job id."""
    plain = {name: value for name, value in job.parameters.items() if name not in operation.media}
    known = {
        name: _named(value)["jobs"] if isinstance(value, Deferred) else value
        for name, value in plain.items()
    }
    return {**known, **{name: _by_digest(some) for name, some in job.media.items()}}


def _known_seed(operation: Operation, parameters: Mapping[str, Any]) -> int | None:
    """The seed that is asked for; None where the provider draws (0, by both documents)."""
    seed = parameters.get(operation.seed) if operation.seed else None
    return seed or None
