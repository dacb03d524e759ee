"""A PNG, JPEG or WebP file in, its width and height out, as its header tells them."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import BinaryIO

from PIL.Image import DecompressionBombError
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

_READERS: dict[str, Callable[[BinaryIO], ImageFile]] = {
    "image/png": PngImageFile,
    "image/jpeg": JpegImageFile,
    "image/webp": WebPImageFile,
}
"""The readers themselves rather than `Image.open`: that one loads every plugin for a WebP, and
stops at sizes (its "decompression bomb") that are merely read here, never decoded. The one for
WebP, which makes room for a canvas, minds them itself."""

_filters = threading.Lock()
"""The filters of warnings belong to the process: two threads would restore each other's."""


def size_of(media_type: str, file: BinaryIO) -> tuple[int, int] | None:
    """Pixels across and down, as stored; None when the header cannot be read. Decodes nothing."""
    with _filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which is no concern here
        try:
            with _READERS[media_type](file) as image:
                return image.size
        except (OSError, SyntaxError, ValueError, OverflowError, DecompressionBombError):
            return None
