"""The images of a job in, what is wrong with them and with the request's size out."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner import media
from runner.model import Deferred, Draft, Media, MediaLimits, Operation
from runner.operations import to_wire
from runner.validation.diagnostics import Finding


def check_media(
    draft: Draft, operation: Operation, images: Mapping[str, Sequence[Media | Deferred]]
) -> list[Finding]:
    """Each image against the provider's limits, then the body as a whole after base64.

    What another job makes is not there yet and counts for nothing.
    """
    found = check_images(operation, images)
    if operation.body_limit_bytes is not None:
        found += _body(draft, operation, images, operation.body_limit_bytes)
    return found


def check_images(
    operation: Operation, images: Mapping[str, Sequence[Media | Deferred | None]]
) -> list[Finding]:
    """Each image against the provider's limits, and a warning for a URL that will not last.

    None stands for what could not be looked at.
    """
    return [
        finding
        for name, some in images.items()
        for index, image in enumerate(some)
        if isinstance(image, Media)
        for finding in _image(image, (name, index), operation.media[name])
    ]


def _image(image: Media, path: tuple[str | int, ...], limits: MediaLimits) -> Iterator[Finding]:
    for message in media.check_limits(image, limits):
        yield Finding(path=path, message=message)
    if signed := media.signed_url_warning(image.source):
        yield Finding(path=path, message=signed, warning=True)


def _body(
    draft: Draft,
    operation: Operation,
    images: Mapping[str, Sequence[Media | Deferred]],
    limit_bytes: int,
) -> list[Finding]:
    known = [image for some in images.values() for image in some if isinstance(image, Media)]
    lengths = [media.data_uri_length(image) for image in known]
    plain = {k: v for k, v in draft.parameters.items() if k not in images}
    # Each image costs its text, two quotes and a comma.
    size = sum(lengths) + 3 * len(known) + _size(plain, operation, limit_bytes - sum(lengths))
    if size <= limit_bytes:
        return []
    largest = sorted(zip(lengths, known, strict=True), key=lambda pair: -pair[0])
    parts = ", ".join(f"{media.label(image.source)} {_mb(n)}" for n, image in largest)
    what = f"the request would be {_mb(size)}, at most {_mb(limit_bytes)} are allowed"
    return [
        Finding(
            path=(next(iter(images)),) if known else (),
            message=f"{what}{f' (images: {parts})' if parts else ''}",
            hint="base64 adds a third to each file; give URLs instead, or smaller images"
            if known
            else None,
        )
    ]


def _size(parameters: Mapping[str, Any], operation: Operation, room: int) -> int:
    """Bytes of the body without its images, UTF-8; only an upper bound where there is much room."""
    texts = sum(len(value) for value in parameters.values() if isinstance(value, str))
    if 6 * texts + _SMALL_BYTES < room:
        return 0
    body = to_wire(operation, parameters)
    return len(json.dumps(body, ensure_ascii=False, default=str).encode("utf-8", "replace"))


_SMALL_BYTES = 1 << 16
"""More than what keys, numbers and constants of a request take."""


def _mb(size_bytes: int) -> str:
    """In units of 1024 x 1024 bytes, up to the next tenth, so that more than a limit reads so."""
    return f"{math.ceil(size_bytes * 10 / 2**20) / 10:g} MB"
