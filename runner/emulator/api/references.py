"""References: turns the data URIs, URLs and ids of a request into checked images and videos."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol, TypeAlias

from runner.emulator.api.errors import ApiError, invalid
from runner.emulator.api.fields import is_web_url
from runner.emulator.api.images import USUAL_LIMITS, ImageLimits, check_alike
from runner.emulator.api.videos import VideoLimits
from runner.emulator.state.tasks import Reference

Fetch: TypeAlias = Callable[[str], bytes | None]
"""Maps a URL to its content if that is a file of this emulator, else to None. Raises DownloadError
for a file of this emulator that cannot be had: expired, altered or unknown."""
Find: TypeAlias = Callable[[str], Reference]
"""Maps the id of a creation to the video that it is. Raises ApiError if there is none."""
Received: TypeAlias = tuple[Reference, bytes | None]
"""A reference and its content, None where that is not fetched or already here."""

_DATA = re.compile(r"data:(?P<type>[^;,]*)(?P<parameters>(?:;[^;,]*)*),", re.IGNORECASE)


class DownloadError(Exception):
    """A file that a URL names cannot be fetched."""


class Limits(Protocol):
    """What media of one kind have to be."""

    @property
    def names(self) -> str:
        """The formats, for messages."""

    @property
    def example(self) -> str:
        """How a data URI begins."""

    @property
    def declared(self) -> Mapping[str, str]:
        """The media types that data URIs may declare, and those that they stand for."""

    @property
    def takes_data(self) -> bool:
        """Whether a data URI will do instead of a URL."""

    def wrong_format(self, message: str) -> ApiError:
        """The error of another format."""

    def unreachable(self, message: str) -> ApiError:
        """The error of a file that cannot be fetched."""

    def check(self, content: bytes, name: str, *, is_inline: bool) -> Reference:
        """What the content is; raises ApiError when it is beyond a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An image, video or sound as a request names it."""

    name: str
    """The full name of its field, for messages."""
    text: str
    """A URL, a data URI, or the id of a creation."""
    limits: Limits = USUAL_LIMITS
    is_creation: bool = False


def no_creation(creation_id: str) -> Reference:
    """`Find` where there are none."""
    # Here it is about a field of the request, where others are 400; on its own it is 404.
    raise ApiError("CreationNotFound", f"there is no creation {creation_id[:64]}", 400)


def receive(sources: Sequence[Source], fetch: Fetch, find: Find = no_creation) -> list[Received]:
    """Each reference with its content; a URL outside this emulator is not fetched."""
    received = [_receive(source, fetch, find) for source in sources]
    pairs = zip(sources, (found for found, _ in received), strict=True)
    alike = [found for source, found in pairs if _must_be_alike(source.limits)]
    for first, last in pairwise(alike):
        check_alike(first, last)
    named = zip(sources, received, strict=True)
    return [(replace(found, name=source.name), content) for source, (found, content) in named]


def _must_be_alike(limits: Limits) -> bool:
    return isinstance(limits, ImageLimits) and limits.are_alike


def _receive(source: Source, fetch: Fetch, find: Find) -> Received:
    text, name, limits = source.text, source.name, source.limits
    if source.is_creation:
        found = find(text)
        if isinstance(limits, VideoLimits):
            limits.check_measures(found, name)
        return found, None
    is_data = text[:5].lower() == "data:"  # the scheme of a URL ignores case
    if is_data and limits.takes_data:
        declared, content = _decode(source)
        reference = limits.check(content, name, is_inline=True)
        if declared != reference.media_type:
            message = f"{name} is {reference.media_type}, not {declared} as it declares"
            raise limits.wrong_format(message)
        return reference, content
    if is_data or not is_web_url(text):
        alternative = f" or {limits.example}..." if limits.takes_data else ""
        raise invalid(f"{name} must be an http(s) URL{alternative}")
    try:
        fetched = fetch(text)
    except DownloadError as error:
        raise limits.unreachable(f"{name} cannot be fetched: {error}") from error
    if fetched is None:
        return Reference(url=text), None
    return replace(limits.check(fetched, name, is_inline=False), url=text), fetched


def _decode(source: Source) -> tuple[str, bytes]:
    """The declared media type of a data URI, and its content; raises ApiError."""
    name, limits = source.name, source.limits
    head = _DATA.match(source.text)
    if not head or not head["parameters"].lower().endswith(";base64"):
        raise limits.wrong_format(f"{name} must start with {limits.example} or the like")
    declared = limits.declared.get(head["type"].lower())
    if declared is None:
        raise limits.wrong_format(f"{name} must be {limits.names}")
    try:
        return declared, base64.b64decode(source.text[head.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise limits.wrong_format(f"{name} is not valid base64") from error
