"""`vidu-run status`: what the ledger knows of every job; `--refresh` asks for tasks under way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from runner.commands.collect_only import (
    NOTHING_SUBMITTED,
    asking_once,
    on_its_own,
    other_stops,
    plan_all,
)
from runner.commands.connect import within_reach
from runner.commands.options import Options
from runner.commands.output import announce, print_json
from runner.commands.run import code_of, run_planned
from runner.commands.session import Planned
from runner.engine.outcomes import settled, shared, unstarted
from runner.error_handler import emit
from runner.errors import Exit, worst
from runner.model import RESULT_GONE, Action, Outcome, PlanEntry, Reason, ReasonCode, State
from runner.terminal.status_view import JobStatus, status_records, status_text

_ASKING = frozenset({Exit.PROVIDER, Exit.LEDGER, Exit.INTERRUPTED, Exit.TERMINATED})
"""What can come of asking; all else is told by where the jobs stand."""


def status(options: Options, *, refresh: bool = False) -> Exit:
    """Show where every selected job stands; writes nothing unless it is to `refresh`.

    The code is what a run that left the jobs like this would end with.
    """
    plans = plan_all(options)
    codes = [_refresh(planned) for planned in plans] if refresh else []
    plans = plan_all(options) if refresh else plans
    told = [(planned, _job_statuses(planned)) for planned in plans]
    if options.as_json:
        now = datetime.now(UTC)
        print_json(
            [
                status_records(str(one.manifest.path), some, now, one.costs.spent)
                for one, some in told
            ]
        )
    for planned, standings in told:
        announce(replace(planned, added=()))
        if not options.as_json:
            path, now = str(planned.manifest.path), datetime.now(UTC)
            print(status_text(path, standings, now, planned.costs.spent))
        codes += [code_of(standing.outcome.state) for standing in standings]
    return worst(codes)


def _refresh(planned: Planned) -> Exit:
    """Ask once for every task under way, and record what is told; nothing is fetched."""
    under_way = [
        on_its_own(entry)
        for entry in planned.plan.entries
        if entry.action is Action.ATTACH and entry.job.id in planned.meant
    ]
    if not under_way:
        return Exit.OK
    with within_reach(planned.narrowed(under_way)) as ready:
        once = asking_once(ready)
        once = replace(once, settings=replace(once.settings, download=False))
        code, told = run_planned(once, stop=NOTHING_SUBMITTED, written=False)
    for trouble in (*told.errors, *other_stops(told)):
        emit(str(trouble))
    return code if code in _ASKING else Exit.OK


def _job_statuses(planned: Planned) -> list[JobStatus]:
    """Where each job stands that the user speaks of, in the manifest's order."""
    outcomes = {outcome.job.id: outcome for outcome in _outcomes(planned.plan.entries)}
    return [
        JobStatus(
            outcome=outcomes[entry.job.id],
            since=_since(entry),
            present=sum(planned.present(file) for file in outcomes[entry.job.id].files),
        )
        for entry in planned.plan.entries
        if entry.job.id in planned.meant
    ]


def _outcomes(entries: Iterable[PlanEntry]) -> Iterator[Outcome]:
    found: dict[str, Outcome] = {}
    for entry in entries:
        if entry.reason.code is ReasonCode.NOT_SELECTED:
            continue
        original = found.get(entry.share or "")
        outcome = shared(entry, original, original.files) if original else _outcome(entry)
        found[entry.job.id] = outcome
        yield outcome


def _outcome(entry: PlanEntry) -> Outcome:
    """How the job would end if a run were cut before it began."""
    known = entry.attempt or entry.evidence
    files = known.files if known else ()
    match entry.action:
        case Action.SUBMIT:
            return unstarted(entry, Reason(entry.reason.code, f"to submit: {entry.reason}"))
        case Action.FETCH | Action.ATTACH:
            lost = entry.attempt.error if entry.attempt else None
            if entry.action is Action.FETCH and lost and lost.code == RESULT_GONE:
                return replace(settled(entry), state=State.FAILED, reused=False, error=lost)
            pending = replace(settled(entry), state=State.PENDING, reused=False, at_risk=None)
            return replace(pending, files=files)
        case _:
            return settled(entry, files)


def _since(entry: PlanEntry) -> str | None:
    """When its latest submission was known to have arrived, or else when it left."""
    if entry.attempt is not None:
        return entry.attempt.task.submitted_at or entry.attempt.intent.at
    return entry.evidence.task.submitted_at if entry.evidence else None
