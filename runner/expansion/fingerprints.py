"""Fingerprints: turns checked drafts into jobs, with their seeds drawn and fingerprints computed.

The scheme never changes (golden vectors in the tests' data hold it): the fingerprint is the
SHA-256 over the RFC 8785 text of

    {"operation": NAME, "ordinal": N, "parameters": {...}, "v": 1}

where `parameters` are those of the request, without those that have no effect on the result and
without those equal to the document's default: absent and default are one request, so that a
parameter the vendor adds changes nothing. The same holds for the keys of objects inside them. An
image, wherever it is inside, is {"sha256": HEX} by its content, {"url": TEXT} where only its
address is known, {"job": FINGERPRINT, "output": N} where another job makes it. `ordinal`
distinguishes requests that are equal and yet meant to give different results; it is
left out when it is 0. A drawn seed comes from the same text without the seed and with "take": K.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from json import encoder
from typing import Any

import rfc8785

from runner.errors import Diagnostic
from runner.expansion.takes import TakeChoices
from runner.model.jobs import Draft, DraftLocator, Job, JobMedia, Media
from runner.model.needs import chain_lengths
from runner.model.operations import Operation
from runner.model.values import (
    Deferred,
    Parameters,
    ValuePath,
    map_leaves,
    same,
    substitute,
    with_integers,
)
from runner.operations import defaults_of, without_inner_defaults

SCHEME = 1
SEED_MAX = 2**31 - 1  # of drawn seeds, even where an operation allows larger ones
MAX_EXACT = 2**53 - 1
"""The largest integer that RFC 8785 writes: beyond it, different ones may be the same double."""


def finalize(
    drafts: Sequence[Draft],
    operations: Mapping[str, Operation],
    media_of: Callable[[Draft], JobMedia],
    each: Callable[[Sequence[int]], Iterable[int]] = iter,
    choices: TakeChoices | None = None,
) -> list[Job]:
    """The jobs of a manifest's checked drafts, in the order of the drafts.

    Every id that a draft needs must be among them, without a cycle. Among requests with seed 0,
    which ask for different results in the same words, the first in the manifest has ordinal 0.
    For an operation without a seed the take is the ordinal. `each` iterates over the indexes of
    the drafts (and may show progress). `choices` decides which takes are made, and keeps what is
    wrong about references to them: the jobs with such a reference are missing.
    """
    choices = choices or TakeChoices()
    equal: Counter[str] = Counter()
    jobs: list[Job | None] = [None] * len(drafts)
    for index in each(_upstream_first(drafts, choices)):
        draft = drafts[index]
        if not choices.is_used(draft.id) or (draft.needs and not choices.has_all(draft)):
            continue
        # What another job makes is found in few jobs, and only by a walk through all values.
        makers = choices.fingerprints if draft.needs else None
        media = media_of(draft)
        if makers is not None:
            draft, media = choices.decided(draft, media)
        job = _finalize(draft, operations[draft.operation], media, makers, equal)
        # A rejected take is none of the jobs, but keeps its fingerprint, and its ordinal.
        if choices.add(draft.id, job.fingerprint):
            jobs[index] = job
    made = [job for job in jobs if job is not None]
    return [
        replace(job, undecided=problem) if (problem := choices.undecided(job.id)) else job
        for job in made
    ]


def duplicate_warnings(jobs: Sequence[Job], locate: DraftLocator) -> list[Diagnostic]:
    """A warning for every job that makes the same request as one before it."""
    first: dict[str, str] = {}
    return [
        Diagnostic(
            message=f'makes the same request as job "{maker}", which is paid for once',
            location=locate(job.draft, ("id",)),
            job=job.id,
            hint="to get several results of one request, write takes: N",
            warning=True,
        )
        for job in jobs
        if (maker := first.setdefault(job.fingerprint, job.id)) != job.id
    ]


def _finalize(
    draft: Draft,
    operation: Operation,
    media: JobMedia,
    makers: Mapping[str, str] | None,
    equal: Counter[str],
) -> Job:
    """`makers`: job id to its fingerprint; None where the parameters refer to no other job."""
    parameters = draft.parameters
    effective = dict(_effective(operation, parameters, media, makers))
    request = CanonicalRequest(operation.name, operation.seed, effective)
    seed = None if operation.seed is None else parameters.get(operation.seed)
    ordinal = 0
    if operation.seed is None:
        ordinal = draft.take - 1  # nothing else can distinguish its takes
    elif seed is None:
        seed = request.draw_seed(draft.take, operation.seed_max)
        parameters = {**parameters, operation.seed: seed}
    elif same(seed, 0):
        # Seed 0 lets the provider draw: equal requests are meant to give different results.
        identity = request.text(seed)
        ordinal = equal[identity]
        equal[identity] += 1
    hashed = seed if makers is None else _hashed(seed, makers)
    fingerprint = request.fingerprint(hashed, ordinal)
    parameters = with_integers(parameters)
    return Job(draft=draft, parameters=parameters, media=media, fingerprint=fingerprint)


def _effective(
    operation: Operation,
    parameters: Parameters,
    media: JobMedia,
    makers: Mapping[str, str] | None,
) -> Iterator[tuple[str, Any]]:
    """The parameters that count, except the seed, as they are hashed.

    `makers` as in `_finalize`.
    """
    defaults = defaults_of(operation, parameters)
    images = {
        path: _identity(image) if isinstance(image, Media) else image
        for path, image in media.items()
    }
    for name, value in substitute(parameters, images).items():
        if name in operation.unhashed or name == operation.seed:
            continue
        # `same`, since True is not a default of 1.
        if name in defaults and same(value, defaults[name]):
            continue
        # An empty list of images is the same request as an absent one.
        if value or name not in operation.media:
            counted = without_inner_defaults(operation, name, value)
            yield name, counted if makers is None else _hashed(counted, makers)


def _identity(image: Media) -> Mapping[str, str]:
    """What distinguishes an image from others: its content where that is known."""
    return {"url": image.source} if image.sha256 is None else {"sha256": image.sha256}


def _hashed(value: Any, fingerprints: Mapping[str, str]) -> Any:
    """The value with other jobs' results by their fingerprints."""

    def hashed(_path: ValuePath, leaf: Any) -> Any:
        if not isinstance(leaf, Deferred):
            return leaf
        parts = [
            part
            if isinstance(part, str)
            # A take that is not picked yet: the job cannot be submitted, so that any text will do.
            else {"job": fingerprints.get(part.job, part.job), part.attribute: part.index}
            for part in leaf.parts
        ]
        return parts[0] if len(parts) == 1 else {"text": parts}

    return map_leaves(value, hashed)


