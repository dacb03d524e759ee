"""Image sources: classifies paths, URLs and data URIs, decodes and encodes data URIs."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Literal
from urllib.parse import urlsplit

from runner.errors import Exit, Failure
from runner.media.signed_urls import is_signed
from runner.media.types import HEAD_BYTES, describe_type, sniff
from runner.model.jobs import Media

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PLAIN_URL = re.compile(r"https?://[\w.-]+(?::\d{1,4})?(?:[/?#][!-~]*)?", re.ASCII)
_DATA_URI = re.compile(r"data:(image/[a-z0-9.+-]+);base64,")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_LABEL_CHARACTERS = 80


class MediaError(Failure):
    """An image is missing, is not what it should be, or has changed since it was probed."""

    exit = Exit.INVALID


def classify(source: str) -> Literal["url", "data", "path"]:
    """The kind of a source, by its first characters alone."""
    if source[:5].lower() == "data:":
        return "data"
    return "url" if _SCHEME.match(source) else "path"


# The first bytes of each type in base64, then enough of it to be no name.
_BARE_BASE64 = re.compile(
    r"(?:image/[a-z+.-]+;)?(?:base64,)?"
    r"(?P<head>iVBORw0KGgo|/9j/|UklGR|R0lGOD)[A-Za-z0-9+/\s]{40,}[=\s]*"
)
_BASE64_TYPES = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "UklGR": "image/webp",
    "R0lGOD": "image/gif",
}


def bare_base64_type(source: str) -> str | None:
    """The media type of an image's base64 without the head of a data URI; None for a path."""
    found = _BARE_BASE64.fullmatch(source)
    return _BASE64_TYPES[found["head"]] if found else None


def label(source: str) -> str:
    """The source for messages: long ones (data URIs) are cut, white space at an end is quoted."""
    if len(source) <= _LABEL_CHARACTERS:
        return source if source == source.strip() != "" else f'"{source}"'
    return source[: 40 if classify(source) == "data" else _LABEL_CHARACTERS] + "…"


def signed_url_warning(url: str) -> str | None:
    """A warning if the URL carries a signature or an expiry date; None for any other source."""
    if classify(url) != "url" or not is_signed(url):
        return None
    # Each download link has a text of its own, and the text is part of the fingerprint.
    return (
        f"{label(url)} looks signed: its text is different every time, and so the same request"
        " looks like a new one; use a permanent URL or a local file to be sure to pay once"
    )


def check_url(url: str) -> None:
    """Raise MediaError unless a provider could fetch `url`: http or https, with a host."""
    if _PLAIN_URL.fullmatch(url):  # as nearly all are
        return
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise MediaError(f"{label(url)} is not a URL: {error}") from None
    if parts.scheme not in {"http", "https"}:
        hint = "write a local file as a path, without file://" if parts.scheme == "file" else None
        raise MediaError(f"{label(url)}: only http and https URLs are accepted", hint=hint)
    if not host:
        raise MediaError(f"{label(url)} has no host")
    if space := re.search(r"[\s\x00-\x1f\x7f]", url):
        raise MediaError(f"{label(url)} has white space at character {space.start() + 1}")


def decode_data_uri(uri: str) -> tuple[str, bytes]:
    """Media type and content of a data URI, read as strictly as the API documents demand.

    Raises MediaError. `image/jpg` counts as `image/jpeg`: the documents list both names.
    """
    name = label(uri)
    head = _DATA_URI.match(uri)
    if head is None:
        raise MediaError(
            f"{name} does not start like the data URI of an image",
            hint="it starts with data:image/png;base64, (or image/jpeg, image/webp)",
        )
    content = _decode_base64(name, uri, head.end())
    declared = "image/jpeg" if head[1] == "image/jpg" else head[1]
    found = sniff(content[:HEAD_BYTES])
    if found is None:
        raise MediaError(f"{name} does not contain an image")
    if found != declared:
        raise MediaError(f"{name} declares {head[1]} but contains {describe_type(found)}")
    return found, content


def _decode_base64(name: str, uri: str, start: int) -> bytes:
    end = len(uri) - (2 if uri.endswith("==") else 1 if uri.endswith("=") else 0)
    if invalid := _NOT_BASE64.search(uri, start, end):
        character = invalid[0].encode("unicode_escape").decode("ascii")
        raise MediaError(
            f'{name} is not base64: "{character}" at character {invalid.start() + 1}',
            hint="write base64 without line breaks" if invalid[0].isspace() else None,
        )
    if start == end:
        raise MediaError(f"{name} is empty")
    try:
        return base64.b64decode(uri[start:], validate=True)
    except binascii.Error:
        raise MediaError(
            f"{name} is not base64: its length, {len(uri) - start}, is not a multiple of four",
            hint="is the end missing?",
        ) from None


def data_uri(media: Media) -> str:
    """The image as a request carries it: a file as a data URI (ASCII), anything else as written.

    Raises MediaError if the file is gone or has changed since it was probed. Blocks.
    """
    if media.path is None:
        return media.source
    try:
        content = media.path.read_bytes()
    except OSError as error:
        raise MediaError(f"{media.source} can no longer be read: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != media.sha256:
        raise MediaError(
            f"{media.source} has changed since the run was planned",
            hint="run the manifest again to use the file as it is now",
        )
    return _prefix(media) + base64.b64encode(content).decode("ascii")


def data_uri_length(media: Media) -> int:
    """Characters of `data_uri(media)`, without building it."""
    if media.path is None:
        return len(media.source)
    # Base64 makes four characters of each three bytes, and of what is left over.
    return len(_prefix(media)) + (((media.size_bytes or 0) + 2) // 3) * 4


def _prefix(media: Media) -> str:
    return f"data:{media.media_type};base64,"
