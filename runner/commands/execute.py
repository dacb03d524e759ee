"""Executes plans for a verb: shows the progress of each run, and prints what came of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from runner.commands.carry_out import Executed, carry_out, is_selected
from runner.commands.interruptions import signals
from runner.commands.manifest_plan import ManifestPlan
from runner.engine.run import Batch
from runner.error_handler import emit
from runner.errors import Exit, terminal_columns, worst
from runner.github.step import Step
from runner.media import streams
from runner.model.outcomes import Outcome, State
from runner.model.reasons import ReasonCode
from runner.progress import observer
from runner.providers.registry import PROVIDERS
from runner.terminal.budget_hint import BudgetHint, budget_hint
from runner.terminal.summary import RunSummary, RunTotals, format_summary


def execute_all(
    plans: Iterable[ManifestPlan],
    *,
    collect_only: bool = False,
    ended: Callable[[ManifestPlan, RunSummary], None] = lambda _planned, _summary: None,
) -> Exit:
    """Carry out one plan after the other until a signal ends one; prints each summary.

    Each of them is also passed to `ended`.
    """
    codes: list[Exit] = []
    for planned in plans:
        code, summary = execute(planned, collect_only=collect_only)
        emit(format_summary(summary, terminal_columns(sys.stderr)))
        _show_in_workflow(planned.options.step, summary)
        ended(planned, summary)
        codes.append(code)
        if code in (Exit.INTERRUPTED, Exit.TERMINATED):
            break
    return worst(codes)


def _show_in_workflow(step: Step, summary: RunSummary) -> None:
    if step.is_shown:
        # Late: it loads what a gallery needs too.
        from runner.github.summaries import run_annotations, run_section

        step.annotations += run_annotations(summary)
        step.add_section(lambda room: run_section(summary, room))


def execute(
    planned: ManifestPlan, *, collect_only: bool = False, write: bool = True
) -> tuple[Exit, RunSummary]:
    """Carry out the plan and show its progress; the exit code, and what to report.

    Signals interrupt it. `collect_only` and `write`: see `carry_out`.
    """
    watcher = observer(
        planned.options.progress, planned.options.environ, verbose=planned.options.verbose
    )
    executed = carry_out(planned, watcher, signals, collect_only=collect_only, write=write)
    return executed.code, _summary(planned, executed)


def _is_left(outcome: Outcome) -> bool:
    """Whether a further run may submit it."""
    return outcome.state in (State.PENDING, State.FAILED)


def _summary(planned: ManifestPlan, executed: Executed) -> RunSummary:
    batch = executed.batch
    totals = RunTotals(began=executed.began)
    for outcome in batch.outcomes():
        if is_selected(outcome):
            totals.add(outcome)
        else:
            totals.unselected += 1
    return RunSummary(
        manifest=str(planned.manifest.path),
        totals=totals,
        # Asking for PyAV starts a process, so it is asked for last.
        lacks_pyav=bool(totals.warnings.unmeasured) and not streams.is_available(),
        locate=planned.manifest.locate,
        # Several jobs may fail to write on one full disk.
        errors=list(dict.fromkeys(str(failure) for failure in executed.failures)),
        seconds=executed.seconds,
        results=str(planned.paths.results),
        written=executed.written,
        files=f"{planned.outputs}/",
        flags=planned.options.path_flags(),
        off_peak_flag=planned.off_peak_flag(
            each for each in batch.outcomes() if is_selected(each) and _is_left(each)
        ),
        budget_flag=planned.options.budget_flag(),
        budget_hint=_budget_hint(planned, batch),
        stopped=[
            reason
            for reason in batch.stop_conditions.reasons()
            if reason.code is not ReasonCode.COLLECT_ONLY  # the verb never submits: no news
        ],
    )


def _budget_hint(planned: ManifestPlan, batch: Batch) -> BudgetHint | None:
    """What the budget has to be for the jobs that were not submitted."""
    ceilings = planned.settings.budget
    if not ceilings:
        return None
    waiting = (
        (PROVIDERS[outcome.job.provider].UNIT, outcome.estimated)
        for outcome in batch.outcomes()
        if is_selected(outcome) and outcome.state is State.PENDING and outcome.task.id is None
    )
    return budget_hint(ceilings, {unit: batch.spent(unit) for unit in ceilings}, waiting)
