"""Gallery manifest: what a gallery gets from a manifest's own jobs, where the results lack it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from runner.commands.gallery_source import GallerySource
from runner.commands.load import read_manifests
from runner.commands.manifest_plan import plan_manifest
from runner.commands.status import outcomes_of
from runner.errors import ManifestError
from runner.ledger.records import RunRecord
from runner.results.rows import Header, axes_of, head, row


def planned_results(source: GallerySource, last: RunRecord | None) -> Mapping[str, Any]:
    """The results that a run would write if it were interrupted now."""
    options = replace(source.options, dry=True)
    (manifest,) = read_manifests(options)
    planned = plan_manifest(manifest, options, submit=False)
    if last is None:
        # The results are damaged, and the ledger does not know the manifest.
        planned.check_earlier_results()
        raise ManifestError(planned.unreadable)
    outcomes = list(outcomes_of(planned).values())
    base = source.paths.base
    header = Header(
        manifest=source.manifest.name,
        sha256=manifest.document.sha256,
        run=last.id,
        tool=last.tool,
        started_at=last.started_at,
        finished_at=last.finished_at,
        exit_code=last.exit_code,
    )
    rows = [row(outcome, base) for outcome in outcomes]
    return {**head(header, outcomes), "jobs": rows, "removed": planned.removed}


def axes_by_job(source: GallerySource) -> dict[tuple[str, str], dict[str, Any]]:
    """Id and fingerprint of each job to what `axes` a row of it has. Raises ManifestError."""
    (manifest,) = read_manifests(replace(source.options, dry=True, progress="none"))
    return {(job.id, job.fingerprint): axes_of(job.draft) for job in manifest.jobs}
