"""Pixels: reads width and height of an image from its header, without decoding it."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, BinaryIO

from runner.media.png import png_size
from runner.media.types import describe_type

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

# The types that requests accept; the pixels of others do not matter.
_MEASURED = frozenset({"image/png", "image/jpeg", "image/webp", "image/bmp"})

# 16384 x 16384: a larger header is damaged or a bomb, and no provider accepts that size.
_MAX_PIXELS = 1 << 28


class UnusableError(ValueError):
    """A medium that no provider accepts; the message continues its name."""

    def __init__(self, message: str, *, is_unknown: bool = False) -> None:
        super().__init__(message)
        self.is_unknown = is_unknown
        """It is of no type that is known."""


# Warning filters belong to the process: two threads would restore each other's.
_filters = threading.Lock()


def pixels_of(media_type: str, file: BinaryIO) -> tuple[int, int] | None:
    """Width and height by the header, as stored; None for types that are not in `_MEASURED`.

    Raises UnusableError for what is damaged or not plausible.
    """
    if media_type not in _MEASURED:
        return None
    read = png_size if media_type == "image/png" else partial(_pillow_size, media_type)
    try:
        width, height = read(file)
    except (OSError, SyntaxError, ValueError, OverflowError):
        message = f"is {describe_type(media_type)} that cannot be read: is it damaged?"
        raise UnusableError(message) from None
    if width * height > _MAX_PIXELS:
        raise UnusableError(f"claims {width}x{height} pixels, which is not plausible")
    return width, height


def _pillow_size(media_type: str, file: BinaryIO) -> tuple[int, int]:
    # Pillow takes longer to import than everything else: only manifests with such images pay.
    from PIL.Image import DecompressionBombError

    try:
        with _filters, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata, which does not matter here
            with _pillow_readers()[media_type](file) as image:
                return image.size
    except DecompressionBombError as error:
        raise ValueError(error) from None


@cache
def _pillow_readers() -> Mapping[str, Callable[[BinaryIO], ImageFile]]:
    # The readers themselves: `Image.open` loads every plugin for a WebP, and rejects large sizes
    # ("decompression bomb") that are only read here, never decoded. The WebP reader allocates a
    # canvas, so it still rejects them; it also notices truncated files.
    from PIL.BmpImagePlugin import BmpImageFile
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    return {"image/jpeg": JpegImageFile, "image/webp": WebPImageFile, "image/bmp": BmpImageFile}
