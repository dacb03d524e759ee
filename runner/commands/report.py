"""`vidu-run report`: makes a gallery of results, in place, to hand over, or as one file."""

from __future__ import annotations

import errno
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from runner.commands.gallery_results import read_gallery_results
from runner.commands.gallery_selection import select_results
from runner.commands.gallery_source import GallerySource
from runner.commands.marks_files import usual_marks
from runner.commands.options import Options, check_expanded
from runner.commands.reviewers import reviewer_of
from runner.error_handler import emit
from runner.errors import Exit, OutputError, UsageError, plural
from runner.file_names import relative
from runner.fs import is_file
from runner.model.values import as_list
from runner.progress.stages import Stages, stages
from runner.report.archive import zip_at
from runner.report.build import Builder, Progress, Results
from runner.report.cache import ThumbnailCache
from runner.report.contents import Reviewer
from runner.report.folder import THUMBS
from runner.report.outlets import Copy, InPlace, Outlet, copy_to, embed_in, in_place
from runner.report.reviewers import mark_of
from runner.report.rows import seconds_of
from runner.report.sidecars import Sidecars

WARN_BYTES = 50 << 20
"""A page of more is slow to open."""
MAX_BYTES = 200 << 20
"""A page of more is written only with --yes."""

_HINTS = {
    errno.ENOSPC: "free some space and run the same command again: it continues from here",
    errno.EDQUOT: "free some of your quota and run the same command again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """The flags of the verb; None and False mean that a flag was not given."""

    copy: Path | None = None
    embed: Path | None = None
    preview: int | None = None
    marks: tuple[Path, ...] = ()
    lang: str | None = None
    open_page: bool = False
    xmp: bool = False

    def check(self) -> None:
        """Raise UsageError for flags that contradict each other."""
        if self.copy is not None and self.embed is not None:
            raise UsageError("--copy and --embed are two forms", hint="run the command for each")
        if self.preview is not None and self.embed is None:
            hint = "the other forms show the originals"
            raise UsageError("--preview works only with --embed", hint=hint)
        if self.xmp and (self.copy is not None or self.embed is not None):
            hint = "they are beside the originals: run the command without the other flag too"
            raise UsageError("--xmp works neither with --copy nor with --embed", hint=hint)
        if self.open_page and self.copy is not None and _is_zip(self.copy):
            raise UsageError("--open cannot open an archive", hint="copy to a folder, or unpack it")
        check_expanded("--copy", self.copy)
        check_expanded("--embed", self.embed)


def report(options: Options, flags: ReportOptions) -> Exit:
    """Make the gallery of a manifest's results; sends nothing.

    Writes only the gallery, and with --xmp the sidecars of results. Prints the path of what was
    written.
    """
    flags.check()
    source = GallerySource.of(options.manifests[0], options)
    reviewers = [reviewer_of(path, source.stem) for path in flags.marks]
    rating = reviewers or _usual_reviewers(source) if flags.xmp else []
    with stages(options.progress, options.environ) as stage, ExitStack() as on_exit:
        stage.begin("reading the results")
        found = replace(read_gallery_results(source), reviewers=reviewers)
        warnings = list(_warnings_of_marks(flags.marks, found))
        results = select_results(found, options)
        outlet = _outlet(source, flags, seconds_of(results.run.finished or results.run.started))
        with report_errors(outlet.page):
            builder = Builder(
                results=results,
                places=source.places(),
                cache=_cache(source, outlet, on_exit),
                preview_px=flags.preview,
                lang=flags.lang,
                # The next gallery may show all again; what is handed over has nothing else.
                prunes=results is found or isinstance(outlet, Copy),
            )
            _build(builder, outlet, stage, yes=options.yes)
            if flags.xmp:
                _write_sidecars(builder, rating)
    for warning in warnings:
        emit(warning)
    print(outlet.page)
    if flags.open_page:
        _open(outlet.page, options.environ)
    return Exit.OK


def _build(builder: Builder, outlet: Outlet, stage: Stages, *, yes: bool) -> None:
    def begin(name: str) -> Progress:
        stage.begin(name)
        return stage.reached

    with builder.places.hashes:
        builder.find_files(begin("reading files"))
    builder.make_thumbnails(begin("making thumbnails"))
    if outlet.form == "embed":
        _check_size(outlet.page, builder.embedded_bytes(), yes=yes)
    stage.begin("writing the gallery")
    gallery = builder.write(outlet)
    stage.close()
    for note in gallery.notes:
        emit(f"{outlet.page}: {note}")


def _usual_reviewers(source: GallerySource) -> list[Reviewer]:
    """Who has marked the results beside the manifest."""
    path = usual_marks(source.manifest, source.options)
    return [reviewer_of(path, source.stem)] if is_file(path) else []


def _write_sidecars(builder: Builder, reviewers: Sequence[Reviewer]) -> None:
    """Write XMP beside the originals, by the marks of the first reviewer."""
    sidecars = Sidecars()
    for row in builder.results.rows:
        found = (builder.files["", row["id"], n] for n, _ in enumerate(as_list(row.get("files"))))
        sidecars.write(row, mark_of(row, reviewers), found)
    emit(f"{plural(sidecars.written, 'sidecar')} written")
    if kept := sidecars.kept:
        first = relative(kept[0], Path.cwd())
        others = f" and {len(kept) - 1:,} more" if len(kept) > 1 else ""
        emit(f"not written, changed or made by another program: {first}{others}")


def _warnings_of_marks(paths: Iterable[Path], results: Results) -> Iterator[str]:
    """A warning for each file with marks of jobs that are not there, or of other requests."""
    known = {(row["id"], row["fingerprint"]) for row in (*results.rows, *results.removed)}
    for path, reviewer in zip(paths, results.reviewers, strict=True):
        marked = ((job, each["fingerprint"]) for job, each in reviewer.marks.items())
        if count := sum(1 for each in marked if each not in known):
            why = "no such job is among the results, or its request has changed since"
            yield f"{path}: warning: {plural(count, 'mark')} not shown: {why}"


def _outlet(source: GallerySource, flags: ReportOptions, finished_s: float | None) -> Outlet:
    results = source.paths.results.name
    if flags.embed is not None:
        return embed_in(flags.embed)
    if flags.copy is None:
        return in_place(source.folder, results)
    if _is_zip(flags.copy):
        return zip_at(flags.copy, source.stem, results, finished_s)
    return copy_to(flags.copy, results)


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _cache(source: GallerySource, outlet: Outlet, on_exit: ExitStack) -> ThumbnailCache:
    """The folder of thumbnails: the gallery's own, or one beside the ledger for the other forms."""
    in_place_thumbs = source.folder / THUMBS
    beside_ledger = source.paths.state / THUMBS / source.stem
    if isinstance(outlet, InPlace | Copy):
        outlet.folder.prepare()
        others = [] if isinstance(outlet, InPlace) else [in_place_thumbs]
        return ThumbnailCache(folder=outlet.folder.thumbs, others=[*others, beside_ledger])
    folder = beside_ledger
    if not source.paths.state.is_dir():  # results from elsewhere: nothing else is written there
        folder = Path(on_exit.enter_context(tempfile.TemporaryDirectory(prefix="vidu-run-")))
    folder.mkdir(parents=True, exist_ok=True)
    return ThumbnailCache(folder=folder, others=[in_place_thumbs])


def _check_size(page: Path, size: int, *, yes: bool) -> None:
    """Warn of a large page, and raise UsageError for one that hardly any browser opens."""
    shown = f"{size / (1 << 20):,.0f} MB"
    if size > MAX_BYTES and not yes:
        raise UsageError(
            f"{page} would have {shown}, which few browsers open",
            hint="make a copy with --copy, leave out --preview, or confirm with --yes",
        )
    if size > WARN_BYTES:
        emit(f"{page}: {shown}, which is slow to open; --copy makes a folder instead")


@contextmanager
def report_errors(page: Path) -> Iterator[None]:
    """Turn an OSError of the block into an OutputError about the gallery, with what to do."""
    try:
        yield
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "make it writable, then run the same command again")
        place = f" ({error.filename})" if error.filename else ""
        message = f"{page} cannot be written: {error.strerror or error}{place}"
        raise OutputError(message, hint=hint) from error


def _open(page: Path, environ: Mapping[str, str]) -> None:
    """Show the page in a browser, where somebody sees it."""
    if why := _unseen(environ):
        emit(f"not opened: {why}")
        return
    import webbrowser

    if not webbrowser.open(page.resolve().as_uri()):
        emit(f"no browser was found: open {page}")


_UNATTENDED = ("CI", "CLAUDECODE", "COPILOT_CLI", "CURSOR_AGENT", "GEMINI_CLI")


def _unseen(environ: Mapping[str, str]) -> str | None:
    """Why nobody would see a window; None where somebody may."""
    if name := next((name for name in _UNATTENDED if environ.get(name)), None):
        return f"{name} is set"
    has_screen = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY") or environ.get("BROWSER")
    return None if sys.platform == "darwin" or has_screen else "there is no screen"
