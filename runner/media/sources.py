"""Media sources: classifies paths, URLs and data URIs, decodes them, and encodes what is sent."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import json
import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from runner.errors import Exit, Failure
from runner.media.limits import accepted
from runner.media.signed_urls import is_signed
from runner.media.types import ALIASES, AS_AUDIO, HEAD_BYTES, describe_type, sniff, with_article
from runner.model.jobs import Media
from runner.model.operations import MediaLimits

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PLAIN_URL = re.compile(r"https?://[\w.-]+(?::\d{1,4})?(?:[/?#][!-~]*)?", re.ASCII)
_DATA_URI = re.compile(r"data:((?:image|video|audio)/[a-z0-9.+-]+);base64,")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_LABEL_CHARACTERS = 80


class MediaError(Failure):
    """A medium is missing, is not what it should be, or has changed since it was probed."""

    exit = Exit.INVALID


def classify(source: str) -> Literal["url", "data", "path"]:
    """The kind of a source, by its first characters alone."""
    if source[:5].lower() == "data:":
        return "data"
    return "url" if _SCHEME.match(source) else "path"


# Enough of it to be no name; its first bytes then show what it is.
_BARE_BASE64 = re.compile(
    r"(?:[a-z]+/[a-z0-9.+-]+;)?(?:base64,)?(?P<text>[A-Za-z0-9+/\s]{48,}[=\s]*)"
)


def bare_base64_type(source: str) -> str | None:
    """The media type of base64 without the head of a data URI; None for a path."""
    found = _BARE_BASE64.fullmatch(source)
    if found is None:
        return None
    text = "".join(found["text"][: 2 * HEAD_BYTES].split())
    return sniff(base64.b64decode(text[: len(text) // 4 * 4]))


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


def check_form(source: str, limits: MediaLimits) -> Literal["url", "data", "path"]:
    """The kind of a source; raises MediaError where the parameter does not take such a one."""
    if (form := classify(source)) == "url":
        if "url" not in limits.forms:
            hint = "download it, and write the path of the file"
            raise MediaError(f"{label(source)} is a URL; only files are accepted here", hint=hint)
    elif inline_form(limits) is None:
        what = "a data URI" if form == "data" else "a local file"
        raise MediaError(
            f"{label(source)} is {what}; only URLs are accepted here",
            hint=f"put the {_NOUNS[limits.kind]} on a web server that the provider can reach, or "
            "use another job's .url",
        )
    return form


_NOUNS = {"image": "image", "video": "video", "audio": "audio file"}


def decode_data_uri(uri: str, limits: MediaLimits) -> tuple[str, bytes]:
    """Media type and content of a data URI, read as strictly as the API documents demand.

    Raises MediaError. Other names of a type, as `image/jpg`, are accepted: documents list them.
    """
    name, kind = label(uri), with_article(limits.kind)
    head = _DATA_URI.match(uri)
    if head is None:
        first, *others = limits.media_types
        or_others = f" (or {', '.join(others)})" if others else ""
        raise MediaError(
            f"{name} does not start like the data URI of {kind}",
            hint=f"it starts with data:{first};base64,{or_others}",
        )
    content = _decode_base64(name, uri, head.end())
    found = sniff(content[:HEAD_BYTES])
    if found is None:
        raise MediaError(f"{name} does not contain {kind}", hint=accepted(limits))
    declared = ALIASES.get(head[1], head[1])
    if declared not in {found, AS_AUDIO.get(found)}:
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


# ---------------------------------------------------------------------------------- in the request


@functools.cache  # of a handful of limits, asked for with every medium
def inline_form(limits: MediaLimits) -> Literal["data_uri", "base64"] | None:
    """The form in which a file's content is sent inside a request; None where it cannot be."""
    return next((form for form in limits.forms if form != "url"), None)


def as_sent(media: Media, limits: MediaLimits) -> Any:
    """What stands for the medium in the request: a text, or an object with it.

    A file is encoded; a URL is sent as it is written. Raises MediaError if the file is gone or has
    changed since it was probed. Blocks.
    """
    if media.path is None:
        text = media.source
        if inline_form(limits) == "base64" and classify(text) == "data":
            text = text.partition(",")[2]
    else:
        text = _prefix(media, limits) + base64.b64encode(_content(media.path, media)).decode(
            "ascii"
        )
    return _object(text, media, limits) if limits.as_object else text


def sent_length(media: Media, limits: MediaLimits) -> int:
    """Characters of JSON that `as_sent` adds to an empty text, without building it."""
    around = len(json.dumps(_object("", media, limits))) - 2 if limits.as_object else 0
    prefix = len(_prefix(media, limits)) if media.path else 0
    return around + prefix + encoded_length(media)


def encoded_length(media: Media) -> int:
    """Characters of a file in base64; of any other medium as it is written."""
    if media.path is None:
        return len(media.source)
    # Base64 makes four characters of each three bytes, and of what is left over.
    return (((media.size_bytes or 0) + 2) // 3) * 4


def _content(path: Path, media: Media) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MediaError(f"{media.source} can no longer be read: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != media.sha256:
        raise MediaError(
            f"{media.source} has changed since the run was planned",
            hint="run the manifest again to use the file as it is now",
        )
    return content


def _prefix(media: Media, limits: MediaLimits) -> str:
    return "" if inline_form(limits) == "base64" else f"data:{media.media_type};base64,"


def _object(text: str, media: Media, limits: MediaLimits) -> dict[str, Any]:
    return {
        key: media.media_type if part == "media_type" else text
        for key, part in (limits.as_object or {}).items()
    }
