"""The text that names an image in: what kind of source it is; the bytes of a data URI out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Literal
from urllib.parse import urlsplit

from runner.errors import Exit, Failure
from runner.media.types import HEAD_BYTES, described, sniff
from runner.model import Media

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PLAIN_URL = re.compile(r"https?://[\w.-]+(?::\d{1,4})?(?:[/?#][!-~]*)?", re.ASCII)
_DATA = re.compile(r"data:(image/[a-z0-9.+-]+);base64,")
_FOREIGN = re.compile(r"[^A-Za-z0-9+/]")
_SIGNED = re.compile(r"[?&](?:\w+-)*(?:signature|expires|x-amz-[\w-]+)=", re.IGNORECASE)
_LABEL_CHARACTERS = 80


class MediaError(Failure):
    """An image or video is not there, is not what it should be, or has changed meanwhile."""

    exit = Exit.INVALID


def classify(source: str) -> Literal["url", "data", "path"]:
    """What kind of thing a manifest means by `source`, by its first characters alone."""
    if source[:5].lower() == "data:":
        return "data"
    return "url" if _SCHEME.match(source) else "path"


def label(source: str) -> str:
    """The source as messages show it: long ones (data URIs) cut, hard to see ones quoted."""
    if len(source) <= _LABEL_CHARACTERS:
        return source if source == source.strip() != "" else f'"{source}"'
    return source[: 40 if classify(source) == "data" else _LABEL_CHARACTERS] + "…"


def looks_signed(url: str) -> str | None:
    """A warning if the URL carries a signature or a date of expiry, otherwise None.

    Such a URL is another text each time it is asked for, and so is the job's fingerprint.
    """
    if classify(url) != "url" or not _SIGNED.search(url):
        return None
    return (
        f"{label(url)} looks signed: its text changes every time, and with it what counts as"
        " the same request; use a lasting URL or a local file to be sure to pay once"
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
        hint = "name a local file by its path alone" if parts.scheme == "file" else None
        raise MediaError(f"{label(url)}: only http and https URLs are accepted", hint=hint)
    if not host:
        raise MediaError(f"{label(url)} names no host")
    if found := re.search(r"[\s\x00-\x1f\x7f]", url):
        raise MediaError(f"{label(url)} has white space at character {found.start() + 1}")


def decode(uri: str) -> tuple[str, bytes]:
    """Media type and content of a data URI, read strictly, as the API documents ask for it.

    `image/jpg` is taken for `image/jpeg`: the documents list both names.
    """
    name = label(uri)
    head = _DATA.match(uri)
    if head is None:
        raise MediaError(
            f"{name} does not begin as a data URI of an image must",
            hint="it begins with data:image/png;base64, (or image/jpeg, image/webp)",
        )
    content = _decode_base64(name, uri, head.end())
    declared = "image/jpeg" if head[1] == "image/jpg" else head[1]
    found = sniff(content[:HEAD_BYTES])
    if found is None:
        raise MediaError(f"{name} does not hold an image")
    if found != declared:
        raise MediaError(f"{name} declares {head[1]} but holds {described(found)}")
    return found, content


def _decode_base64(name: str, uri: str, start: int) -> bytes:
    end = len(uri) - (2 if uri.endswith("==") else 1 if uri.endswith("=") else 0)
    if bad := _FOREIGN.search(uri, start, end):
        character = bad[0].encode("unicode_escape").decode("ascii")
        raise MediaError(
            f'{name} is not base64: "{character}" at character {bad.start() + 1}',
            hint="base64 is one piece, without line breaks" if bad[0].isspace() else None,
        )
    if start == end:
        raise MediaError(f"{name} is empty")
    try:
        return base64.b64decode(uri[start:], validate=True)
    except binascii.Error:
        length = len(uri) - start
        raise MediaError(
            f"{name} is not base64: {length} characters are no whole number of groups of four",
            hint="is its end cut off?",
        ) from None


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
