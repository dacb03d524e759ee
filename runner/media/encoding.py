"""An image that was looked at in, the text that travels in its place out."""

from __future__ import annotations

import base64
import hashlib

from runner.media.sources import MediaError
from runner.model import Media


def data_uri(media: Media) -> str:
    """The image as a request carries it: a file as a data URI (ASCII), anything else as written.

    A file is read in one go and must still be what it was when it was looked at: MediaError if
    it has changed or gone. Blocks.
    """
    if media.path is None:
        return media.source
    try:
        content = media.path.read_bytes()
    except OSError as error:
        raise MediaError(f"{media.source} cannot be read any more: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != media.sha256:
        raise MediaError(
            f"{media.source} has changed since the run was planned",
            hint="run the manifest again to use it as it is now",
        )
    return _prefix(media) + base64.b64encode(content).decode("ascii")


def data_uri_length(media: Media) -> int:
    """Characters of `data_uri(media)`, without making it."""
    if media.path is None:
        return len(media.source)
    return len(_prefix(media)) + (((media.size_bytes or 0) + 2) // 3) * 4


def _prefix(media: Media) -> str:
    return f"data:{media.media_type};base64,"
