"""Media probe: finds what an image, a video or a sound is, before anything is sent."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from functools import partial
from pathlib import Path

from runner.file_names import locale_hint, other_spellings, similar_name, unexpanded_hint
from runner.hashing import HashCache, StatKey
from runner.media.facts import Facts, is_usable, read_content, read_file
from runner.media.limits import accepted, check_file
from runner.media.pixels import UnusableError
from runner.media.sources import (
    MediaError,
    bare_base64_type,
    check_form,
    check_url,
    decode_data_uri,
    label,
)
from runner.media.types import HEAD_BYTES, sniff, with_article
from runner.model.jobs import Media
from runner.model.operations import MediaKind, MediaLimits

IMAGES = MediaLimits(kind="image", media_types=("image/png", "image/jpeg", "image/webp"))
"""What nearly all parameters accept, without their limits."""


def probe(
    source: str,
    base: Path,
    hashes: HashCache,
    limits: MediaLimits = IMAGES,
    *,
    at: Path | None = None,
) -> Media:
    """Type, size and digest of a medium, and what its kind has; relative paths start from `base`.

    `at`: where the file is that messages name as `source`, if not there.
    A file is read once as long as its `StatKey` stays the same. Of a URL only the form is checked.
    Raises MediaError for what is missing, unreadable, of no known type, too large to be worth
    reading, or in a form that the parameter does not take. Blocks.
    """
    match check_form(source, limits):
        case "url":
            check_url(source)
            return Media(source=source, path=None, sha256=None, media_type=None, size_bytes=None)
        case "data":
            media = hashes.recall((source, limits), lambda: _probe_data(source, limits))
        case "path":
            media = _probe_file(source, at or base / source, hashes, limits)
    if isinstance(media, UnusableError):  # not raised below, so that the caches keep it too
        hint = accepted(limits) if media.is_unknown else None
        raise MediaError(f"{label(source)} {media}", hint=hint)
    return media


def _probe_data(uri: str, limits: MediaLimits) -> Media | UnusableError:
    """The medium, or why it cannot be used."""
    media_type, content = decode_data_uri(uri, limits)
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        facts = read_content(media_type, content, limits.kind)
    except UnusableError as error:
        return error
    return _media_of(uri, None, sha256, len(content), facts.of_kind(limits.kind))


def _probe_file(
    source: str, path: Path, hashes: HashCache, limits: MediaLimits
) -> Media | UnusableError:
    noun = with_article(limits.kind)
    try:
        path, status = _status(path, source)
    except FileNotFoundError:
        _reject_base64(source, noun)
        hint = _missing_hint(path, source)
        raise MediaError(f"{label(source)} does not exist", hint=hint) from None
    except (OSError, ValueError) as error:
        _reject_base64(source, noun)
        if isinstance(error, OSError) and error.errno != errno.ENAMETOOLONG:
            return UnusableError(f"cannot be read: {error.strerror}")
        message = f"{label(source)} is not the path of {noun}"
        prefix = f"data:{limits.media_types[0]};base64,"
        hint = locale_hint(source) or f"base64 needs its prefix, {prefix}"
        raise MediaError(message, hint=hint) from None
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        file = noun if noun.endswith("file") else f"{noun} file"
        return UnusableError(f"is {kind}; {file} is needed")
    if not status.st_size:
        return UnusableError("is empty")
    _reject_large(source, path, status.st_size, limits)
    key = StatKey.of(status)
    return hashes.recall(
        (source, path, key, limits.kind), lambda: _media(source, path, key, hashes, limits.kind)
    )


def _reject_large(source: str, path: Path, size: int, limits: MediaLimits) -> None:
    """Raise MediaError for a file that is too large to be sent, without reading all of it."""
    most = limits.max_inline_bytes or limits.max_bytes
    if most is None or size <= most:
        return
    try:
        with path.open("rb") as file:
            media_type = sniff(file.read(HEAD_BYTES))
    except OSError as error:
        raise MediaError(f"{label(source)} cannot be read: {error.strerror}") from None
    if media_type and (unfit := check_file(media_type, size, limits)):
        raise MediaError(f"{label(source)} {unfit.message}", hint=unfit.hint)


def _status(path: Path, source: str) -> tuple[Path, os.stat_result]:
    """Path and status of a file, whose name may differ from that of `path` in Unicode's form.

    Raises OSError or ValueError, and MediaError where several such names look the same.
    """
    try:
        return path, path.stat()
    except FileNotFoundError:
        found = other_spellings(path)
        if not found:
            raise
    if len(found) > 1:
        names = " and ".join(each.name.encode("unicode_escape").decode() for each in found)
        hint = f"these look the same, so write the one you mean: {names}"
        raise MediaError(f"{label(source)} does not exist", hint=hint)
    return found[0], found[0].stat()


def _reject_base64(source: str, noun: str) -> None:
    """Raise MediaError for base64 where a path is expected."""
    if media_type := bare_base64_type(source):
        hint = f"base64 needs its prefix, data:{media_type};base64,"
        raise MediaError(f"{label(source)} is not the path of {noun}", hint=hint)


def _media(
    source: str, path: Path, key: StatKey, hashes: HashCache, kind: MediaKind
) -> Media | UnusableError:
    # It may keep files that were written a moment ago: their digest is compared again before they
    # are sent.
    try:
        with path.open("rb") as file:
            read = partial(read_file, file, path, kind)
            usable = partial(is_usable, kind=kind)
            found = hashes.find_or_read(path, file.fileno(), read, is_usable=usable)
    except OSError as error:
        return UnusableError(f"cannot be read: {error.strerror}")
    except UnusableError as error:
        return error
    facts = Facts.of_note(found.note)
    assert facts is not None, "is usable"
    return _media_of(source, path, found.sha256, key.size, facts.of_kind(kind))


def _media_of(source: str, path: Path | None, sha256: str, size: int, facts: Facts) -> Media:
    return Media(
        source=source,
        path=path,
        sha256=sha256,
        media_type=facts.media_type,
        size_bytes=size,
        width=facts.width,
        height=facts.height,
        seconds=facts.seconds,
        frames_per_second=facts.frames_per_second,
        codec=facts.codec,
    )


def _missing_hint(path: Path, source: str) -> str | None:
    """What the first missing part of `path`, written as `source`, may have meant."""
    if hint := unexpanded_hint(Path(source.strip())):
        return hint
    if path.is_symlink():
        return f"it is a link to {path.readlink()}, which does not exist"
    missing, written = path, Path(source.strip())
    while not missing.parent.exists():
        missing, written = missing.parent, written.parent
    if near := similar_name(missing):
        return f'did you mean "{written.parent / near}"?'
    return None if missing == path else f"there is no folder {missing.name} in {missing.parent}"
