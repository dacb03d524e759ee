"""`vidu-run list`: prints the ids that a selection means, for other commands to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from runner.commands.manifest_plan import ManifestPlan, plan_manifests
from runner.commands.options import Options
from runner.commands.output import print_json, warn
from runner.errors import Exit, UsageError
from runner.model.jobs import Job
from runner.results.rows import axes_of


# Not `list`, unlike other verbs: the module would lose the built-in of that name.
def list_jobs(options: Options) -> Exit:
    """Print the selected ids in the manifests' order; sends nothing, writes nothing.

    Jobs that others need are not among them unless they are selected, too. Raises UsageError where
    nothing is selected in any manifest.
    """
    plans = plan_manifests(replace(options, dry=True), submit=False)
    for planned in plans:
        planned.check_earlier_results()  # without them what is made would seem to be new
    chosen = [(planned, list(_selected(planned))) for planned in plans]
    if not any(jobs for _, jobs in chosen):
        raise _nothing(plans)
    for planned, _ in chosen:
        warn(planned.warnings)
    if options.as_json:
        print_json([_record(planned, job) for planned, jobs in chosen for job in jobs])
    else:
        for _, jobs in chosen:
            for job in jobs:
                print(job.id)
    return Exit.OK


def _selected(planned: ManifestPlan) -> Iterator[Job]:
    return (entry.job for entry in planned.plan.entries if entry.job.id in planned.selected)


def _nothing(plans: Sequence[ManifestPlan]) -> UsageError:
    first, *others = [planned.empty for planned in plans if planned.empty]
    return UsageError(
        first.message,
        location=first.location,
        hint=first.hint,
        others=[replace(each, warning=False) for each in others],
    )


def _record(planned: ManifestPlan, job: Job) -> dict[str, Any]:
    return {
        "manifest": str(planned.manifest.path),
        "id": job.id,
        "operation": job.operation,
        "state": planned.state(job),
        "tags": list(job.draft.tags),
        "axes": axes_of(job.draft).get("axes", {}),
    }
