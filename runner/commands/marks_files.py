"""Marks files: finds the one that counts for a manifest, and keeps them apart from manifests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.commands.options import Options
from runner.documents.files import Document
from runner.error_handler import emit
from runner.errors import Diagnostic, Location
from runner.fs import is_file
from runner.marks.document import SUFFIX, MarksFile, is_marks, read_marks
from runner.model.marks import Choice, TakeMarks
from runner.model.values import as_dict
from runner.settings.accounts import Sources
from runner.settings.settings import read_redo

_HEAD_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedMarks:
    """The marks that count for one manifest."""

    file: MarksFile | None = None
    takes: TakeMarks
    redo: bool = False
    """Whether rejected takes are replaced, and not only picked ones looked for."""


def marks_to_redo(document: Document, options: Options) -> CountedMarks:
    """Those of the file that `--redo`, VIDU_RUN_REDO or `run.redo` names; blocks on the disk.

    Raises ManifestError with every mistake in that file, UsageError.
    """
    sources = Sources(
        run=as_dict(document.value.get("run")),
        environ=options.environ,
        flags=options.flags(),
        base=document.path.parent,
        locate=document.locate,
        from_python=options.hosted,
    )
    path = read_redo(sources)
    if path is None:
        return CountedMarks(takes=TakeMarks(source=str(usual_marks(document.path, options))))
    file = read_marks(path)
    return CountedMarks(file=file, takes=_takes(file, redo=True), redo=True)


def marks_to_pick(manifest: Path, options: Options) -> CountedMarks | None:
    """Those of the file beside a manifest that refers to picked takes; None if there is none.

    Raises ManifestError.
    """
    path = usual_marks(manifest, options)
    if not is_file(path):
        return None
    file = read_marks(path)
    return CountedMarks(file=file, takes=_takes(file, redo=False))


def split_marks(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The manifests and the marks files among what a command line names."""
    marks = [path for path in paths if _is_marks(path)]
    return [path for path in paths if path not in marks], marks


def without_marks(paths: Sequence[Path]) -> tuple[list[Path], list[Diagnostic]]:
    """The manifests without marks files (`*.yaml` names both), and errors about those.

    One that belongs to a manifest which is named too is skipped with a message.
    """
    manifests, marks = split_marks(paths)
    errors: list[Diagnostic] = []
    for path in marks:
        # Several reviewers may have files of their own: spring.anna.marks.yaml.
        owners = (each for each in manifests if path.name.startswith(f"{each.stem}."))
        if owner := next(owners, None):
            emit(f"{path}: skipped, it has the marks of {owner}")
            continue
        message, hint = (
            "this is a marks file, not a manifest",
            f"name its manifest, with --redo {path}",
        )
        errors.append(Diagnostic(message=message, hint=hint, location=Location(path=str(path))))
    return manifests, errors


def usual_marks(manifest: Path, options: Options) -> Path:
    """Where the marks of a manifest are, whether they exist or not.

    A rehearsal has marks of its own, but may be one of what follows a real choice.
    """
    real = manifest.with_name(f"{manifest.stem}{SUFFIX}")
    emulated = manifest.with_name(f"{manifest.stem}.emulated{SUFFIX}")
    return emulated if options.emulate and (is_file(emulated) or not is_file(real)) else real


def _is_marks(path: Path) -> bool:
    if not path.is_file():  # a pipe would block
        return False
    try:
        with path.open("rb") as file:
            return is_marks(path.name, file.read(_HEAD_BYTES))
    except OSError:
        return False  # whoever reads it as a manifest reports it


def _takes(file: MarksFile, *, redo: bool) -> TakeMarks:
    chosen = {
        choice: {mark.id: mark.fingerprint for mark in file.marks if mark.choice is choice}
        for choice in Choice
    }
    rejected = chosen[Choice.REJECTED] if redo else {}
    return TakeMarks(source=str(file.path), rejected=rejected, picked=chosen[Choice.PICKED])
