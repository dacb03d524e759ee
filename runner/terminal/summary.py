"""Summary of a run: what it made and spent, which jobs have no result, and what to do about it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from runner.errors import Location, hang, one_line
from runner.model.jobs import Job
from runner.model.operations import UNITS, Unit, add
from runner.model.outcomes import Outcome, State
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import ONLY_WATERMARKED, RESULT_GONE, Billed, ErrorClass, JobError
from runner.providers.registry import code_info
from runner.results.advice import ADVICE, MAY_PAY_AGAIN, UNSENT_ADVICE
from runner.terminal.budget_hint import BudgetHint
from runner.terminal.format import KEEP_OFF_PEAK, CostSums, json_sums, money_list
from runner.terminal.result_warnings import ResultWarnings
from runner.timestamps import span

MAX_NAMED = 5
"""Jobs of a group whose names are kept."""

MAX_SHOWN = 20
"""Groups that are printed; the results manifest has the others."""


@dataclass(slots=True, kw_only=True)
class FailureGroup:
    """Jobs without a result for the same reason."""

    first: Outcome
    count: int = 0
    names: list[str] = field(default_factory=list)
    """The first few of them."""
    at_risk: dict[Unit, Decimal] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        """Add one more."""
        self.count += 1
        if len(self.names) < MAX_NAMED:
            self.names.append(outcome.job.id)
        add(self.at_risk, outcome.at_risk)


@dataclass(slots=True, kw_only=True)
class RunTotals:
    """The totals of a run, added up outcome by outcome: there may be very many."""

    began: str
    """When the run began; UTC, RFC 3339."""
    states: Counter[State] = field(default_factory=Counter)
    reused: int = 0
    unselected: int = 0
    """Jobs that are in no other number here."""
    by_other_run: int = 0
    """Jobs made by another run."""
    files: bool = False
    """Whether any job has files."""
    costs: CostSums = field(default_factory=CostSums)
    """What this run's own submissions cost, and what is at risk."""
    failures: dict[object, FailureGroup] = field(default_factory=dict)
    """Jobs without a result, or with less than they asked for, in the order of the manifest."""
    warnings: ResultWarnings = field(default_factory=ResultWarnings)
    """In what files are not as they were asked for."""

    def add(self, outcome: Outcome) -> None:
        """Add the outcome of a selected job."""
        self.states[outcome.state] += 1
        self.reused += outcome.state is State.SUCCEEDED and outcome.reused
        self.by_other_run += outcome.by_other_run
        self.files = self.files or bool(outcome.files)
        self.warnings.add(outcome)
        add(self.costs.at_risk, outcome.at_risk)
        # What earlier runs submitted is in their summaries.
        own = (outcome.task.submitted_at or "") >= self.began and not outcome.by_other_run
        # A failed job counts only with a price that the provider reported, as in the results.
        actual, failed = outcome.task.actual, outcome.state is State.FAILED
        if own and actual is not None and (actual.value or not failed):
            add(self.costs.actual, actual)
        elif own and not failed:
            add(self.costs.estimated, outcome.estimated)
            self.costs.unpriced += outcome.estimated is None
        if outcome.state is not State.SUCCEEDED or outcome.shortfall:
            error = outcome.error and (outcome.error.code, outcome.error.message)
            # By cause, not by job: a wrong key would fill the screen otherwise.
            cause = (outcome.state, outcome.shortfall or outcome.reason, error, outcome.used_up)
            self.failures.setdefault(cause, FailureGroup(first=outcome)).add(outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What there is to report about the run of one manifest."""

    manifest: str
    totals: RunTotals
    locate: Callable[[Job], Location]
    """Job to its location in the manifest."""
    seconds: float
    errors: Sequence[str]
    """The errors that ended the run early."""
    results: str
    written: bool = True
    """Whether the results manifest has the run's outcomes."""
    files: str
    flags: Sequence[str]
    """The flags that a further command needs to use the same ledger and results."""
    off_peak_flag: Sequence[str] = ()
    """`--off-peak`, where jobs without a result would cost more in a further run without it."""
    budget_flag: Sequence[str] = ()
    """`--budget` as it was given."""
    budget_hint: BudgetHint | None = None
    """What the budget has to be for the jobs that it has kept from being submitted."""
    stopped: Sequence[Reason]
    """Why nothing more was submitted, to a provider or at all."""
    lacks_pyav: bool = False
    """Whether videos or sounds were not measured because PyAV is missing."""


def format_summary(run: RunSummary, columns: int | None = None) -> str:
    """Counts, costs and time in one line, the paths, then each failure with what to do about it.

    Texts are folded at `columns` of a terminal, commands to copy are not.
    """
    totals = run.totals
    lines = [line for error in run.errors for line in error.splitlines()]  # a hint is one
    lines += [
        headline(run),
        f"  results   {run.results}{'' if run.written else ' (not written)'}",
    ]
    if totals.files:
        lines.append(f"  files     {run.files}")
    lines += totals.warnings.lines(run.locate, columns, _command(run, "fetch"))
    if run.lacks_pyav:
        lines.append(totals.warnings.unmeasured_line())
    for why in run.stopped:
        lines += hang("  stopped   ", one_line(str(why)), columns)
    groups = list(totals.failures.values())
    # The advice that holds for several groups is printed once, after them.
    shared = sum(_is_continued(group.first) for group in groups) > 1
    for group in groups[:MAX_SHOWN]:
        lines += ["", *_failure_lines(run, group, columns, shared=shared)]
    if (more := len(groups) - MAX_SHOWN) > 0:
        lines += ["", f"  ... and {more} more, see {run.results}"]
    lines += ["", f"  {_CONTINUE}"] if shared else []
    if run.off_peak_flag:
        lines += ["", f"  {KEEP_OFF_PEAK}"]
    return "\n".join(one_line(line) for line in lines)


def headline(run: RunSummary) -> str:
    """`spring.yaml: 4 done, 1 failed | 24 credits | 40 s`."""
    totals = run.totals
    others = f", {totals.by_other_run} made by another run" if totals.by_other_run else ""
    return f"{run.manifest}: {counts_text(totals)} | {totals.costs}{others} | {span(run.seconds)}"


def summary_record(run: RunSummary) -> dict[str, Any]:
    """The summary as JSON values, without jobs that have their results."""
    totals, costs = run.totals, run.totals.costs
    return {
        "manifest": run.manifest,
        "results": run.results,
        "written": run.written,
        "files": run.files if totals.files else None,
        "seconds": round(run.seconds, 1),
        "totals": {
            **{state.value: totals.states[state] for state in State},
            "reused": totals.reused,
            "not_selected": totals.unselected,
        },
        "cost": json_sums({unit: value for unit in UNITS if (value := costs.total(unit))}),
        "at_risk": json_sums(costs.at_risk),
        "without_result": [_group_record(group) for group in totals.failures.values()],
        "stopped": [str(why) for why in run.stopped],
        "errors": list(run.errors),
    }


def _group_record(group: FailureGroup) -> dict[str, Any]:
    outcome = group.first
    return {
        "state": outcome.state.value,
        "jobs": group.count,
        "first": list(group.names),
        "cause": cause_lines(outcome),
    }


def counts_text(totals: RunTotals) -> str:
    """`4 done, 1 reused, 1 failed`."""
    made = totals.states[State.SUCCEEDED] - totals.reused
    parts = [f"{made} done"] if made or not totals.states.total() else []
    parts += [f"{totals.reused} reused"] if totals.reused else []
    parts += [f"{n} {state}" for state, n in totals.states.items() if state is not State.SUCCEEDED]
    return ", ".join(parts + ([f"{totals.unselected} not selected"] if totals.unselected else []))


_CONTINUE = "run the same command again: it continues from here and pays for nothing twice"

_BY_HAND = "a further run does not retry it; with --retry-failed it does"
_RETRIED = frozenset({ErrorClass.PROVIDER, ErrorClass.TRANSIENT})
"""Classes of failures that pass by themselves, as far as anybody knows."""

_BILLED = {Billed.YES: "billed", Billed.NO: "not billed", Billed.UNKNOWN: "may have been billed"}


def _failure_lines(
    run: RunSummary, group: FailureGroup, columns: int | None, *, shared: bool
) -> list[str]:
    """The cause of a group's failure, and what to do; `shared`: without the shared advice."""
    outcome, location = group.first, run.locate(group.first.job)
    more = f" and {group.count - 1:,} more like it" if group.count > 1 else ""
    job = f'job "{outcome.job.id}"{more}'
    if outcome.reason is not None and outcome.reason.code in _LISTED:
        job = job_list(group)
    indent = " " * 12
    lines = []
    for cause in cause_lines(outcome):
        lines += hang(indent, one_line(cause), columns)
    lines += [indent + line for line in advice_lines(run, group)]
    if _is_continued(outcome) and not shared:
        lines += hang(indent, _CONTINUE, columns)
    label = "warning" if outcome.shortfall else outcome.state.value
    return [f"  {label:<10}{location.path}:{location.line}: {job}", *lines]


_LISTED = (ReasonCode.LEFT, ReasonCode.NO_ROOM)
"""After `--detach`, it matters which jobs these are."""


def job_list(group: FailureGroup) -> str:
    """`jobs "a", "b" and 3 more`."""
    names = ", ".join(f'"{name}"' for name in group.names)
    more = group.count - len(group.names)
    return f"{'job' if group.count == 1 else 'jobs'} {names}{f' and {more:,} more' if more else ''}"


def cause_lines(outcome: Outcome) -> list[str]:
    """Why a job has no result, or less than it asked for."""
    error, reason = outcome.error, outcome.reason
    if outcome.shortfall is not None:
        is_marked = outcome.shortfall.code == ONLY_WATERMARKED
        kept = "the file here has it" if is_marked else "the others are here"
        return [f"{outcome.shortfall.message}; {kept}"]
    if error is None:
        return [reason.text] if reason else []
    what = f"{error.code} ({error.class_}, {_BILLED[error.billed]}): {error.message}"
    # What was found out about a submission of unknown fate is in its reason.
    if outcome.state is State.AMBIGUOUS and reason and reason.code is not ReasonCode.AS_ERROR:
        return [what, reason.text]
    return [what]


_DECIDED = frozenset(
    {
        *(ReasonCode.NEEDS_JOB, ReasonCode.COLLECT_ONLY),
        *(ReasonCode.OVER_BUDGET, ReasonCode.UNPRICED),
    }
)
"""Reasons by which more than a further run is needed."""


def _is_continued(outcome: Outcome) -> bool:
    """Whether it takes only a further run to bring the job to its end."""
    code = outcome.reason and outcome.reason.code
    return outcome.state is State.PENDING and code not in _DECIDED


def advice_lines(run: RunSummary, group: FailureGroup) -> list[str]:
    """What to do about a group, unless a further run continues it."""
    outcome = group.first
    match outcome.state, outcome.reason and outcome.reason.code:
        case State.SUCCEEDED, _ if outcome.shortfall:
            what = "replace it" if outcome.shortfall.code == ONLY_WATERMARKED else "add the rest"
            fetch = _command(run, "fetch")
            return [f"to {what} at no cost, once the provider offers it: {fetch}"]
        case State.FAILED, _:
            return _advice_for_failed(run, group)
        case State.AMBIGUOUS, _:
            return _advice_for_ambiguous(run, group)
        case State.PENDING, _:
            return _advice_for_pending(run, group)
        case _:  # a job that needs another one has its advice there
            return []


def _advice_for_pending(run: RunSummary, group: FailureGroup) -> list[str]:
    match group.first.reason and group.first.reason.code:
        case ReasonCode.OVER_BUDGET:
            return _advice_for_budget(run)
        case ReasonCode.UNPRICED:
            return ["to submit it, run without a budget in its provider's unit"]
        case ReasonCode.LEFT:
            return [f"to collect: {_command(run, 'fetch')}"]
        case ReasonCode.QUEUED:
            return [f"to collect it later and submit nothing: {_command(run, 'fetch')}"]
        case ReasonCode.COLLECT_ONLY:
            return [f"to submit: {_run_command(run, group)}"]
        case _:
            return []


def _advice_for_failed(run: RunSummary, group: FailureGroup) -> list[str]:
    error = group.first.error
    if error and error.code == RESULT_GONE:
        return [
            f"ask for it again, which costs nothing: {_command(run, 'fetch')}",
            f"pay for it again: {_run_command(run, group)} --force",
        ]
    if error and error.code in UNSENT_ADVICE:
        return [UNSENT_ADVICE[error.code]]
    if error and error.billed is Billed.NO and (times := group.first.used_up):
        it = "it" if group.count == 1 else "them"
        return [
            f"{times} attempts are used up: a further run does not submit {it} again by itself",
            f"to submit {it} again: {_run_command(run, group)} --retry-failed",
        ]
    if error and error.billed is Billed.NO:
        by_hand = error.class_ in _RETRIED and _is_by_hand(group.first, error)
        return [_BY_HAND if by_hand else ADVICE[error.class_]]
    # What may have been billed is not paid for again.
    return [MAY_PAY_AGAIN]


def _advice_for_budget(run: RunSummary) -> list[str]:
    if run.budget_hint is None:  # another run has spent it, or a task has given some back
        return [_CONTINUE]
    return [
        f"{run.budget_hint.text}, in run.budget or by the flag; it continues from here:",
        _command(run, "run", *run.off_peak_flag, run.budget_hint.flag),
    ]


def _is_by_hand(outcome: Outcome, error: JobError) -> bool:
    """Whether a further run leaves a failure alone that may pass."""
    code = code_info(outcome.job.provider, error)
    is_left = outcome.reason is not None and outcome.reason.code is ReasonCode.NOT_RETRIED
    return is_left or (code is not None and code.by_hand)


def _advice_for_ambiguous(run: RunSummary, group: FailureGroup) -> list[str]:
    """What is at stake, and the commands that settle it."""
    outcome = group.first
    risks = money_list(group.at_risk)
    risk = f"; it may have cost {' and '.join(risks)}" if risks else ""
    code = outcome.reason and outcome.reason.code
    if code is ReasonCode.SEARCH_PENDING:
        return [
            "run the same command again: it looks for the task, and submits again only if",
            f"the task is proven not to exist{risk}",
        ]
    lines = [f"not submitted again until you decide{risk}"]
    resolve = _command(run, "resolve")
    if group.count > 1:
        return [
            *lines,
            "look for their tasks in the provider's console",
            f"if a task is there: {resolve} JOB --task-id ID",
            f"submit the others again: {resolve} --select state:{outcome.state.value} --lost",
        ]
    at = outcome.task.submitted_at  # what the console's list of tasks can be searched by
    return [
        *lines,
        f"look for a task{f' created about {at}' if at else ''} in the provider's console",
        f"if it is there: {resolve} {outcome.job.id} --task-id ID",
        f"if it is not, submit again: {resolve} {outcome.job.id} --lost",
    ]


def _run_command(run: RunSummary, group: FailureGroup) -> str:
    """A command that runs the jobs of the group."""
    more = ["..."] if group.count > len(group.names) else []
    selected = (f"--select {name}" for name in group.names)
    return _command(run, "run", *run.off_peak_flag, *run.budget_flag, *selected, *more)


def _command(run: RunSummary, verb: str, *more: str) -> str:
    return " ".join(["vidu-run", verb, shlex.quote(run.manifest), *run.flags, *more])
