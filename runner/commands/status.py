"""`vidu-run status`: shows where every job stands; `--refresh` asks for tasks under way."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from runner.commands.carry_out import code_of
from runner.commands.execute import execute
from runner.commands.manifest_plan import ManifestPlan, plan_manifest, plan_manifests
from runner.commands.options import Options
from runner.commands.output import print_json, warn
from runner.engine.outcomes import settled, shared, undecided, unstarted
from runner.engine.stop_conditions import StopReason
from runner.error_handler import emit
from runner.errors import Exit, terminal_columns, worst
from runner.model.operations import Operation
from runner.model.outcomes import Outcome, State
from runner.model.plans import Action, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import RESULT_GONE
from runner.terminal.format import KEEP_OFF_PEAK
from runner.terminal.status_view import JobStatus, status_records, status_text
from runner.timestamps import span

_REFRESH_CODES = frozenset({Exit.PROVIDER, Exit.LEDGER, Exit.INTERRUPTED, Exit.TERMINATED})
"""Codes of a refresh that count; every other one follows from where the jobs stand."""


def status(options: Options, *, refresh: bool = False) -> Exit:
    """Show where every selected job stands; writes nothing unless it is to `refresh`.

    The code is that of a run which left the jobs in these states.
    """
    plans = plan_manifests(options, submit=False)
    for planned in plans:
        planned.check_earlier_results()  # without them what is made would seem to be missing
    codes: list[Exit] = []
    if refresh:  # then planned again: the plan of before has the states of before
        codes = [_refresh(planned) for planned in plans]
        plans = [plan_manifest(each.manifest, options, submit=False) for each in plans]
    now = datetime.now(UTC)  # one for all ages
    shown = [(each, str(each.manifest.path), _job_statuses(each)) for each in plans]
    if options.as_json:
        print_json([status_records(name, jobs, now, p.costs.spent) for p, name, jobs in shown])
    for planned, name, jobs in shown:
        warn(planned.warnings)
        if not options.as_json:
            columns = terminal_columns(sys.stdout)
            print(status_text(name, jobs, now, planned.costs.spent, columns=columns))
            for hint in _hints(planned, jobs):
                print(hint)
        codes += [code_of(job.outcome) for job in jobs]
    return worst(codes)


def _hints(planned: ManifestPlan, jobs: Sequence[JobStatus]) -> list[str]:
    """What a further run needs for the jobs that are not submitted yet."""
    reasons = {job.outcome.reason.code for job in jobs if job.outcome.reason}
    hint = planned.budget_hint() if ReasonCode.OVER_BUDGET in reasons else None
    left = (job.outcome for job in jobs if job.outcome.state is State.PENDING)
    off_peak = KEEP_OFF_PEAK if planned.off_peak_flag(left) else None
    return [text for text in (hint and str(hint), off_peak) if text]


def _refresh(planned: ManifestPlan) -> Exit:
    """Ask once for every task under way and record the answers; nothing is fetched."""
    under_way = planned.selected_with(Action.ATTACH)
    if not under_way:
        return Exit.OK
    settings = replace(planned.settings, download=False)
    refreshed = replace(planned.with_entries(under_way), settings=settings)
    code, summary = execute(refreshed, collect_only=True, write=False)
    for message in (*summary.errors, *summary.stopped):  # the states follow on standard output
        emit(str(message))
    return code if code in _REFRESH_CODES else Exit.OK


def _job_statuses(planned: ManifestPlan) -> list[JobStatus]:
    """Where each selected job stands, in the manifest's order."""
    outcomes = outcomes_of(planned)
    return [
        JobStatus(
            outcome=outcomes[entry.job.id],
            since=_since(entry),
            present=sum(planned.present(file) for file in outcomes[entry.job.id].files),
        )
        for entry in planned.plan.entries
        if entry.job.id in planned.selected
    ]


def outcomes_of(planned: ManifestPlan) -> dict[str, Outcome]:
    """Job id to its outcome as the plan knows it, without jobs that are not selected."""
    # A job that shares a result comes after the job that makes it.
    found: dict[str, Outcome] = {}
    stops = planned.budget_stops()
    for entry in planned.plan.entries:
        if entry.reason.code is ReasonCode.NOT_SELECTED:  # not the added ones: others need them
            continue
        original = found.get(entry.share or "")
        if original:
            found[entry.job.id] = shared(entry, original, original.files)
        else:
            operation = planned.manifest.operations[entry.job.operation]
            found[entry.job.id] = _outcome(entry, operation, stops.get(entry.job.provider))
    return found


def _outcome(entry: PlanEntry, operation: Operation, stop: StopReason | None) -> Outcome:
    """The outcome of a run that is interrupted before it comes to this job.

    `stop`: why a run would submit nothing to its provider.
    """
    known = entry.earlier
    files = known.files if known else ()
    match entry.action:
        case Action.SUBMIT if stop is not None:
            return unstarted(entry, stop.not_submitted)
        case Action.SUBMIT:
            return unstarted(entry, Reason(entry.reason.code, f"not submitted yet: {entry.reason}"))
        case Action.FETCH | Action.ATTACH:
            lost = entry.attempt.error if entry.attempt else None
            if entry.action is Action.FETCH and lost and lost.code == RESULT_GONE:
                return replace(settled(entry), state=State.FAILED, reused=False, error=lost)
            # As the ledger has it, the task may have succeeded: what counts here is the file.
            pending = replace(settled(entry), state=State.PENDING, reused=False, at_risk=None)
            return replace(pending, files=files, reason=_with_limit(entry))
        case Action.DECIDE:
            return undecided(entry, operation)
        case _:
            return settled(entry, files)


def _with_limit(entry: PlanEntry) -> Reason:
    """The entry's reason, with its time limit where that is not the usual one."""
    if entry.limit_s is None:
        return entry.reason
    text = f"{entry.reason}, and may take up to {span(entry.limit_s)}"
    return Reason(entry.reason.code, text)


def _since(entry: PlanEntry) -> str | None:
    """When its latest submission was confirmed, or else when its intent was recorded."""
    if entry.attempt is not None:
        return entry.attempt.task.submitted_at or entry.attempt.intent.at
    return entry.evidence.task.submitted_at if entry.evidence else None
