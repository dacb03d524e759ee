"""Checked drafts in, jobs with their seeds drawn and fingerprints taken out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from runner.expansion.fingerprints import Request
from runner.expansion.matrix import same
from runner.model import Deferred, Draft, Job, Media, Operation, Parameters
from runner.operations import defaults_of

Images: TypeAlias = Mapping[str, tuple[Media | Deferred, ...]]
"""Media parameter to its images, in order."""


def finalize(
    drafts: Sequence[Draft],
    operations: Mapping[str, Operation],
    media_of: Callable[[Draft], Images],
    each: Callable[[Sequence[int]], Iterable[int]] = iter,
) -> list[Job]:
    """The jobs of a manifest's checked drafts, in the order of the drafts.

    Every id that a draft needs is among them, without a cycle. Among requests with seed 0, which
    ask for different results in the same words, the first in the manifest has ordinal 0. An
    operation without a seed cannot tell takes apart, so there the take is the ordinal. `each`
    goes through the indexes of the drafts.
    """
    prints: dict[str, str] = {}
    equal: Counter[str] = Counter()
    sealed: list[Job | None] = [None] * len(drafts)
    for index in each(_upstream_first(drafts)):
        draft = drafts[index]
        job = _finalized(draft, operations[draft.operation], media_of(draft), prints, equal)
        prints[draft.id] = job.fingerprint
        sealed[index] = job
    return [job for job in sealed if job is not None]


def _finalized(
    draft: Draft,
    operation: Operation,
    media: Images,
    prints: Mapping[str, str],
    equal: Counter[str],
) -> Job:
    parameters = draft.parameters
    effective = dict(_effective(operation, parameters, media, prints))
    request = Request(operation.name, operation.seed, effective)
    if operation.seed is None:
        mark = request.fingerprint(None, draft.take - 1)
        return Job(draft=draft, parameters=parameters, media=media, fingerprint=mark)
    seed = parameters.get(operation.seed)
    if seed is None:
        seed = request.draw(draft.take, operation.seed_max)
        parameters = {**parameters, operation.seed: seed}
    ordinal = 0
    if same(seed, 0):
        identity = request.identity(seed)
        ordinal = equal[identity]
        equal[identity] += 1
    mark = request.fingerprint(_stand_in(seed, prints), ordinal)
    return Job(draft=draft, parameters=parameters, media=media, fingerprint=mark)


def _effective(
    operation: Operation, parameters: Parameters, media: Images, prints: Mapping[str, str]
) -> Iterator[tuple[str, Any]]:
    """What counts of a request, but for its seed.

    An empty list of images is the same request as none.
    """
    defaults = defaults_of(operation, parameters)
    for name, value in parameters.items():
        if name in operation.unhashed or name == operation.seed:
            continue
        if name in defaults and same(value, defaults[name]):
            continue
        if name not in operation.media:
            yield name, _stand_in(value, prints)
        elif value:
            yield name, [_stand_in(image, prints) for image in media[name]]


def _stand_in(value: Any, prints: Mapping[str, str]) -> Any:
    """The value with images by their content and other jobs' results by their fingerprints."""
    if isinstance(value, Media):
        return {"url": value.source} if value.sha256 is None else {"sha256": value.sha256}
    if isinstance(value, Deferred):
        parts = [
            part if isinstance(part, str) else {"job": prints[part.job], part.attribute: part.index}
            for part in value.parts
        ]
        return parts[0] if len(parts) == 1 else {"text": parts}
    if isinstance(value, dict):
        return {key: _stand_in(item, prints) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_stand_in(item, prints) for item in value]
    return value


def _upstream_first(drafts: Sequence[Draft]) -> Sequence[int]:
    """Indexes of the drafts, each after those it needs, otherwise in the manifest's order.

    They go level by level, so that equal requests, which stand on one level, are met in the
    manifest's order whatever else needs them.
    """
    if not any(draft.needs for draft in drafts):
        return range(len(drafts))
    levels = _levels({draft.id: draft.needs for draft in drafts})
    return sorted(range(len(drafts)), key=lambda index: levels[drafts[index].id])


def _levels(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Job id to the length of the longest chain of jobs that it waits for."""
    levels: dict[str, int] = {}
    for start in needs:
        pending = [start]
        while pending:
            job = pending[-1]
            missing = [need for need in needs[job] if need not in levels]
            if missing:
                pending += missing
                continue
            levels[job] = 1 + max((levels[need] for need in needs[job]), default=-1)
            pending.pop()
    return levels
