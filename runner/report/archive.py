"""Archive: writes a gallery with its originals as a zip file, the same bytes each time."""

from __future__ import annotations

import secrets
import shutil
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from runner.report.contents import Form
from runner.report.files import ResultFile
from runner.report.folder import MARKER, PAGE, THUMBS
from runner.report.originals import Originals, url_of
from runner.report.outlets import not_ours


@dataclass(slots=True, kw_only=True)
class Zip:
    """An archive with page, thumbnails and originals in one folder, the same bytes each time."""

    path: Path
    stem: str
    results: str
    finished_s: float | None
    """The time of every file in it: the end of the run."""
    form: Form = field(default="copy", init=False)
    _originals: Originals = field(default_factory=Originals, init=False)

    @property
    def page(self) -> Path:
        """The archive."""
        return self.path

    def source(self, file: ResultFile) -> str | None:
        """The file's name in the archive."""
        name = self._originals.name(file)
        return None if name is None else url_of(name)

    def picture(self, path: Path) -> str:
        """The thumbnail in the archive."""
        return f"{THUMBS}/{path.name}"

    def write(self, html: str, pictures: Iterable[Path]) -> int:
        """Write the archive beside the old one, and put it in its place."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(f".{self.path.name}.{secrets.token_hex(6)}.part")
        try:
            with zipfile.ZipFile(part, "w", strict_timestamps=False) as archive:
                # First, so that the archive is known by its first entry.
                archive.writestr(self._entry(MARKER), self.results)
                page = self._entry(PAGE)
                page.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(page, html.encode("utf-8", "replace"))
                for path in sorted(set(pictures)):
                    self._add(archive, f"{THUMBS}/{path.name}", path)
                for name, file in sorted(self._originals.by_name.items()):
                    assert file.path is not None, "only files that are there have a name"
                    self._add(archive, name, file.path)
            part.replace(self.path)
        finally:
            part.unlink(missing_ok=True)
        return self.path.stat().st_size

    def _add(self, archive: zipfile.ZipFile, name: str, path: Path) -> None:
        entry = self._entry(name)
        entry.file_size = path.stat().st_size
        with path.open("rb") as source, archive.open(entry, "w") as target:
            shutil.copyfileobj(source, target, 1 << 20)

    def _entry(self, name: str) -> zipfile.ZipInfo:
        """An entry that depends on nothing but its name and the run; media are not compressed."""
        earliest = datetime(1980, 1, 1, tzinfo=UTC)  # the first that the format knows
        moment = (
            earliest if self.finished_s is None else datetime.fromtimestamp(self.finished_s, UTC)
        )
        entry = zipfile.ZipInfo(f"{self.stem}/{name}", max(moment, earliest).timetuple()[:6])
        entry.external_attr = 0o644 << 16
        entry.create_system = 3  # Unix, whatever made it
        return entry


def zip_at(path: Path, stem: str, results: str, finished_s: float | None) -> Zip:
    """A copy in an archive; raises UsageError for another file in its place."""
    if path.exists() and not _is_own_archive(path):
        raise not_ours(path, "an archive of a gallery", "--copy")
    return Zip(path=path, stem=stem, results=results, finished_s=finished_s)


def _is_own_archive(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()[:1] != [] and archive.namelist()[0].endswith(f"/{MARKER}")
    except (OSError, zipfile.BadZipFile):
        return False
