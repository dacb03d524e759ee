"""Folder: keeps a gallery out of somebody else's folder, and removes its own files alone.

A folder with a gallery has a marker, which names the results and the originals that were copied.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from runner.errors import UsageError
from runner.model.values import as_dict, as_list
from runner.report.cache import write_if_changed
from runner.report.contents import Form

MARKER = ".vidu-run-report"
PAGE = "index.html"
THUMBS = "thumbs"


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryFolder:
    """A folder that holds a gallery and nothing else, or is about to."""

    path: Path
    form: Form
    results: str
    """The name of the results manifest, without its folder."""
    copied: frozenset[str] = frozenset()
    """Originals that an earlier copy has put there, relative to the folder."""

    @property
    def thumbs(self) -> Path:
        """The folder of thumbnails."""
        return self.path / THUMBS

    def prepare(self) -> None:
        """Create it with its marker, so that the next run knows it. Raises OSError."""
        self.thumbs.mkdir(parents=True, exist_ok=True)
        self._mark(self.copied)

    def finish(self, copied: Iterable[str]) -> None:
        """Remove originals that are not among those of now, and note these. Raises OSError."""
        kept = frozenset(copied)
        for name in sorted(self.copied - kept, reverse=True):
            path = inside(self.path, name)
            if path is not None:
                path.unlink(missing_ok=True)
                with suppress(OSError):  # not empty
                    path.parent.rmdir()
        self._mark(kept)

    def _mark(self, copied: Iterable[str]) -> None:
        content: dict[str, Any] = {"version": 1, "results": self.results, "form": self.form}
        content |= {"files": sorted(copied)}
        text = json.dumps(content, ensure_ascii=False, indent=0) + "\n"
        write_if_changed(self.path / MARKER, text.encode("utf-8", "surrogateescape"))


def claim(path: Path, form: Form, results: str, *, flag: str) -> GalleryFolder:
    """The folder of a gallery at `path`, which need not exist.

    Raises UsageError, naming `flag`, for a folder that is not empty and has no gallery of these
    results in this form.
    """
    hint = f"name another folder with {flag}, or move this one away"
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path} is not a folder, and would be overwritten", hint=hint)
    marker = _read_marker(path)
    if marker is None:
        if path.exists() and any(path.iterdir()):
            raise UsageError(f"{path} is no gallery's folder: it has other files", hint=hint)
        return GalleryFolder(path=path, form=form, results=results)
    owner, found = marker.get("results"), marker.get("form")
    if owner != results or found != form:
        kind = "a copy of the gallery" if found == "copy" else "the gallery"
        raise UsageError(f"{path} has {kind} of {owner}, and would be overwritten", hint=hint)
    names = (each for each in as_list(marker.get("files")) if isinstance(each, str))
    return GalleryFolder(
        path=path,
        form=form,
        results=results,
        copied=frozenset(names),
    )


def inside(folder: Path, name: str) -> Path | None:
    """The path of a file with that name in the folder; None where it would be elsewhere.

    Names may be written by anybody, and a link on the way may lead out of the folder.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\0" in name:
        return None
    real = Path(os.path.realpath(folder))
    parent = real.joinpath(*parts[:-1])
    return parent / parts[-1] if os.path.realpath(parent) == str(parent) else None


def _read_marker(folder: Path) -> Mapping[str, Any] | None:
    """The content of the marker; None where there is none, or another program's."""
    try:
        found = json.loads((folder / MARKER).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return as_dict(found) if as_dict(found).get("version") == 1 else None
