"""Cache: keeps thumbnails and facts by the digest of their file, so that each is made once."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from runner.fs import atomic_write
from runner.model.values import as_dict
from runner.report.thumbnails import THUMB_PX, MediaFacts, Thumbnails

FACTS = "facts.json"
VERSION = 1
"""Of facts and pictures: another version makes all of them again."""

_NAME = re.compile(r"[0-9a-f]{64}(?:\.\d+)?\.webp")
_LEFTOVER = re.compile(r"\.[0-9a-f]{64}[.\d]*\.webp\.[0-9a-f]{12}\.part")


def picture_name(sha256: str, size: int) -> str:
    """The name of the picture of a file, in pixels of the longer side."""
    return f"{sha256}.webp" if size == THUMB_PX else f"{sha256}.{size}.webp"


@dataclass(slots=True, kw_only=True)
class ThumbnailCache:
    """A folder of pictures, which is written, and further ones from which they are taken over."""

    folder: Path
    others: Sequence[Path] = ()
    _facts: dict[str, MediaFacts] = field(default_factory=dict, init=False)
    _pictures: dict[str, Path] = field(default_factory=dict, init=False)
    """Name to path, of all folders; those of `folder` first."""

    def __post_init__(self) -> None:
        for folder in (*reversed(self.others), self.folder):
            self._facts |= _read_facts(folder)
            # What belongs to another version is made again, or by whoever uses that one.
            if (folder / FACTS).is_file() or folder == self.folder:
                self._pictures |= _pictures_in(folder)

    def facts(self, sha256: str) -> MediaFacts | None:
        """What was measured of a file; None if it has to be made."""
        return self._facts.get(sha256)

    def picture(self, sha256: str, size: int) -> Path | None:
        """Where the picture of a file is; None where there is none."""
        return self._pictures.get(picture_name(sha256, size))

    def lacks(self, sha256: str, sizes: Iterable[int]) -> bool:
        """Whether a file has to be measured, or a picture of it to be made."""
        facts = self._facts.get(sha256)
        if facts is None:
            return True
        has_none = facts.problem is not None or not facts.width
        return not has_none and any(self.picture(sha256, size) is None for size in sizes)

    def add(self, sha256: str, made: Thumbnails) -> None:
        """Keep what was made of a file; for any thread. Raises OSError."""
        for size, content in made.pictures.items():
            name = picture_name(sha256, size)
            _write(self.folder / name, content)
            self._pictures[name] = self.folder / name
        self._facts[sha256] = made.facts

    def take_over(self, sha256: str, size: int) -> None:
        """Have the picture of a file in the own folder. Raises OSError."""
        name = picture_name(sha256, size)
        path = self._pictures.get(name)
        if path is not None and path.parent != self.folder:
            _write(self.folder / name, path.read_bytes())
            self._pictures[name] = self.folder / name

    def save(self, used: Iterable[str] | None = None) -> None:
        """Write the facts, without `used` those of all files that are known. Raises OSError."""
        known = self._facts.copy()  # at once: other threads may be adding to it
        # What was not measured for lack of PyAV is measured when PyAV is there.
        records = {
            sha256: known[sha256].record()
            for sha256 in (known if used is None else set(used) & known.keys())
            if known[sha256].problem != "no_pyav"
        }
        content = {"version": VERSION, "files": records}
        text = json.dumps(content, indent=0, sort_keys=True) + "\n"
        write_if_changed(self.folder / FACTS, text.encode())

    def remove_unused(self, used: Iterable[str], sizes: Sequence[int] = (THUMB_PX,)) -> None:
        """Remove every picture but those of these files, and what a killed process left."""
        wanted = {picture_name(sha256, size) for sha256 in used for size in sizes}
        for name in os.listdir(self.folder):  # noqa: PTH208 - names alone are quicker
            if _LEFTOVER.fullmatch(name) or (_NAME.fullmatch(name) and name not in wanted):
                (self.folder / name).unlink(missing_ok=True)


def _read_facts(folder: Path) -> dict[str, MediaFacts]:
    try:
        found = json.loads((folder / FACTS).read_bytes())
    except (OSError, ValueError, RecursionError):  # not there, or damaged: it is only a cache
        return {}
    if as_dict(found).get("version") != VERSION:
        return {}
    records: Mapping[str, object] = as_dict(found["files"]) if "files" in found else {}
    return {sha256: MediaFacts.of_record(as_dict(each)) for sha256, each in records.items()}


def _pictures_in(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            # An empty one is what a power failure leaves.
            if _NAME.fullmatch(entry.name) and entry.is_file() and entry.stat().st_size:
                found[entry.name] = folder / entry.name
    return found


def _write(path: Path, content: bytes) -> None:
    """Write a file in one step; not flushed, because it can be made again."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_if_changed(path: Path, content: bytes) -> bool:
    """Replace a file in one step, durably, unless it has that content. Raises OSError."""
    return atomic_write(
        path, [content], is_same=lambda _new: path.is_file() and path.read_bytes() == content
    )
