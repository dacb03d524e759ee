"""Outlets: the forms in which a gallery is written: in place, a copy, or one file."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from runner.errors import UsageError
from runner.file_names import relative
from runner.report.cache import write_if_changed
from runner.report.contents import Form
from runner.report.files import ResultFile
from runner.report.folder import PAGE, THUMBS, GalleryFolder, claim
from runner.report.originals import Originals, put, url_of

GENERATOR = b'name="generator" content="vidu-run'
"""In the head of each page, by which a file is known to be one."""
_HEAD_BYTES = 4096


class Outlet(Protocol):
    """How a gallery leaves; the paths in its page follow from it."""

    form: Form

    @property
    def page(self) -> Path:
        """What is written."""

    def source(self, file: ResultFile) -> str | None:
        """How the page names the original; None where it is not part of this form."""

    def picture(self, path: Path) -> str:
        """How the page names a picture of the cache."""

    def write(self, html: str, pictures: Iterable[Path]) -> int:
        """Write the gallery, and return the bytes of its page. Raises OSError."""


@dataclass(slots=True, kw_only=True)
class InPlace:
    """A page beside the results, which shows the originals where they are."""

    folder: GalleryFolder
    form: Form = field(default="folder", init=False)
    _ways: dict[Path, str] = field(default_factory=dict, init=False)
    """From the page to each folder of originals."""

    @property
    def page(self) -> Path:
        """The page in its folder."""
        return self.folder.path / PAGE

    def source(self, file: ResultFile) -> str | None:
        """The way from the page to the file."""
        if file.shown is None:
            return None
        folder = file.shown.parent
        if folder not in self._ways:
            way = relative(folder.absolute(), self.folder.path.absolute())
            self._ways[folder] = url_of(way)
        return f"{self._ways[folder]}/{url_of(file.shown.name)}"

    def picture(self, path: Path) -> str:
        """The thumbnail, which is in the folder."""
        return f"{THUMBS}/{path.name}"

    def write(self, html: str, pictures: Iterable[Path]) -> int:
        """Replace the page; the thumbnails are there already."""
        del pictures
        content = html.encode("utf-8", "replace")
        write_if_changed(self.page, content)
        self.folder.finish(())
        return len(content)


@dataclass(slots=True, kw_only=True)
class Copy:
    """A folder with the originals too, as hard links where that is possible."""

    folder: GalleryFolder
    form: Form = field(default="copy", init=False)
    _originals: Originals = field(default_factory=Originals, init=False)

    @property
    def page(self) -> Path:
        """The page in its folder."""
        return self.folder.path / PAGE

    def source(self, file: ResultFile) -> str | None:
        """The file's name in the copy."""
        name = self._originals.name(file)
        return None if name is None else url_of(name)

    def picture(self, path: Path) -> str:
        """The thumbnail, which is in the folder."""
        return f"{THUMBS}/{path.name}"

    def write(self, html: str, pictures: Iterable[Path]) -> int:
        """Link or copy the originals, then replace the page, then remove what it does not name."""
        del pictures
        for name, file in self._originals.by_name.items():
            assert file.path is not None, "only files that are there have a name"
            put(file.path, self.folder.path, name)
        content = html.encode("utf-8", "replace")
        write_if_changed(self.page, content)
        self.folder.finish(self._originals.by_name)
        return len(content)


@dataclass(slots=True, kw_only=True)
class Embed:
    """One file with the thumbnails inside, and without originals."""

    path: Path
    form: Form = field(default="embed", init=False)

    @property
    def page(self) -> Path:
        """The file."""
        return self.path

    def source(self, file: ResultFile) -> str | None:
        """No original is inside."""
        del file
        return None

    def picture(self, path: Path) -> str:
        """The picture itself."""
        return f"data:image/webp;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"

    def write(self, html: str, pictures: Iterable[Path]) -> int:
        """Replace the file."""
        del pictures
        content = html.encode("utf-8", "replace")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_if_changed(self.path, content)
        return len(content)


def in_place(folder: Path, results: str) -> InPlace:
    """The usual form; raises UsageError for a folder that is somebody else's."""
    return InPlace(folder=claim(folder, "folder", results, flag="--copy"))


def copy_to(folder: Path, results: str) -> Copy:
    """A copy in a folder; raises UsageError for one that is somebody else's."""
    return Copy(folder=claim(folder, "copy", results, flag="--copy"))


def embed_in(path: Path) -> Embed:
    """One file; raises UsageError for another file in its place."""
    if path.exists() and not _is_own_page(path):
        raise not_ours(path, "a page of a gallery", "--embed")
    return Embed(path=path)


def not_ours(path: Path, what: str, flag: str) -> UsageError:
    """The error about another file in the place of a gallery."""
    hint = f"name another file with {flag}, or move this one away"
    return UsageError(f"{path} is not {what}, and would be overwritten", hint=hint)


def _is_own_page(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return GENERATOR in file.read(_HEAD_BYTES)
