"""`vidu-run fetch`: collects what is paid for and missing or damaged; submits nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from runner.commands.execute import execute_all
from runner.commands.folders import check_folders
from runner.commands.manifest_plan import ManifestPlan, plan_manifests
from runner.commands.options import Options
from runner.commands.output import announce
from runner.commands.session import check_limits
from runner.engine.download.place import is_lfs_pointer
from runner.error_handler import emit
from runner.errors import Exit, plural
from runner.file_names import located
from runner.lfs import LFS_HINT
from runner.model.reasons import ReasonCode
from runner.model.tasks import StoredFile


def fetch(options: Options, *, verify: bool = False) -> Exit:
    """Fetch missing and damaged files, and the results of tasks that have ended by now.

    Each task is asked for once. The results manifest is written, the code is that of a run.
    `verify` reads every file that should exist, and reports each that is missing or damaged.
    """
    plans = plan_manifests(
        replace(options, download=True, rehash=verify), submit=False, complete=True
    )
    check_folders(plans)
    for planned in plans:  # all of them before the first is acted on
        planned.check_earlier_results()
        planned.check_file_names()
        check_limits(planned)
        announce(planned)
    return execute_all(map(_verified, plans) if verify else plans, collect_only=True)


def _verified(planned: ManifestPlan) -> ManifestPlan:
    """The plan, after reporting every missing or damaged file and the number of intact ones."""
    intact = 0
    with planned.manifest.hashes as hashes:
        for file in _expected_files(planned):
            path = located(file.path, planned.paths.base)
            if hashes.sha256(path) == file.sha256:
                intact += 1
            elif is_lfs_pointer(path, file.sha256):
                emit(f"Git LFS pointer: {path}: {LFS_HINT}")
            else:
                # A link that leads nowhere is there, and wrong.
                there = path.exists() or path.is_symlink()
                emit(f"{'damaged' if there else 'missing'}: {path}")
    emit(f"{planned.manifest.path}: {plural(intact, 'file')} intact")
    return planned


def _expected_files(planned: ManifestPlan) -> Iterator[StoredFile]:
    """Every file of the selected jobs' results."""
    for entry in planned.plan.entries:
        known = entry.earlier
        if known is not None and entry.reason.code is not ReasonCode.NOT_SELECTED:
            yield from known.files
