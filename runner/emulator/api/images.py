"""Images: checks the pictures of a request against the limits of its operation.

Both documents set the same limits for Vidu's models: png, jpeg, jpg or webp, a ratio inside 1:4 and
4:1, at most 50 MB, a URL or base64 with a matching content type; most operations, at least 128x128
pixels. What other operations set instead, such as bmp, is in the fields of `ImageLimits`.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Protocol

from PIL import BmpImagePlugin, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from runner.emulator.api.errors import ApiError
from runner.emulator.state.tasks import Reference

_MOST_BYTES = 50 * 1024 * 1024
_LEAST_ALIKE, _MOST_ALIKE = 0.8, 1.25  # first divided by last
PNG, JPEG, WEBP, BMP = "image/png", "image/jpeg", "image/webp", "image/bmp"
USUAL_TYPES = (PNG, JPEG, WEBP)
WITH_BMP = (PNG, JPEG, BMP, WEBP)
_NAMES = {PNG: ("png",), JPEG: ("jpeg", "jpg"), BMP: ("bmp",), WEBP: ("webp",)}
_DECLARED = {PNG: PNG, JPEG: JPEG, "image/jpg": JPEG, WEBP: WEBP}  # bmp is taken as a URL only
"""By the media types that data URIs may declare, those that they stand for."""
_READERS: Mapping[str, type[ImageFile.ImageFile]] = {
    PNG: PngImagePlugin.PngImageFile,
    JPEG: JpegImagePlugin.JpegImageFile,
    WEBP: WebPImagePlugin.WebPImageFile,
    BMP: BmpImagePlugin.BmpImageFile,
}

_wrong_format = partial(ApiError, "ImageFormatInvalid")
# An odd name for a wrong size, but the vendor's.
wrong_size = partial(ApiError, "PageSizeOutOfRange")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLimits:
    """What images have to be; the fields are what operations differ in."""

    example: ClassVar[str] = "data:image/png;base64,"

    types: Sequence[str] = USUAL_TYPES
    takes_data: bool = True
    """Whether a data URI will do instead of a URL."""
    least_side: int = 128
    """Pixels."""
    most_side: int | None = None
    ratio: float | None = 4
    """Of the longer side to the shorter one."""
    takes_ratio: bool = False
    """Whether exactly that ratio will do: most documents demand "smaller than"."""
    most_bytes: int | None = _MOST_BYTES
    most_inline_bytes: int | None = _MOST_BYTES
    """Of the content of a data URI."""
    are_alike: bool = False
    """Whether images with these limits must have about the same size."""

    @property
    def names(self) -> str:
        """The formats, for messages."""
        *rest, last = [name for media_type in self.types for name in _NAMES[media_type]]
        return f"{', '.join(rest)} or {last}"

    @property
    def declared(self) -> Mapping[str, str]:
        """The media types that data URIs may declare, and those that they stand for."""
        return {name: type_ for name, type_ in _DECLARED.items() if type_ in self.types}

    def wrong_format(self, message: str) -> ApiError:
        """The error of what is no such image."""
        return _wrong_format(message)

    def unreachable(self, message: str) -> ApiError:
        """The error of an image that cannot be fetched."""
        return ApiError("ImageDownloadFailure", message)

    def check(self, content: bytes, name: str, *, is_inline: bool) -> Reference:
        """What an image is, by its content; raises ApiError when it is beyond a limit."""
        check_bytes(content, name, self.most_inline_bytes if is_inline else self.most_bytes)
        # By content: the type in the header of an answer may be wrong.
        media_type = media_type_of(content)
        if media_type is None or media_type not in self.types:
            raise _wrong_format(f"{name} must be {self.names}")
        width, height = _size_of(content, media_type, name)
        check_sides(width, height, name, self)
        digest = hashlib.sha256(content).hexdigest()
        return Reference(sha256=digest, media_type=media_type, width=width, height=height)


USUAL_LIMITS = ImageLimits()


def check_bytes(content: bytes, name: str, most: int | None) -> None:
    """Raise ApiError for more bytes than that, if there is a limit."""
    if most is not None and len(content) > most:
        raise wrong_size(f"{name} has {len(content)} bytes, at most {most} are allowed")


class SideLimits(Protocol):
    """What limits of images and of videos have in common."""

    @property
    def least_side(self) -> int:
        """Pixels."""

    @property
    def most_side(self) -> int | None:
        """Pixels."""

    @property
    def ratio(self) -> float | None:
        """Of the longer side to the shorter one."""

    @property
    def takes_ratio(self) -> bool:
        """Whether exactly that ratio will do."""


def check_sides(width: int, height: int, name: str, limits: SideLimits) -> None:
    """Raise ApiError for a side or a ratio beyond its limit."""
    least, most, ratio = limits.least_side, limits.most_side, limits.ratio
    if min(width, height) < least:
        needed = f"at least {least}x{least} pixels are needed"
        raise wrong_size(f"{name} is {width}x{height}, {needed}")
    if most is not None and max(width, height) > most:
        raise wrong_size(f"{name} is {width}x{height}, at most {most}x{most} pixels are allowed")
    if ratio is None:
        return
    longer, longest = max(width, height), ratio * min(width, height)
    if longer > longest or (longer == longest and not limits.takes_ratio):
        bounds = f"1:{ratio:g} and {ratio:g}:1"
        allowed = f"between {bounds}" if limits.takes_ratio else f"inside {bounds}"
        raise wrong_size(f"{name} is {width}x{height}, the ratio must be {allowed}")


def check_alike(first: Reference, last: Reference) -> None:
    """Raise ApiError for two images that cannot be the ends of one video."""
    # The vendor writes "resolution" and not whether that is width, height or pixels: what is wrong
    # only in the number of pixels is let through. URLs elsewhere have no known size.
    if not (first.width and last.width):
        return
    pixels = first.width * first.height / (last.width * last.height)
    ratio = first.width * last.height / (first.height * last.width)
    if not any(_LEAST_ALIKE <= found <= _MOST_ALIKE for found in (pixels, ratio)):
        sizes = f"{first.width}x{first.height} and {last.width}x{last.height}"
        message = f"the images are {sizes}: first divided by last must be from 0.8 to 1.25"
        raise wrong_size(message)


def media_type_of(content: bytes) -> str | None:
    """The media type by the first bytes; None for a format that the documents do not name."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"BM"):
        return BMP
    return WEBP if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def open_image(content: bytes, media_type: str) -> ImageFile.ImageFile:
    """The image with only its header read; raises what `_size_of` catches for a broken one."""
    if media_type == PNG:
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
