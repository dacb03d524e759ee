"""Files: finds the files of results on the disk, and follows no path out of the folder of results.

A results manifest may come from anybody: a path in it, or a link, could lead to any file of the
person who looks at it, and the gallery is handed on.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from runner.file_names import located
from runner.fs import is_file
from runner.hashing import HashCache
from runner.lfs import is_lfs_head
from runner.media.types import by_extension, kind_of
from runner.model.operations import MediaKind
from runner.model.values import as_dict, is_number
from runner.report.contents import Gone

_SHA256 = re.compile(r"[0-9a-f]{64}")
_HEAD_BYTES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """A file of a row, as it was found."""

    kind: MediaKind
    written: str
    """Its path in the row."""
    role: str | None
    bytes: int
    width: int | None
    """As the row has it, like what follows."""
    height: int | None
    seconds: float | None
    shown: Path | None = None
    """Its path, which may be a link; None where it is not there, or may not be looked at."""
    path: Path | None = None
    """The file itself."""
    sha256: str | None = None
    """Of what is there."""
    gone: Gone | None = None
    is_pointer: bool = False
    """Only a Git LFS pointer is there."""

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.written.rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the files of one results manifest may be."""

    base: Path
    """The folder that its paths are relative to."""
    others: Sequence[Path] = ()
    """Further folders where files may be, by their digest alone: a changed one is not shown."""
    archive: Path
    """Displaced files, by digest."""
    hashes: HashCache = field(repr=False)

    @cached_property
    def _roots(self) -> list[str]:
        # With a slash at the end: /work/spring is not inside of /work/s.
        folders = [self.base, *self.others]
        return [os.path.join(os.path.realpath(each), "") for each in folders]  # noqa: PTH118 - text

    @cached_property
    def _archived(self) -> dict[str, Path]:
        """Digest to its file, of all displaced ones."""
        try:
            names = sorted(os.listdir(self.archive))  # noqa: PTH208 - names alone are quicker
        except OSError:
            return {}
        return {name[:64]: self.archive / name for name in names if _SHA256.fullmatch(name[:64])}

    def find(self, row: Mapping[str, Any], index: int) -> ResultFile:
        """The file at that place in the files of a row. Blocks: it may be read to be hashed."""
        entry = as_dict(row["files"][index])
        written, recorded = entry.get("path"), entry.get("sha256")
        name = written if isinstance(written, str) else ""
        found = _entry(entry, name)
        inside = self._inside(name)
        if inside is None:
            return self._displaced(found, recorded, "outside")
        shown, real = inside
        try:
            sha256 = self.hashes.sha256(real)
        except OSError:
            return self._displaced(found, recorded, "unreadable")
        if sha256 is None:
            return self._displaced(found, recorded, "missing")
        if sha256 == recorded:
            return _at(found, shown, real, sha256)
        if _is_pointer(real):
            pointer = self._displaced(found, recorded, "missing")
            return replace(pointer, is_pointer=pointer.gone is not None)
        is_own = str(real).startswith(self._roots[0])
        changed = _at(found, shown, real, sha256) if is_own else found
        return self._displaced(changed, recorded, "changed")

    @cached_property
    def _base(self) -> Path:
        return self.base.absolute()

    def _inside(self, written: str) -> tuple[Path, Path] | None:
        """The path of a file and where that really is; None for one that leads elsewhere."""
        if not written or written.startswith("/") or "\0" in written:
            return None
        path = located(written, self._base)
        try:
            real = self._real(path)
        except (OSError, ValueError):  # a name that the system does not accept
            return None
        is_inside = any(real.startswith(root) for root in self._roots)
        return (path, Path(real)) if is_inside else None

    def _real(self, path: Path) -> str:
        """Where the path leads, like `os.path.realpath`: a folder has very many files."""
        real = os.path.join(self._real_folder(path.parent), path.name)  # noqa: PTH118 - text
        return os.path.realpath(real) if os.path.islink(real) else real  # noqa: PTH114

    @cached_property
    def _real_folder(self) -> Callable[[Path], str]:
        return functools.cache(os.path.realpath)

    def _displaced(self, found: ResultFile, recorded: Any, gone: Gone) -> ResultFile:
        """The file in the archive that has the digest of the results, else what is known."""
        kept = self._archived.get(recorded) if isinstance(recorded, str) else None
        if kept is not None and is_file(kept):
            try:
                sha256 = self.hashes.sha256(kept)
            except OSError:
                sha256 = None
            if sha256 is not None and sha256 == recorded:
                return _at(found, kept, kept, sha256)
        return replace(found, gone=gone)


def _entry(entry: Mapping[str, Any], name: str) -> ResultFile:
    media_type = entry.get("media_type")
    kind = kind_of(media_type) if isinstance(media_type, str) else None
    guess = by_extension(name)
    role, size = entry.get("kind"), entry.get("bytes")
    return ResultFile(
        kind=kind or (kind_of(guess) if guess else None) or "image",
        written=name,
        role=role if role in ("cover", "watermarked") else None,
        bytes=size if type(size) is int else 0,
        width=_pixels(entry.get("width")),
        height=_pixels(entry.get("height")),
        seconds=entry["duration"] if is_number(entry.get("duration")) else None,
    )


def _pixels(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else None


def _at(found: ResultFile, shown: Path, path: Path, sha256: str) -> ResultFile:
    return replace(found, shown=shown, path=path, sha256=sha256, gone=None)


def _is_pointer(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_lfs_head(file.read(_HEAD_BYTES))
    except OSError:
        return False


def count_gone(files: Sequence[ResultFile]) -> dict[str, int]:
    """How many files cannot be shown, by the reason; `pointer` are those of Git LFS."""
    counts: dict[str, int] = {}
    for each in files:
        why = "pointer" if each.is_pointer else each.gone
        if why is not None:
            counts[why] = counts.get(why, 0) + 1
    return counts
