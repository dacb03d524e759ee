"""A source as the manifest names it in, what is known of the image out."""

from __future__ import annotations

import difflib
import errno
import hashlib
import io
import itertools
import os
import stat
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from PIL.Image import DecompressionBombError
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from runner import __version__
from runner.hashing import CachedHash, OpenFile, StatKey
from runner.media.sources import MediaError, check_url, classify, decode, label
from runner.media.types import HEAD_BYTES, described, sniff
from runner.model import Media

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


def image_size(media_type: str, file: BinaryIO) -> tuple[int, int] | None:
    """Pixels across and down, as stored; None when the header cannot be read. Decodes nothing."""
    with _filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which is no concern here
        try:
            with _READERS[media_type](file) as image:
                return image.size
        except (OSError, SyntaxError, ValueError, OverflowError, DecompressionBombError):
            return None


_PIECE_BYTES = 1 << 20
_MAX_PIXELS = 1 << 28
"""16384 x 16384: a header that claims more is a lie or a bomb, and no provider would take it."""

_END_MARKS = {"image/png": b"IEND\xaeB`\x82", "image/jpeg": b"\xff\xd9"}
"""What a whole file of that type holds somewhere (cameras append data of their own after it).
Pillow sees to it for WebP."""

_NAMES_LOOKED_AT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What the content of a file tells; `trouble` says why it is of no use."""

    sha256: str
    media_type: str | None
    width: int | None = None
    height: int | None = None
    trouble: str | None = None

    @classmethod
    def of(cls, known: CachedHash | None) -> _Facts | None:
        """What an earlier look at the same content found; None where there was none like ours."""
        version, _, rest = known.note.partition(" ") if known else ("", "", "")
        if known is None or version != __version__:
            return None
        media_type, *pixels = rest.split()
        width, height = map(int, pixels) if pixels else (None, None)
        return cls(sha256=known.sha256, media_type=media_type, width=width, height=height)

    @property
    def known(self) -> CachedHash:
        """The same to be remembered; what is wrong is found out anew, and told in today's words.

        Other versions may look closer, so each believes its own alone.
        """
        if self.trouble is not None:
            return CachedHash(self.sha256)
        pixels = () if self.width is None else (self.width, self.height)
        return CachedHash(self.sha256, " ".join(map(str, (__version__, self.media_type, *pixels))))


def probe(source: str, base: Path) -> Media:
    """What is known of an image before anything is sent; relative paths start from `base`.

    Files are read once as long as nothing about them changes (see `Marks`). Of a URL only its
    form is looked at. Raises MediaError for what is missing, unreadable or no image. Blocks.
    """
    match classify(source):
        case "url":
            check_url(source)
            return _unseen(source)
        case "data":
            return _probe_data(source)
        case "path":
            return _probe_file(source, base)


def _unseen(url: str) -> Media:
    return Media(source=url, path=None, sha256=None, media_type=None, size_bytes=None)


@lru_cache(maxsize=256)
def _probe_data(uri: str) -> Media:
    media_type, content = decode(uri)
    width, height = _measured(label(uri), media_type, io.BytesIO(content))
    return Media(
        source=uri,
        path=None,
        sha256=hashlib.sha256(content).hexdigest(),
        media_type=media_type,
        size_bytes=len(content),
        width=width,
        height=height,
    )


def _probe_file(source: str, base: Path) -> Media:
    path = base / source
    try:
        status = path.stat()
    except FileNotFoundError:
        raise MediaError(f"{label(source)} does not exist", hint=_nearest(path)) from None
    except (OSError, ValueError) as error:
        raise _unreadable(source, error) from None
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        raise MediaError(f"{label(source)} is {kind}, not an image")
    if status.st_size == 0:
        raise MediaError(f"{label(source)} is empty")
    return _media(source, path, StatKey.of(status))


@lru_cache(maxsize=1 << 16)
def _media(source: str, path: Path, marks: StatKey) -> Media:
    facts = _facts(path, marks)
    if facts.trouble is not None:
        raise MediaError(f"{label(source)} {facts.trouble}")
    return Media(
        source=source,
        path=path,
        sha256=facts.sha256,
        media_type=facts.media_type,
        size_bytes=marks.size,
        width=facts.width,
        height=facts.height,
    )


@lru_cache(maxsize=1 << 16)
def _facts(path: Path, _marks: StatKey) -> _Facts:
    """Troubles are facts here and no exceptions, so that they too are remembered.

    In this process that holds for files that have just been written, too: what is sent is
    compared with its digest once more.
    """
    try:
        with path.open("rb") as file:
            sight = OpenFile.of(path, file.fileno())
            facts = _Facts.of(sight.recall())
            if facts is None:
                facts = _read(file)
                sight.keep(facts.known)
            return facts
    except OSError as error:
        return _Facts(sha256="", media_type=None, trouble=f"cannot be read: {error.strerror}")


def _read(file: BinaryIO) -> _Facts:
    head = file.read(HEAD_BYTES)
    media_type = sniff(head)
    mark = _END_MARKS.get(media_type or "")
    file.seek(0)
    sha256, whole = _digest(file, mark)
    if media_type is None:
        return _Facts(sha256=sha256, media_type=None, trouble="is not an image")
    if not whole:
        trouble = f"is {described(media_type)} whose end is missing: is it cut off?"
        return _Facts(sha256=sha256, media_type=media_type, trouble=trouble)
    file.seek(0)
    try:
        width, height = _measured("it", media_type, file)
    except MediaError as error:
        trouble = error.message.removeprefix("it ")
        return _Facts(sha256=sha256, media_type=media_type, trouble=trouble)
    return _Facts(sha256=sha256, media_type=media_type, width=width, height=height)


def _digest(file: BinaryIO, mark: bytes | None) -> tuple[str, bool]:
    """The content's digest, and whether `mark` occurs in it, in one pass of bounded memory."""
    digest, whole, tail = hashlib.sha256(), mark is None, b""
    while piece := file.read(_PIECE_BYTES):
        digest.update(piece)
        if mark is not None and not whole:
            whole = mark in tail + piece
            tail = piece[-len(mark) :]
    return digest.hexdigest(), whole


