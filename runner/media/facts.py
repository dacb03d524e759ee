"""Facts: reads what is in an image, a video or a sound, and writes it down for the hash cache."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from runner import __version__
from runner.hashing import CachedHash
from runner.lfs import pointer_kind
from runner.media import streams
from runner.media.endings import END_MARKS, lacks_its_length
from runner.media.pixels import UnusableError, pixels_of
from runner.media.types import AS_AUDIO, HEAD_BYTES, describe_type, kind_of, sniff, with_article
from runner.model.operations import MediaKind

_PIECE_BYTES = 1 << 20


class Facts(NamedTuple):
    """What is in a file, as far as its kind is wanted and can be measured."""

    media_type: str
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    frames_per_second: float | None = None
    codec: str | None = None

    def of_kind(self, kind: MediaKind) -> Facts:
        """The facts where that kind is wanted: without PyAV nobody knows what a container holds."""
        if kind != "audio" or self.codec is not None:
            return self
        return self._replace(media_type=AS_AUDIO.get(self.media_type, self.media_type))

    def note(self) -> str:
        """The facts as they are cached, with this program's version."""
        return " ".join("-" if each is None else str(each) for each in (__version__, *self))

    @classmethod
    def of_note(cls, note: str) -> Self | None:
        """None for a note of another version, which may check more or less."""
        match [None if part == "-" else part for part in note.split(" ")]:
            case [version, str() as media_type, width, height, seconds, rate, codec] if (
                version == __version__
            ):
                return cls(
                    media_type,
                    int(width) if width else None,
                    int(height) if height else None,
                    float(seconds) if seconds else None,
                    float(rate) if rate else None,
                    codec,
                )
        return None


def is_usable(found: CachedHash, kind: MediaKind) -> bool:
    """Whether a cached note has all that is wanted of a medium of that kind."""
    facts = Facts.of_note(found.note)
    # Found without PyAV, or where another kind was wanted, it lacks what is asked for now.
    return facts is not None and (
        facts.codec is not None or not _needs_streams(facts.media_type, kind)
    )


def _needs_streams(media_type: str, kind: MediaKind) -> bool:
    """Whether PyAV has to measure it, and is there."""
    may_be = {kind_of(media_type), "audio" if media_type in AS_AUDIO else None}
    return kind != "image" and kind in may_be and streams.is_available()


def read_file(file: BinaryIO, path: Path, kind: MediaKind) -> CachedHash:
    """Digest of a file, with a note of what it is; raises OSError and UnusableError."""
    media_type = sniff(head := file.read(HEAD_BYTES))
    if media_type is None:
        pointer = pointer_kind(head)
        what = f"is {': '.join(pointer)}" if pointer else f"is not {with_article(kind)}"
        raise UnusableError(what, is_unknown=pointer is None)
    file.seek(0)
    sha256, complete = _digest(file, END_MARKS.get(media_type))
    if not complete:
        raise UnusableError(_without_end(media_type))
    _check_length(media_type, file)
    return CachedHash(sha256, _measure(media_type, kind, file, path).note())


def _check_length(media_type: str, file: BinaryIO) -> None:
    """Raise UnusableError for a truncated video or sound, then go to the beginning again."""
    if kind_of(media_type) != "image" and lacks_its_length(file, media_type):
        raise UnusableError(_without_end(media_type))
    file.seek(0)


def _without_end(media_type: str) -> str:
    return f"is {describe_type(media_type)} without an end: is it truncated?"


def _digest(file: BinaryIO, mark: bytes | None) -> tuple[str, bool]:
    """The content's digest, and whether it contains `mark`, in one pass of bounded memory."""
    digest, found, tail = hashlib.sha256(), mark is None, b""
    while piece := file.read(_PIECE_BYTES):
        digest.update(piece)
        if mark is not None and not found:
            found = mark in tail + piece  # it may lie across two pieces
            tail = piece[-len(mark) :]
    return digest.hexdigest(), found


def read_content(media_type: str, content: bytes, kind: MediaKind) -> Facts:
    """What is in the content of a file of that type; raises UnusableError."""
    file = io.BytesIO(content)
    _check_length(media_type, file)
    if not _needs_streams(media_type, kind):
        return _measure(media_type, kind, file, Path())
    import tempfile  # late: it takes longer to import than most manifests to check

    with tempfile.NamedTemporaryFile(prefix="vidu-run-") as copy:
        copy.write(content)
        copy.flush()
        return _of_streams(media_type, kind, Path(copy.name))


def _measure(media_type: str, kind: MediaKind, file: BinaryIO, path: Path) -> Facts:
    """Raises UnusableError for what is damaged or not plausible."""
    if _needs_streams(media_type, kind):
        return _of_streams(media_type, kind, path)
    pixels = pixels_of(media_type, file) if kind == "image" else None
    return Facts(media_type, *(pixels or ()))


def _of_streams(media_type: str, kind: MediaKind, path: Path) -> Facts:
    try:
        found = streams.measure(path, media_type)
    except streams.UnreadableError:
        message = f"is {describe_type(media_type)} that cannot be read: is it damaged?"
        raise UnusableError(message) from None
    if kind == "video" and not found.has_pictures:
        raise UnusableError(f"is {describe_type(media_type)} with sound alone; a video is needed")
    if not found.has_pictures:
        media_type = AS_AUDIO.get(media_type, media_type)
    return Facts(media_type, *found[1:])
