"""The images of a request: data URIs and URLs to checked bytes.

Both documents ask for the same: png, jpeg, jpg or webp, at least 128x128 pixels, a ratio inside
1:4 and 4:1, at most 50 MB, base64 with a fitting content type, or a URL.
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
from typing import TypeAlias

from PIL import ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from runner.emulator.api.errors import ApiError, invalid
from runner.emulator.api.fields import is_web
from runner.emulator.state.tasks import Reference

Fetch: TypeAlias = Callable[[str], bytes | None]
"""URL to the content where it is a file of this emulator, None for the world outside; raises
ApiError for a file of this emulator that cannot be had (expired, altered, unknown)."""

MAX_BYTES = 50 * 1024 * 1024
MIN_SIDE = 128
MAX_RATIO = 4
"""The longer side stays below four times the shorter one: the documents say "smaller than"."""

_DATA = re.compile(r"data:(?P<type>[^;,]*)(?P<parameters>(?:;[^;,]*)*),", re.IGNORECASE)
_OFFERED = frozenset({"image/png", "image/jpeg", "image/jpg", "image/webp"})
_READERS: dict[str, type[ImageFile.ImageFile]] = {
    "image/png": PngImagePlugin.PngImageFile,
    "image/jpeg": JpegImagePlugin.JpegImageFile,
    "image/webp": WebPImagePlugin.WebPImageFile,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An image of a request and, where it is known, its content."""

    reference: Reference
    content: bytes | None


def receive(sources: Sequence[str], least: int, most: int, fetch: Fetch) -> list[Received]:
    """Every image checked. Raises ApiError for the first that cannot be used."""
    if not least <= len(sources) <= most:
        raise ApiError(
            "FieldItemCountOutOfRange",
            f"images must have {least} to {most} items, not {len(sources)}",
        )
    return [_one(source, f"images[{n}]", fetch) for n, source in enumerate(sources)]


def _one(source: str, name: str, fetch: Fetch) -> Received:
    if source[:5].lower() == "data:":
        return Received(
            reference=_checked(content := _decode(source, name), "", name), content=content
        )
    if not is_web(source):
        raise invalid(f"{name} must be an http(s) URL or data:image/png;base64,...")
    found = fetch(source)
    if found is None:
        return Received(reference=Reference(url=source), content=None)
    return Received(reference=_checked(found, source, name), content=found)


def _decode(source: str, name: str) -> bytes:
    head = _DATA.match(source)
    if not head or not head["parameters"].lower().endswith(";base64"):
        raise ApiError(
            "ImageFormatInvalid", f"{name} must start with data:image/png;base64, or the like"
        )
    if head["type"].lower() not in _OFFERED:
        raise ApiError("ImageFormatInvalid", f"{name} must be png, jpeg, jpg or webp")
    try:
        return base64.b64decode(source[head.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise ApiError("ImageFormatInvalid", f"{name} is not valid base64") from error


def _checked(content: bytes, url: str, name: str) -> Reference:
    if len(content) > MAX_BYTES:
        raise ApiError(
            "PageSizeOutOfRange",
            f"{name} has {len(content)} bytes, at most {MAX_BYTES} are allowed",
        )
    media_type = kind_of(content)
    if media_type is None:
        raise ApiError("ImageFormatInvalid", f"{name} must be png, jpeg, jpg or webp")
    width, height = _size_of(content, media_type, name)
    if min(width, height) < MIN_SIDE:
        raise ApiError(
            "PageSizeOutOfRange", f"{name} is {width}x{height}, at least 128x128 pixels are needed"
        )
    if max(width, height) >= MAX_RATIO * min(width, height):
        raise ApiError(
            "PageSizeOutOfRange",
            f"{name} is {width}x{height}, the ratio must be inside 1:4 and 4:1",
        )
    digest = hashlib.sha256(content).hexdigest()
    return Reference(url=url, sha256=digest, media_type=media_type, width=width, height=height)


def kind_of(content: bytes) -> str | None:
    """The media type by the first bytes; None for what the documents do not name."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def open_image(content: bytes, media_type: str) -> ImageFile.ImageFile:
    """The image, only its header read; raises OSError, SyntaxError or the like for a broken one.

    Not `Image.open`: that one warns of large pictures, which the documents allow.
    """
    return _READERS[media_type](io.BytesIO(content))


def _size_of(content: bytes, media_type: str, name: str) -> tuple[int, int]:
    try:
        return open_image(content, media_type).size
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError) as error:
        raise ApiError("ImageFormatInvalid", f"{name} cannot be read as {media_type}") from error
