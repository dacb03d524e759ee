"""Image probe: finds type, size in pixels and digest of an image before anything is sent."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import threading
import warnings
from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from runner import __version__
from runner.file_names import locale_hint, other_spellings, similar_name, unexpanded_hint
from runner.hashing import CachedHash, HashCache, StatKey
from runner.lfs import pointer_kind
from runner.media.endings import END_MARKS
from runner.media.png import png_size
from runner.media.sources import (
    MediaError,
    bare_base64_type,
    check_url,
    classify,
    decode_data_uri,
    label,
)
from runner.media.types import HEAD_BYTES, describe_type, sniff
from runner.model.jobs import Media

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

# The types that requests accept; the pixels of others do not matter.
_MEASURED = frozenset({"image/png", "image/jpeg", "image/webp"})

# 16384 x 16384: a larger header is damaged or a bomb, and no provider accepts that size.
_MAX_PIXELS = 1 << 28

_PIECE_BYTES = 1 << 20


def probe(source: str, base: Path, hashes: HashCache) -> Media:
    """Type, size and digest of an image; relative paths start from `base`.

    A file is read once as long as its `StatKey` stays the same. Of a URL only the form is checked.
    Raises MediaError for what is missing, unreadable or not an image. Blocks.
    """
    match classify(source):
        case "url":
            check_url(source)
            return Media(source=source, path=None, sha256=None, media_type=None, size_bytes=None)
        case "data":
            media = _probe_data(source)
        case "path":
            media = _probe_file(source, base, hashes)
    if isinstance(media, str):  # an error: not raised below, so that the caches keep it too
        raise MediaError(f"{label(source)} {media}")
    return media


@lru_cache(maxsize=256)  # few, because a data URI can have megabytes
def _probe_data(uri: str) -> Media | str:
    """The image, or why it cannot be used."""
    media_type, content = decode_data_uri(uri)
    try:
        width, height = _measure(media_type, io.BytesIO(content))
    except _UnusableError as error:
        return str(error)
    return Media(
        source=uri,
        path=None,
        sha256=hashlib.sha256(content).hexdigest(),
        media_type=media_type,
        size_bytes=len(content),
        width=width,
        height=height,
    )


def _probe_file(source: str, base: Path, hashes: HashCache) -> Media | str:
    path = base / source
    try:
        path, status = _status(path, source)
    except FileNotFoundError:
        _reject_base64(source)
        hint = _missing_hint(path, source)
        raise MediaError(f"{label(source)} does not exist", hint=hint) from None
    except (OSError, ValueError) as error:
        _reject_base64(source)
        if isinstance(error, OSError) and error.errno != errno.ENAMETOOLONG:
            return f"cannot be read: {error.strerror}"
        message = f"{label(source)} is not the path of an image"
        hint = locale_hint(source) or "base64 needs its prefix, data:image/png;base64,"
        raise MediaError(message, hint=hint) from None
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        return f"is {kind}; an image file is needed"
    return _media(source, path, StatKey.of(status), hashes) if status.st_size else "is empty"


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


def _reject_base64(source: str) -> None:
    """Raise MediaError for base64 where a path is expected."""
    if media_type := bare_base64_type(source):
        hint = f"base64 needs its prefix, data:{media_type};base64,"
        raise MediaError(f"{label(source)} is not the path of an image", hint=hint)


@lru_cache(maxsize=1 << 16)
def _media(source: str, path: Path, key: StatKey, hashes: HashCache) -> Media | str:
    # It may keep files that were written a moment ago: their digest is compared again before they
    # are sent.
    try:
        with path.open("rb") as file:
            read = partial(_read_facts, file)
            found = hashes.find_or_read(path, file.fileno(), read, is_usable=_is_current)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except _UnusableError as error:
        return str(error)
    _, media_type, *pixels = found.note.split()
    width, height = map(int, pixels) if pixels else (None, None)
    return Media(
        source=source,
        path=path,
        sha256=found.sha256,
        media_type=media_type,
        size_bytes=key.size,
        width=width,
        height=height,
    )


class _UnusableError(ValueError):
    """An image that no provider accepts; the message continues the image's name."""


def _is_current(found: CachedHash) -> bool:
    # Other versions of the program may check more or less, so their notes are not used.
    return found.note.partition(" ")[0] == __version__


def _read_facts(file: BinaryIO) -> CachedHash:
    """Digest of a file, with a note of this program's version, type, width and height."""
    media_type = sniff(head := file.read(HEAD_BYTES))
    if media_type is None:
        pointer = pointer_kind(head)
        raise _UnusableError(f"is {': '.join(pointer)}" if pointer else "is not an image")
    file.seek(0)
    sha256, complete = _digest(file, END_MARKS.get(media_type))
    if not complete:
        raise _UnusableError(f"is {describe_type(media_type)} without an end: is it truncated?")
    file.seek(0)
    pixels = [each for each in _measure(media_type, file) if each is not None]
    return CachedHash(sha256, " ".join(map(str, (__version__, media_type, *pixels))))


def _digest(file: BinaryIO, mark: bytes | None) -> tuple[str, bool]:
    """The content's digest, and whether it contains `mark`, in one pass of bounded memory."""
    digest, found, tail = hashlib.sha256(), mark is None, b""
    while piece := file.read(_PIECE_BYTES):
        digest.update(piece)
        if mark is not None and not found:
            found = mark in tail + piece  # it may lie across two pieces
            tail = piece[-len(mark) :]
    return digest.hexdigest(), found


# Warning filters belong to the process: two threads would restore each other's.
_filters = threading.Lock()


def _measure(media_type: str, file: BinaryIO) -> tuple[int | None, int | None]:
    """Width and height in pixels by the header, as stored; None for types no request accepts."""
    if media_type not in _MEASURED:
        return None, None
    read = png_size if media_type == "image/png" else partial(_pillow_size, media_type)
    try:
        width, height = read(file)
    except (OSError, SyntaxError, ValueError, OverflowError):
        message = f"is {describe_type(media_type)} that cannot be read: is it damaged?"
        raise _UnusableError(message) from None
    if width * height > _MAX_PIXELS:
        raise _UnusableError(f"claims {width}x{height} pixels, which is not plausible")
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
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    return {"image/jpeg": JpegImageFile, "image/webp": WebPImageFile}


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
