"""Job facts: collects what `--select` looks at, from ledger, earlier results and marks."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from runner.commands.load import Manifest
from runner.commands.marks_files import usual_marks
from runner.commands.options import Options
from runner.errors import Diagnostic, Location
from runner.fs import is_file
from runner.marks.document import read_marks
from runner.model.jobs import Job
from runner.model.outcomes import State
from runner.planning.plan import PlanInputs
from runner.planning.selection import MARK, JobFacts, Selection, available, select
from runner.providers.registry import state_of


def select_jobs(manifest: Manifest, options: Options, inputs: PlanInputs) -> Selection:
    """The jobs that the command line selects; raises UsageError, and ManifestError about marks."""
    jobs = manifest.jobs
    if not options.select and not options.exclude:  # saves looking up the state of every job
        return Selection(ids=frozenset(job.id for job in jobs), added=())
    facts = _facts(manifest, options, inputs)
    return select(jobs, select=options.select, exclude=options.exclude, facts=facts)


def empty_selection(manifest: Manifest, options: Options, inputs: PlanInputs) -> Diagnostic:
    """A warning that no job is selected, with what there is to select by."""
    flags = [f"--{name} {shlex.quote(value)}" for name, value in _patterns(options)]
    return Diagnostic(
        message=f"{' '.join(flags)} selects no job",
        location=Location(path=str(manifest.path)),
        hint=available(manifest.jobs, _facts(manifest, options, inputs)) or None,
        warning=True,
    )


def state_in(inputs: PlanInputs, job: Job) -> str:
    """The state that `state:NAME` selects by, from the ledger, else from the results manifest."""
    if attempt := inputs.attempts.get(job.fingerprint):
        return state_of(attempt)
    evidence = inputs.evidence.get(job.fingerprint)
    return evidence.state if evidence else State.PENDING


def _patterns(options: Options) -> list[tuple[str, str]]:
    return [
        *(("select", pattern) for pattern in options.select),
        *(("exclude", pattern) for pattern in options.exclude),
    ]


def _facts(manifest: Manifest, options: Options, inputs: PlanInputs) -> JobFacts:
    jobs = manifest.jobs
    uses_marks = any(pattern.startswith(MARK) for _, pattern in _patterns(options))
    name = usual_marks(manifest.path, options).name
    return JobFacts(
        states={job.id: state_in(inputs, job) for job in jobs},
        changed=frozenset(job.id for job in jobs if _is_unknown(job, inputs)),
        marks=_marks(manifest, options) if uses_marks else None,
        marks_hint=f"there is no {name}; save the gallery's marks as that, or name them by --redo",
    )


def _is_unknown(job: Job, inputs: PlanInputs) -> bool:
    """Whether neither ledger nor results know the request: the job is new, or was changed."""
    return not (job.fingerprint in inputs.attempts or job.fingerprint in inputs.evidence)


def _marks(manifest: Manifest, options: Options) -> Mapping[str, str] | None:
    """Job id to its mark; with `--redo`, a take that stands in has the mark of the rejected one."""
    file = manifest.marks
    if file is None:
        path = usual_marks(manifest.path, options)
        if not is_file(path):
            return None
        file = read_marks(path)
    marks = {mark.id: mark for mark in file.marks if mark.choice}
    found: dict[str, str] = {}
    for job in manifest.jobs:
        own = marks.get(job.id)
        # A mark of another fingerprint is about another picture.
        if own and own.choice and own.fingerprint == job.fingerprint:
            found[job.id] = own.choice.value
        elif (origin := marks.get(_origin(manifest, job))) and origin.choice:
            found[job.id] = origin.choice.value
    return found


def _origin(manifest: Manifest, job: Job) -> str:
    """The rejected take for which the job stands in; empty where it is one of its own."""
    return manifest.replaced.get(job.id, "")
