"""Media checks: a job's images against the provider's limits, and the size of its request."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from runner.media.sources import data_uri_length, label, signed_url_warning
from runner.model.jobs import Draft, Media
from runner.model.operations import MediaLimits, Operation
from runner.model.values import Deferred, Parameters, ValuePath
from runner.operations import to_wire
from runner.validation.diagnostics import Finding
from runner.validation.media_limits import check_limits


def check_media(
    draft: Draft, operation: Operation, images: Mapping[str, Sequence[Media | Deferred]]
) -> list[Finding]:
    """Each image against the provider's limits, then the body as a whole after base64.

    Images that other jobs make do not exist yet and are not counted.
    """
    findings = check_images(operation, images)
    for name, listed in images.items():
        findings += _check_pair(name, listed, operation.media[name])
    if operation.body_limit_bytes is not None:
        findings += _check_body(draft, operation, images, operation.body_limit_bytes)
    return findings


def check_images(
    operation: Operation, images: Mapping[str, Sequence[Media | Deferred | None]]
) -> list[Finding]:
    """Each image (None: it cannot be read) against its limits; a warning for expiring URLs."""
    return [
        finding
        for name, listed in images.items()
        for index, image in enumerate(listed)
        if isinstance(image, Media)
        for finding in _check_image(image, (name, index), operation.media[name])
    ]


def _check_image(image: Media, path: ValuePath, limits: MediaLimits) -> Iterator[Finding]:
    for finding in check_limits(image, limits):
        yield replace(finding, path=path, message=f"{label(image.source)} {finding.message}")
    if warning := signed_url_warning(image.source):
        yield Finding(path=path, message=warning, warning=True)


def _check_pair(
    name: str, images: Sequence[Media | Deferred], limits: MediaLimits
) -> Iterator[Finding]:
    """Whether the first of two images is about as large as the last one."""
    if limits.first_to_last is None or len(images) != 2:
        return
    first, last = images
    if not isinstance(first, Media) or not isinstance(last, Media):
        return
    if not (first.width and first.height and last.width and last.height):  # of a URL
        return
    least, most = limits.first_to_last
    # One division each: that of 4 by 5 is exactly the 0.8 of the limits.
    pixels = (first.width * first.height) / (last.width * last.height)
    ratio = (first.width * last.height) / (first.height * last.width)
    off = [
        f"{value:.3g} times the {what}"
        for what, value in (("pixels", pixels), ("ratio", ratio))
        if not least <= value <= most
    ]
    if off:
        # Which of the two counts is not documented: one that is close may be the one.
        is_sure = len(off) == 2
        yield Finding(
            path=(name, 1),
            message=f"{label(first.source)} is {first.width}x{first.height} pixels,"
            f" {label(last.source)} {last.width}x{last.height}: the first has"
            f" {' and '.join(off)} of the last; {least:g} to {most:g} times"
            f" {'are' if is_sure else 'may be'} required",
            hint="crop or scale one of them to the size of the other",
            warning=not is_sure,
        )


def _check_body(
    draft: Draft,
    operation: Operation,
    images: Mapping[str, Sequence[Media | Deferred]],
    limit_bytes: int,
) -> list[Finding]:
    known = [image for listed in images.values() for image in listed if isinstance(image, Media)]
    lengths = [data_uri_length(image) for image in known]
    plain = {name: value for name, value in draft.parameters.items() if name not in images}
    sure_bytes = operation.sure_body_bytes or limit_bytes
    # Each image adds its text, two quotes and a comma.
    media = sum(lengths) + 3 * len(known)
    size = media + _plain_size(plain, operation, sure_bytes - media)
    if size <= sure_bytes:
        return []
    is_over = size > limit_bytes
    message = (
        f"the request would be {_mb(size)}, but at most {_mb(limit_bytes)} are allowed"
        if is_over
        else f"the request would be {size:,} bytes: too many if the provider counts "
        f"its {_mb(limit_bytes)} as {sure_bytes:,} bytes"
    )
    if not known:  # the prompt alone is too long: there is no image to blame
        return [Finding(path=(), message=message, warning=not is_over)]
    largest = sorted(zip(lengths, known, strict=True), key=lambda pair: -pair[0])
    parts = ", ".join(f"{label(image.source)} {_mb(length)}" for length, image in largest)
    return [
        Finding(
            path=(next(iter(images)),),
            message=f"{message} (images: {parts})",
            hint="base64 adds a third to each file; give URLs instead, or smaller images",
            warning=not is_over,
        )
    ]


# More than the keys, numbers and constants of a request take.
_OVERHEAD_BYTES = 1 << 16


def _plain_size(parameters: Parameters, operation: Operation, room: int) -> int:
    """Bytes of the body without its images, in UTF-8; 0 where they clearly fit into `room`."""
    texts = sum(len(value) for value in parameters.values() if isinstance(value, str))
    # Encoding is slow, and a character takes at most six bytes ("\u1234").
    if 6 * texts + _OVERHEAD_BYTES < room:
        return 0
    body = to_wire(operation, parameters)
    return len(json.dumps(body, ensure_ascii=False, default=str).encode("utf-8", "replace"))


def _mb(size_bytes: int) -> str:
    """In units of 1024 x 1024 bytes, rounded up, so that an excess never reads as the limit."""
    return f"{math.ceil(size_bytes * 10 / 2**20) / 10:g} MB"