def _upstream_first(drafts: Sequence[Draft], choices: TakeChoices) -> Sequence[int]:
    """Indexes of the drafts, each after those it needs, otherwise in the manifest's order."""
    needs = {draft.id: draft.needs for draft in drafts if draft.needs}
    for id_, earlier in choices.earlier.items():
        needs[id_] = (*needs.get(id_, ()), *earlier)
    if not needs:
        return range(len(drafts))
    # Level by level: equal requests are on one level, so that their ordinals follow the
    # manifest's order whatever else needs them.
    levels = chain_lengths(needs, lambda _job: 1)
    return sorted(range(len(drafts)), key=lambda index: levels.get(drafts[index].id, 1))


class CanonicalRequest:
    """The canonical text of one request, prepared once for both its seed and its fingerprint."""

    __slots__ = ("_after", "_before", "_operation", "_seed")

    def __init__(self, operation: str, seed_name: str | None, parameters: Mapping[str, Any]):
        """`parameters` without the seed, whose name is `seed_name`."""
        self._operation = canonical(operation)
        self._seed = canonical(seed_name)
        before, after = _around_seed(seed_name, tuple(parameters))
        self._before = _members(parameters, before)
        self._after = _members(parameters, after)

    def draw_seed(self, take: int, largest: int) -> int:
        """The seed of a take, 1 to `largest`."""
        # Drawn from the request, so that a manifest gives the same seed wherever it runs.
        digest = hashlib.sha256(self.text(None, take=take).encode()).digest()
        return 1 + int.from_bytes(digest[:8]) % min(largest, SEED_MAX)

    def fingerprint(self, seed: Any, ordinal: int) -> str:
        """Hex SHA-256 of the text."""
        return hashlib.sha256(self.text(seed, ordinal).encode()).hexdigest()

    def text(self, seed: Any, ordinal: int = 0, take: int = 0) -> str:
        """The text that is equal for equal requests.

        A seed of None, an ordinal of 0 and a take of 0 are left out.
        """
        own = [] if seed is None else [f"{self._seed}:{canonical(seed)}"]
        inside = ",".join([*self._before, *own, *self._after])
        # Written by hand, in the order that RFC 8785 gives the keys.
        before = f'"ordinal":{ordinal},' if ordinal else ""
        after = f'"take":{take},' if take else ""
        return (
            f'{{"operation":{self._operation},{before}"parameters":{{{inside}}},'
            f'{after}"v":{SCHEME}}}'
        )


# Cached: a manifest has few sets of names.
@lru_cache(maxsize=1024)
def _around_seed(
    seed_name: str | None, names: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names in canonical order, before and after the seed's."""
    keys = tuple(sorted(names, key=_utf16))
    at = len(keys) if seed_name is None else sum(_utf16(key) < _utf16(seed_name) for key in keys)
    return keys[:at], keys[at:]


# C code that escapes just what RFC 8785 escapes; rfc8785's own is a hundred times slower.
_quote = encoder.encode_basestring


def canonical(value: Any) -> str:
    """The text of `value`; equal for equal JSON values, whatever the order of keys.

    An integer beyond 2^53, which RFC 8785 rejects, is written as the string of its digits.
    """
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, int):
        if isinstance(value, bool):
            return "true" if value else "false"
        digits = int.__repr__(value)
        return digits if -MAX_EXACT <= value <= MAX_EXACT else f'"{digits}"'
    # Containers are written here as well, since they may contain such integers.
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(_members(value, sorted(value, key=_utf16))) + "}"
    return rfc8785.dumps(value).decode()


@lru_cache(maxsize=1024)
def _utf16(key: str) -> bytes:
    """RFC 8785 sorts keys by their UTF-16 code units."""
    return key.encode("utf-16be")


def _members(value: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    """The canonical `"key":value` texts of these keys, in the order given."""
    return [f"{_quote(key)}:{canonical(value[key])}" for key in keys]
