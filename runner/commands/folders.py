"""Folders of a run: refuses those of another manifest, and those that cannot be written."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from runner.commands.manifest_plan import ManifestPlan, networked
from runner.engine.download.place import output_errors, output_folder
from runner.errors import OutputError, UsageError
from runner.file_names import locale_hint, relative
from runner.fs import atomic_write, is_file, is_same
from runner.model.plans import Action

OWNER = ".vidu-run-manifest"
"""The file in a folder of results that names their manifest, relative to that folder."""
_SUFFIXES = (".yaml", ".yml", ".json")


def check_folders(plans: Iterable[ManifestPlan]) -> None:
    """Raise UsageError if two manifests of one name would put their files into one folder.

    Each would displace the files of the other, and take them for changed ones.
    """
    owners: dict[str, Path] = {}
    for planned in plans:
        manifest, folder = planned.manifest.path, planned.outputs
        if locale_hint(folder):
            continue  # it cannot exist in this locale, which `check_file_names` reports
        owner = owners.setdefault(os.path.realpath(folder), manifest)
        if owner is manifest:
            owner = _owner(folder, planned.settings.outputs, manifest) or manifest
        if not is_same(owner, manifest):
            raise _taken(folder, owner, manifest)


def prepare_folders(planned: ManifestPlan, *, results: bool = True) -> None:
    """Make the folders that the run will write to, and the folder of files this manifest's own.

    Where they cannot be written, that shows here, before anything is paid for; `results`: that of
    the results manifest as well. Raises OutputError, and UsageError if another manifest was faster.
    """
    if networked(planned):
        if results:
            _prepare_results(planned.paths.results.parent)
        if planned.settings.download:
            _prepare_files(planned)
    elif any(entry.action is Action.REUSE for entry in planned.plan.entries):
        # Files that are here already need no new place, but may be copied to one.
        with suppress(OutputError):
            _claim(planned)


def _prepare_files(planned: ManifestPlan) -> None:
    folder = output_folder(planned.settings.outputs, *planned.paths.below_outputs)
    with output_errors(folder):
        _check_writable(folder)
    _claim(planned)


def _prepare_results(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _check_writable(folder)
    except OSError as error:
        raise OutputError(
            f"the results cannot be written to {folder}: {error.strerror or error}",
            hint="make the folder writable, or name a file elsewhere with -o",
        ) from error


def _check_writable(folder: Path) -> None:
    """Create a file in the folder, which is the only reliable test, and remove it."""
    trial = folder / f".vidu-run-{secrets.token_hex(6)}"
    trial.touch(exist_ok=False)
    trial.unlink()


def _claim(planned: ManifestPlan) -> None:
    """Mark the folder of files as this manifest's, unless it is in the usual place."""
    manifest = planned.manifest.path
    if is_same(planned.settings.outputs, manifest.parent / "outputs"):
        return
    folder = output_folder(planned.settings.outputs, *planned.paths.below_outputs)
    mark = folder / OWNER
    name = os.fsencode(relative(manifest, folder)) + b"\n"
    with output_errors(mark):
        with suppress(FileExistsError), mark.open("xb") as file:
            file.write(name)
        owner = _owner(folder, planned.settings.outputs, manifest)
        if owner is not None and not is_same(owner, manifest):
            raise _taken(folder, owner, manifest)
        if owner is None:  # the manifest of that name is gone
            atomic_write(mark, [name])


def _owner(folder: Path, outputs: Path, manifest: Path) -> Path | None:
    """The manifest whose files are in the folder; None where that is not known, or it is gone."""
    candidates: list[Path] = []
    with suppress(OSError):
        name = os.fsdecode((folder / OWNER).read_bytes()).rstrip("\n")
        candidates.append(Path(os.path.normpath(folder / name)))
    # In the usual place the folder belongs to the manifest beside it, without a mark.
    if outputs.name == "outputs" and folder.exists():
        candidates += [outputs.parent / f"{manifest.stem}{suffix}" for suffix in _SUFFIXES]
    there = [each for each in candidates if is_file(each)]
    return next((each for each in there if is_same(each, manifest)), next(iter(there), None))


def _taken(folder: Path, owner: Path, manifest: Path) -> UsageError:
    return UsageError(
        f"{folder} has the files of {owner}, which those of {manifest} would displace",
        hint="name another folder with --outputs, or rename one of the manifests",
    )
