"""Reads marks files and reports every mistake at its place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.documents.files import Document, Kind, read_document
from runner.errors import Diagnostic, Location, ManifestError
from runner.model.marks import Choice, Mark
from runner.validation.marks import check_marks

SUFFIX = ".marks.yaml"
"""What the name of a marks file usually ends in; the stem is the manifest's."""

_KIND = Kind(name="a marks file", start="a marks file starts with `version: 1`")
_NAME = re.compile(r"\.marks\.(?:ya?ml|json)\Z", re.IGNORECASE)
_HEAD = re.compile(
    rb"^marks:(?:[ \t]|\r?$)"  # YAML
    rb'|\A(?:\xef\xbb\xbf)?\s*\{(?:\s*"(?:version|manifest)"\s*:[^,{\[]*,)*\s*"marks"\s*:',  # JSON
    re.MULTILINE,
)
_JOBS = re.compile(rb'^(?:  )?"?jobs"?[ \t]*:', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarksFile:
    """A marks file without mistakes."""

    document: Document = field(repr=False)
    marks: tuple[Mark, ...]
    """In the order of the file; each id once."""
    manifest: str | None
    """The manifest's file as it is named there, for people."""

    @property
    def path(self) -> Path:
        """As the user wrote it."""
        return self.document.path

    @property
    def sha256(self) -> str:
        """Hex digest of the file's bytes."""
        return self.document.sha256

    def locate(self, mark: Mark) -> Location:
        """Where the mark is written."""
        return self.document.locate(("marks", self.marks.index(mark)))


def read_marks(path: Path) -> MarksFile:
    """The marks file at `path`, JSON by its name or else YAML; blocks on the disk only.

    Raises ManifestError with every mistake in it, warnings included.
    """
    document = read_document(path, kind=_KIND)
    problems = [*document.diagnostics, *_diagnostics(document)]
    if any(not problem.warning for problem in problems):
        raise ManifestError(problems)
    value = document.value
    marks = tuple(_mark(each) for each in value["marks"])
    return MarksFile(document=document, marks=marks, manifest=value.get("manifest"))


def is_marks(name: str, content: bytes) -> bool:
    """Whether a file with this name, and these first bytes, is a marks file, be it damaged."""
    if _JOBS.search(content):  # a manifest or its results
        return False
    return _HEAD.search(content) is not None or _NAME.search(name) is not None


def _diagnostics(document: Document) -> list[Diagnostic]:
    return [
        finding.diagnostic(document.locate(finding.path, key=finding.key), None)
        for finding in check_marks(document.value)
    ]


def _mark(value: Mapping[str, Any]) -> Mark:
    choice = value.get("mark")
    return Mark(
        id=unicodedata.normalize("NFC", value["id"]),
        fingerprint=value["fingerprint"],
        choice=Choice(choice) if choice else None,
        stars=int(value.get("stars") or 0),
        note=value.get("note") or "",
    )