def _measured(name: str, media_type: str, file: BinaryIO) -> tuple[int | None, int | None]:
    """Width and height that the header tells; None for types that no request takes."""
    if media_type not in {"image/png", "image/jpeg", "image/webp"}:
        return None, None
    # Pillow costs more to import than all the rest: only manifests with images pay for it.
    # MERGED

    size = image_size(media_type, file)
    if size is None:
        raise MediaError(f"{name} is {described(media_type)} that cannot be read: is it damaged?")
    width, height = size
    if width * height > _MAX_PIXELS:
        raise MediaError(f"{name} claims {width}x{height} pixels, which is no plausible image")
    return width, height


def _unreadable(source: str, error: OSError | ValueError) -> MediaError:
    if isinstance(error, OSError) and error.errno != errno.ENAMETOOLONG:
        return MediaError(f"{label(source)} cannot be read: {error.strerror}")
    return MediaError(
        f"{label(source)} is not the path of an image",
        hint="base64 needs its prefix, data:image/png;base64,",
    )


@lru_cache(maxsize=256)
def _names(folder: Path) -> tuple[str, ...]:
    try:
        with os.scandir(folder) as entries:
            return tuple(entry.name for entry in itertools.islice(entries, _NAMES_LOOKED_AT))
    except OSError:
        return ()


def _nearest(path: Path) -> str | None:
    """A hint for a path that does not exist: what its first missing part may have meant."""
    if path.parts and "~" in path.parts:
        return '"~" is not expanded: write the folder out'
    missing = path
    while not missing.parent.exists():
        missing = missing.parent
    if path.is_symlink():
        return f"it is a link to {path.readlink()}, which is not there"
    near = difflib.get_close_matches(missing.name, _names(missing.parent), n=1)
    if near:
        return f'did you mean "{near[0]}"?'
    return None if missing == path else f"there is no folder {missing.name} in {missing.parent}"
