"""Step: collects what a step of a workflow shows, and shows it at the end of the command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.errors import Diagnostic, Failure, ManifestError
from runner.github.annotations import Annotation, annotation_lines, annotation_of

MAX_SUMMARY_BYTES = 900_000
"""GitHub refuses the whole summary of a step that has more than 1,024 KB."""


def is_github(environ: Mapping[str, str]) -> bool:
    """Whether this is a step of a workflow of GitHub Actions."""
    return environ.get("GITHUB_ACTIONS") == "true"


@dataclass(slots=True, kw_only=True)
class Step:
    """What the command has to show; it stays empty where no workflow runs it."""

    environ: Mapping[str, str]
    annotations: list[Annotation] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    """Of the job summary, in Markdown."""

    @property
    def is_shown(self) -> bool:
        """Whether there is anybody to show it to."""
        return is_github(self.environ)

    def add_problems(self, problems: Iterable[Diagnostic]) -> None:
        """Annotate problems of manifests."""
        if self.is_shown:
            self.annotations += map(annotation_of, problems)

    def add_failure(self, error: Failure) -> None:
        """Annotate the error that ends the command."""
        if isinstance(error, ManifestError):
            self.add_problems(error.diagnostics)
            return
        first = Diagnostic(message=error.message, hint=error.hint, location=error.location)
        self.add_problems([first, *error.others])

    def add_section(self, make: Callable[[int], str]) -> None:
        """Add a section, which is made for the bytes that are left, where a summary is wanted."""
        if self.is_shown and (path := self._summary_path()) is not None:
            used = sum(len(each.encode("utf-8", "replace")) for each in self.sections)
            room = MAX_SUMMARY_BYTES - used - _size(path)
            if room > 0:
                self.sections.append(make(room))

    def show(self, emit: Callable[[str], None]) -> None:
        """Emit the annotations and append the sections to the job summary."""
        # On standard error, which GitHub looks at as well: standard output may be data.
        for line in annotation_lines(self.annotations, self.environ):
            emit(line)
        path = self._summary_path()
        if not self.sections or path is None:
            return
        try:
            with path.open("ab") as file:
                file.write("".join(self.sections).encode("utf-8", "replace"))
        except OSError as error:  # the run itself is not worse for it
            emit(f"warning: the job summary {path} cannot be written: {error.strerror or error}")

    def _summary_path(self) -> Path | None:
        name = self.environ.get("GITHUB_STEP_SUMMARY")
        return Path(name) if name else None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
