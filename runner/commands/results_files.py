"""Results files: reads earlier results, refuses to replace other files, skips results manifests."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from runner.commands.options import Options, ProjectPaths
from runner.error_handler import emit
from runner.errors import Diagnostic, Location, UsageError
from runner.file_names import relative
from runner.fs import is_file, is_same
from runner.results.document import HEAD_BYTES, named_manifest
from runner.results.evidence import EarlierResults, read_results
from runner.results.row_filter import SkipRow


def read_earlier_results(manifest: Path, options: Options, skip: SkipRow) -> EarlierResults:
    """Read what is where the results go, without the rows to `skip`.

    Where `-o` names another place, the results beside the manifest are evidence too. Raises
    UsageError for a file that must not be replaced.
    """
    paths = ProjectPaths.of(manifest, options)
    usual = ProjectPaths.of(manifest, replace(options, results=None)).results
    earlier = read_results(paths.results, skip=skip)
    check_results_file(manifest, options, earlier)
    if is_same(usual, paths.results):
        return earlier
    beside = read_results(usual, skip=skip)
    owner = _existing_owner(usual.parent, beside)
    if not beside.recognized or (owner is not None and not is_same(owner, manifest)):
        return earlier  # spring.yaml is not judged by the results of spring.json
    return earlier.with_evidence_of(beside, lambda path: relative(usual.parent / path, paths.base))


def check_results_file(manifest: Path, options: Options, earlier: EarlierResults) -> None:
    """Raise UsageError if the results would replace a file that is none of this manifest's.

    `earlier`: what was read where the results go.
    """
    paths = ProjectPaths.of(manifest, options)
    if options.results is not None and not earlier.recognized:
        raise UsageError(
            f"-o {options.results} is not a results manifest, and would be overwritten",
            hint=f"name a new file, or the results manifest of {manifest}",
        )
    other = _existing_owner(paths.base, earlier)
    if other is None or is_same(other, manifest):
        return
    # The usual name is this manifest's own, unless spring.yaml and spring.json share it.
    usual = ProjectPaths.of(other, options).results
    if options.results is not None or is_same(usual, paths.results):
        raise UsageError(
            f"{paths.results} has the results of {_shown(other)}, and would be overwritten",
            hint="name another file with -o" if options.results else "rename one of the manifests",
        )


def without_results(manifests: Sequence[Path]) -> tuple[list[Path], list[Diagnostic]]:
    """The manifests without results manifests (`*.yaml` names both), and errors about those.

    A results manifest whose manifest is named too is skipped with a message.
    """
    kept: list[Path] = []
    errors: list[Diagnostic] = []
    for path in manifests:
        owner = _owner(path)
        named = owner and next((each for each in manifests if is_same(each, owner)), None)
        if owner is None:
            kept.append(path)
        elif named not in (None, path):
            emit(f"{path}: skipped, it has the results of {named}")
        else:
            location = Location(path=str(path))
            message = "this is a results manifest, not a manifest"
            hint = f"name its manifest, {_shown(owner)}" if is_file(owner) else None
            errors.append(Diagnostic(message=message, hint=hint, location=location))
    return kept, errors


def _owner(path: Path) -> Path | None:
    """The manifest of a results manifest; None if the file is none, or cannot be read."""
    if not path.is_file():  # a pipe would block
        return None
    try:
        with path.open("rb") as file:
            name = named_manifest(file.read(HEAD_BYTES))
    except OSError:
        return None  # whoever reads the manifest reports it
    return path.parent / name if name is not None else None


def _existing_owner(base: Path, results: EarlierResults) -> Path | None:
    """The manifest of results in the folder `base`; None if it is not known, or gone."""
    # One that is gone was renamed, perhaps to the manifest at hand.
    owner = base / results.manifest if results.manifest is not None else None
    return owner if owner is not None and is_file(owner) else None


def _shown(path: Path) -> Path:
    return Path(os.path.normpath(path))
