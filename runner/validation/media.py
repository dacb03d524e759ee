"""Media checks: a job's media against the provider's limits, and the size of its request."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping

from runner.media.limits import check_limits, is_unmeasured
from runner.media.sources import label, sent_length, signed_url_warning
from runner.media.streams import EXTRA_HINT
from runner.model.jobs import Draft, JobMedia, Media
from runner.model.operations import MediaLimits, Operation
from runner.model.values import Deferred, Parameters, ValuePath, characters, substitute
from runner.operations import to_wire
from runner.validation.diagnostics import Finding
from runner.validation.pairs import check_pairs


def check_media(draft: Draft, operation: Operation, images: JobMedia) -> list[Finding]:
    """Each image against the provider's limits, then the body as a whole after base64.

    Images that other jobs make do not exist yet and are not counted.
    """
    findings: list[Finding] = []
    if images:
        findings = [*check_images(operation, images), *check_pairs(operation, images)]
    if operation.body_limit_bytes is not None:
        findings += _check_body(draft, operation, images, operation.body_limit_bytes)
    return findings


def check_images(
    operation: Operation, images: Mapping[ValuePath, Media | Deferred | None]
) -> list[Finding]:
    """Each medium (None: it cannot be read) against its limits; a warning for expiring URLs."""
    return [
        finding
        for path, image in images.items()
        if isinstance(image, Media) and (limits := operation.limits_at(path))
        for finding in _check_image(image, path, limits, images)
    ]


def _check_image(
    image: Media, path: ValuePath, limits: MediaLimits, images: Iterable[ValuePath]
) -> Iterator[Finding]:
    # Only seconds may depend on how many there are.
    items = 1 if image.seconds is None else sum(other[:-1] == path[:-1] for other in images)
    for excess in check_limits(image, limits, items=items):
        yield Finding(
            path=path,
            message=f"{label(image.name or image.source)} {excess.message}",
            hint=excess.hint,
            warning=excess.is_doubtful,
        )
    if image.sha256 is None and (warning := signed_url_warning(image.source)):
        yield Finding(path=path, message=warning, warning=True)


def unmeasured_warning(
    drafts: Iterable[Draft],
    operations: Mapping[str, Operation],
    images: Mapping[str, Mapping[ValuePath, Media | Deferred]],
) -> list[tuple[Draft, list[Finding]]]:
    """One warning, at the first of all jobs' media with limits that only PyAV could check.

    `images`: job id to its media, of the jobs that are valid so far.
    """
    has_images_only: dict[str, bool] = {}
    for draft in drafts:
        operation = operations[draft.operation]
        if draft.operation not in has_images_only:
            kinds = {limits.kind for limits in operation.media.values()}
            has_images_only[draft.operation] = kinds <= {"image"}
        if has_images_only[draft.operation]:
            continue
        for path, medium in images.get(draft.id, {}).items():
            limits = operation.limits_at(path)
            if limits and isinstance(medium, Media) and is_unmeasured(medium, limits):
                message = "without PyAV nothing but type and bytes of videos and sounds is checked"
                finding = Finding(path=path, message=message, hint=EXTRA_HINT, warning=True)
                return [(draft, [finding])]
    return []


def _check_body(
    draft: Draft,
    operation: Operation,
    images: JobMedia,
    limits_bytes: tuple[int, int],
) -> list[Finding]:
    known = [
        (image, limits, sent_length(image, limits))
        for path, image in images.items()
        if isinstance(image, Media) and (limits := operation.limits_at(path))
    ]
    sure_bytes, limit_bytes = limits_bytes
    media = sum(length for _, _, length in known)
    # Encoding is slow, and a character takes at most six bytes ("\u1234").
    if media + 6 * characters(draft.parameters.values()) + _OVERHEAD_BYTES < sure_bytes:
        return []
    size = media + _plain_size(draft.parameters, operation, images)
    if size <= sure_bytes:
        return []
    is_over = size > limit_bytes
    message = _excess(size, sure_bytes, limit_bytes)
    # URLs have no part in it: their texts are short.
    inline = sorted((each for each in known if each[0].sha256), key=lambda each: -each[2])
    if not inline:  # the texts alone are too long: there is no file to blame
        return [Finding(path=(), message=message, warning=not is_over)]
    kinds = {limits.kind for _, limits, _ in inline}
    noun = _NOUNS[kinds.pop()] if len(kinds) == 1 else "files"
    parts = ", ".join(
        f"{label(medium.name or medium.source)} {_mb(length)}" for medium, _, length in inline
    )
    may_be_urls = any("url" in limits.forms for _, limits, _ in inline)
    instead = "give URLs instead, or" if may_be_urls else "give"
    return [
        Finding(
            path=next(iter(images))[:1],
            message=f"{message} ({noun}: {parts})",
            hint=f"base64 adds a third to each file; {instead} smaller {noun}",
            warning=not is_over,
        )
    ]


_NOUNS = {"image": "images", "video": "videos", "audio": "audio files"}


def _excess(size: int, sure_bytes: int, limit_bytes: int) -> str:
    """`the request would be 21 MB, but at most 20 MB are allowed`, or why that is doubtful."""
    if size > limit_bytes:
        return f"the request would be {_mb(size)}, but at most {_mb(limit_bytes)} are allowed"
    if sure_bytes == limit_bytes * 10**6 // 2**20:
        doubt = f"the provider counts its {_mb(limit_bytes)} as {sure_bytes:,} bytes"
        return f"the request would be {size:,} bytes: too many if {doubt}"
    limits = f"{_mb(sure_bytes)} and {_mb(limit_bytes)}"
    return f"the request would be {_mb(size)}: the document has {limits} as its limit"


# More than the keys, numbers and constants of a request take.
_OVERHEAD_BYTES = 1 << 16


def _plain_size(parameters: Parameters, operation: Operation, images: JobMedia) -> int:
    """Bytes of the body without its images, in UTF-8."""
    body = to_wire(operation, substitute(parameters, dict.fromkeys(images, "")))
    return len(json.dumps(body, ensure_ascii=False, default=str).encode("utf-8", "replace"))


def _mb(size_bytes: int) -> str:
    """In units of 1024 x 1024 bytes, rounded up, so that an excess never reads as the limit."""
    return f"{math.ceil(size_bytes * 10 / 2**20) / 10:g} MB"
