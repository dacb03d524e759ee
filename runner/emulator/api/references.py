"""Reference images: turns the data URIs and URLs of a request into checked images.

Both documents set the same limits: png, jpeg, jpg or webp, a ratio inside 1:4 and 4:1, at most
50 MB, a URL or base64 with a matching content type; most operations, at least 128x128 pixels.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TypeAlias

from PIL import ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from runner.emulator.api.errors import ApiError, invalid
from runner.emulator.api.fields import is_web_url
from runner.emulator.state.tasks import Reference

Fetch: TypeAlias = Callable[[str], bytes | None]
"""Maps a URL to its content if that is a file of this emulator, else to None. Raises ApiError for
a file of this emulator that cannot be had: expired, altered or unknown."""

_MOST_BYTES = 50 * 1024 * 1024
_RATIO_LIMIT = 4  # exclusive: the documents demand "smaller than"
_LEAST_ALIKE, _MOST_ALIKE = 0.8, 1.25  # first divided by last

_DATA = re.compile(r"data:(?P<type>[^;,]*)(?P<parameters>(?:;[^;,]*)*),", re.IGNORECASE)
_OFFERED = frozenset({"image/png", "image/jpeg", "image/jpg", "image/webp"})
_READERS: dict[str, type[ImageFile.ImageFile]] = {
    "image/png": PngImagePlugin.PngImageFile,
    "image/jpeg": JpegImagePlugin.JpegImageFile,
    "image/webp": WebPImagePlugin.WebPImageFile,
}

_wrong_format = partial(ApiError, "ImageFormatInvalid")
# An odd name for a wrong size, but the vendor's.
_wrong_size = partial(ApiError, "PageSizeOutOfRange")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLimits:
    """What the limits of operations differ in."""

    least_side: int = 128
    """Pixels."""
    most_inline_bytes: int = _MOST_BYTES
    """Of the content of a data URI."""
    are_alike: bool = False
    """Whether images with these limits must have about the same size."""


USUAL_LIMITS = ImageLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An image as a request names it."""

    name: str
    """The full name of its field, for messages."""
    text: str
    """A URL or a data URI."""
    limits: ImageLimits = USUAL_LIMITS


def receive(sources: Sequence[Source], fetch: Fetch) -> list[tuple[Reference, bytes | None]]:
    """Each image and its content; None for a URL outside this emulator, which is not fetched."""
    received = [_receive(source, fetch) for source in sources]
    pairs = zip(sources, (image for image, _ in received), strict=True)
    alike = [image for source, image in pairs if source.limits.are_alike]
    for first, last in pairwise(alike):
        _check_alike(first, last)
    return received


def _check_alike(first: Reference, last: Reference) -> None:
    # The vendor writes "resolution" and not whether that is width, height or pixels: what is wrong
    # only in the number of pixels is let through. URLs elsewhere have no known size.
    if not (first.width and last.width):
        return
    pixels = first.width * first.height / (last.width * last.height)
    ratio = first.width * last.height / (first.height * last.width)
    if not any(_LEAST_ALIKE <= found <= _MOST_ALIKE for found in (pixels, ratio)):
        sizes = f"{first.width}x{first.height} and {last.width}x{last.height}"
        message = f"the images are {sizes}: first divided by last must be from 0.8 to 1.25"
        raise _wrong_size(message)


def _receive(source: Source, fetch: Fetch) -> tuple[Reference, bytes | None]:
    text, name, limits = source.text, source.name, source.limits
    if text[:5].lower() == "data:":  # the scheme of a URL ignores case
        declared, content = _decode(text, name)
        _check_bytes(content, name, limits.most_inline_bytes)
        reference = _checked(content, "", name, limits.least_side)
        if declared != reference.media_type:
            raise _wrong_format(f"{name} is {reference.media_type}, not {declared} as it declares")
        return reference, content
    if not is_web_url(text):
        raise invalid(f"{name} must be an http(s) URL or data:image/png;base64,...")
    fetched = fetch(text)
    if fetched is None:
        return Reference(url=text), None
    _check_bytes(fetched, name, _MOST_BYTES)
    return _checked(fetched, text, name, limits.least_side), fetched


def _check_bytes(content: bytes, name: str, most: int) -> None:
    if len(content) > most:
        raise _wrong_size(f"{name} has {len(content)} bytes, at most {most} are allowed")


def _decode(source: str, name: str) -> tuple[str, bytes]:
    """The declared media type of a data URI, and its content; raises ApiError."""
    head = _DATA.match(source)
    if not head or not head["parameters"].lower().endswith(";base64"):
        raise _wrong_format(f"{name} must start with data:image/png;base64, or the like")
    if head["type"].lower() not in _OFFERED:
        raise _wrong_format(f"{name} must be png, jpeg, jpg or webp")
    declared = head["type"].lower().replace("image/jpg", "image/jpeg")
    try:
        return declared, base64.b64decode(source[head.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise _wrong_format(f"{name} is not valid base64") from error


def _checked(content: bytes, url: str, name: str, least_side: int) -> Reference:
    # By content: the type in the header of an answer may be wrong.
    media_type = media_type_of(content)
    if media_type is None:
        raise _wrong_format(f"{name} must be png, jpeg, jpg or webp")
    width, height = _size_of(content, media_type, name)
    if min(width, height) < least_side:
        needed = f"at least {least_side}x{least_side} pixels are needed"
        raise _wrong_size(f"{name} is {width}x{height}, {needed}")
    if max(width, height) >= _RATIO_LIMIT * min(width, height):
        raise _wrong_size(f"{name} is {width}x{height}, the ratio must be inside 1:4 and 4:1")
    digest = hashlib.sha256(content).hexdigest()
    return Reference(url=url, sha256=digest, media_type=media_type, width=width, height=height)


def media_type_of(content: bytes) -> str | None:
    """The media type by the first bytes; None for a format that the documents do not name."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def open_image(content: bytes, media_type: str) -> ImageFile.ImageFile:
    """The image with only its header read; raises what `_size_of` catches for a broken one."""
    if media_type == "image/png":
        content = _without_metadata(content)
    # Not `Image.open`, which warns of large pictures: the documents allow them.
    return _READERS[media_type](io.BytesIO(content))


def _without_metadata(png: bytes) -> bytes:
    """The chunks that make up the pixels: others may unpack to more than Pillow reads."""
    kept, at = [png[:8]], 8
    while at < len(png):
        length, name = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        end = at + 12 + length  # with the length itself, the name and the checksum
        if name[:1].isupper() or name == b"tRNS":  # a capital marks a critical chunk
            kept.append(png[at:end])
        at = end
    return b"".join(kept)


def _size_of(content: bytes, media_type: str, name: str) -> tuple[int, int]:
    try:
        return open_image(content, media_type).size
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError) as error:
        raise _wrong_format(f"{name} cannot be read as {media_type}") from error
