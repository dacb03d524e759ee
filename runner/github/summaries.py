"""Summaries: a plan and a run as tables of a job summary, cut where they would be too long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from runner.errors import plural
from runner.export.markdown import escaped, table
from runner.github.annotations import Annotation
from runner.model.outcomes import State
from runner.model.plans import Action, Plan, PlanEntry
from runner.report.privacy import public_text
from runner.terminal.format import money
from runner.terminal.plan_view import Outlook, money_lines, plan_totals, time_text
from runner.terminal.summary import (
    FailureGroup,
    RunSummary,
    advice_lines,
    cause_lines,
    counts_text,
    job_list,
)
from runner.timestamps import span

_MOST_GROUPS = 50
"""Rows about jobs without a result: the results manifest has all of them."""


def plan_section(manifest: str, plan: Plan, outlook: Outlook, room: int) -> str:
    """What a run would do: totals, then a row for each job, in at most `room` bytes."""
    totals = " | ".join(filter(None, [plan_totals(plan, outlook), time_text(outlook.forecast)]))
    lines = [f"## Plan of {escaped(manifest)}", "", escaped(totals), ""]
    notes = [escaped(line) for line in money_lines(outlook)]
    notes += [f"nothing is submitted to {escaped(why)}" for why in outlook.stopped]
    rows = (_entry(entry) for entry in plan.entries)
    return _fitted(
        [*lines, *_listed(notes)], ("job", "action", "price", "why"), rows, room, len(plan.entries)
    )


def run_section(run: RunSummary, room: int) -> str:
    """What a run came to: counts and costs, then a row for each cause of a missing result."""
    totals = run.totals
    counts = f"{counts_text(totals)} | {totals.costs} | {span(run.seconds)}"
    lines = [f"## Run of {escaped(run.manifest)}", "", escaped(counts), ""]
    notes = [f"error: {escaped(line)}" for error in run.errors for line in error.splitlines()]
    notes += [f"stopped: {escaped(why)}" for why in run.stopped]
    groups = list(totals.failures.values())
    rows = (_group(run, group) for group in groups[:_MOST_GROUPS])
    head = ("jobs", "state", "cause", "what to do")
    return _fitted([*lines, *_listed(notes)], head, rows if groups else (), room, len(groups))


def run_annotations(run: RunSummary) -> Iterator[Annotation]:
    """An annotation for each cause of missing results, and for what ended the run early."""
    for error in run.errors:
        yield Annotation(level="error", message=error)
    for group in run.totals.failures.values():
        outcome = group.first
        if outcome.state is State.SKIPPED:  # the job that it needs has one of its own
            continue
        is_error = outcome.state in (State.FAILED, State.AMBIGUOUS)
        what = f'job "{outcome.job.id}"' if group.count == 1 else plural(group.count, "job")
        lines = [*cause_lines(outcome), *advice_lines(run, group)]
        yield Annotation(
            level="error" if is_error else "warning",
            title=f"{what}: {'incomplete' if outcome.shortfall else outcome.state.value}",
            message="\n".join(public_text(line) or "" for line in lines),
            location=run.locate(outcome.job),
            jobs=group.count,
        )


def _listed(notes: Sequence[str]) -> list[str]:
    return [*(f"- {note}" for note in notes), ""] if notes else []


def _entry(entry: PlanEntry) -> tuple[str, ...]:
    price = money(entry.estimate) if entry.estimate and entry.action is Action.SUBMIT else ""
    return escaped(entry.job.id), entry.action.value, price, escaped(entry.reason)


def _group(run: RunSummary, group: FailureGroup) -> tuple[str, ...]:
    causes = (escaped(public_text(line)) for line in cause_lines(group.first))
    advice = (escaped(line) for line in advice_lines(run, group))
    state = "incomplete" if group.first.shortfall else group.first.state.value
    return escaped(job_list(group)), state, "<br>".join(causes), "<br>".join(advice)


def _fitted(
    lines: Sequence[str],
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    room: int,
    count: int,
) -> str:
    """The lines and the table, with as many rows as fit; the number of the others follows."""
    room -= len("\n".join(lines).encode("utf-8", "replace")) + _SPARE_BYTES
    kept: list[Sequence[str]] = []
    for row in rows:
        room -= sum(len(cell.encode("utf-8", "replace")) + 3 for cell in row)
        if room < 0:
            break
        kept.append(row)
    shown = list(table(head, kept)) if kept else []
    more = [f"... and {count - len(kept):,} more.", ""] if len(kept) < count else []
    return "\n".join([*lines, *shown, *more, ""])


_SPARE_BYTES = 500
"""For the head of the table and the number of what is left out."""
