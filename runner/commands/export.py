"""`vidu-run export`: writes results as a table, as JSON, as test results or as Markdown."""

from __future__ import annotations

import sys
from collections.abc import Sequence
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
from runner.export.formats import ENDINGS, Format, encode, format_of
from runner.export.junit import MAX_BYTES
from runner.export.results import Export
from runner.file_names import located, relative
from runner.fs import atomic_write, is_file, is_same
from runner.model.values import as_dict, as_list
from runner.report.build import Results


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """The flags of the verb; None and False mean that a flag was not given."""

    form: str | None = None
    to: Path | None = None
    marks: Path | None = None
    raw: bool = False

    def format(self) -> Format:
        """What is named, or else what the name of the file asks for; raises UsageError."""
        if self.form is not None:
            return Format(self.form)
        if self.to is None:
            raise UsageError("--format is missing", hint=f"formats: {', '.join(Format)}")
        if (found := format_of(self.to)) is None:
            message = f"--to {self.to} ends in no known format ({', '.join(ENDINGS)})"
            raise UsageError(message, hint="name the format with --format")
        return found


def export(options: Options, flags: ExportOptions) -> Exit:
    """Write the results of a manifest to standard output, or to a file; sends nothing."""
    form = flags.format()
    if flags.raw and form is not Format.CSV:
        raise UsageError("--raw works only with csv", hint="other formats have no formulas")
    source = GallerySource.of(options.manifests[0], options)
    if flags.to is not None:
        _check_place(flags.to)
    results = _results(source, flags.marks)
    if flags.to is not None:
        _check_overwritten(flags.to, source, results)
    chosen = select_results(results, options)
    for note in chosen.notes:
        emit(f"{source.manifest}: {note}")
    content = encode(_export(source, chosen, flags.to), form, raw=flags.raw, to_file=bool(flags.to))
    if form is Format.JUNIT and len(content) > MAX_BYTES:
        emit(_too_large(len(content)))
    if flags.to is None:
        _print(content)
    else:
        _write(flags.to, content)
        emit(f"{flags.to}: {plural(len(chosen.rows), 'job')}")
    return Exit.OK


def _results(source: GallerySource, marks: Path | None) -> Results:
    """The results with the marks that are named, or else with those beside the manifest."""
    usual = usual_marks(source.manifest, source.options)
    path = marks or (usual if is_file(usual) else None)
    reviewers = [] if path is None else [reviewer_of(path, source.stem)]
    return replace(read_gallery_results(source), reviewers=reviewers)


def _export(source: GallerySource, results: Results, to: Path | None) -> Export:
    here, folder = Path.cwd(), source.paths.base.absolute()
    return Export(
        results=results,
        manifest=relative(source.manifest.absolute(), here),
        folder=relative(folder, here),
        link_folder=relative(folder, to.parent.absolute() if to else here),
    )


def _check_place(to: Path) -> None:
    """Raise UsageError for a path where no file can be written."""
    check_expanded("--to", to)
    if to.exists() and not to.is_file():
        kind = "a folder" if to.is_dir() else "not a regular file"
        raise UsageError(f"--to {to} is {kind}", hint="name a file, or leave out --to")
    if not to.parent.exists():
        hint = f"make it first: mkdir -p {to.parent}"
        raise UsageError(f"--to {to}: there is no folder {to.parent}", hint=hint)
    if not to.parent.is_dir():
        raise UsageError(f"--to {to}: {to.parent} is not a folder", hint="name another file")


def _check_overwritten(to: Path, source: GallerySource, results: Results) -> None:
    """Raise UsageError for a file that is worth more than an export of it."""
    owned = {
        "the manifest itself": [source.manifest],
        "the results manifest": [source.paths.results],
        "the marks file": [usual_marks(source.manifest, source.options)],
        "one of the results": _files(source.paths.base, [*results.rows, *results.removed]),
    }
    if not to.exists():  # then it is none of them
        return
    for what, paths in owned.items():
        if any(is_same(path, to) for path in paths):
            raise UsageError(f"--to {to} is {what}", hint="name another file")


def _files(base: Path, rows: Sequence[object]) -> list[Path]:
    files = (as_dict(each) for row in rows for each in as_list(as_dict(row).get("files")))
    paths = (each.get("path") for each in files)
    return [located(path, base) for path in paths if isinstance(path, str) and "\0" not in path]


def _too_large(size: int) -> str:
    most = f"GitLab reads {MAX_BYTES / 1e6:.0f} MB of a file"
    hint = "export it in parts, with --select"
    return f"warning: this has {size / 1e6:,.0f} MB, and {most}\n  hint: {hint}"


def _print(content: bytes) -> None:
    """Write to standard output, in UTF-8 whatever the locale is: programs read it."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _write(to: Path, content: bytes) -> None:
    try:
        atomic_write(to, [content])
    except OSError as error:
        raise OutputError(
            f"{to} cannot be written: {error.strerror or error}",
            hint="make room or make it writable, then run the same command again",
        ) from error
