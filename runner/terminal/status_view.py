"""Shows the states of jobs, as a table or as JSON values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runner.errors import hang, one_line, plural, table_row, width
from runner.model.operations import add_up
from runner.model.outcomes import Outcome, State
from runner.model.reasons import ReasonCode
from runner.providers.parse import moment
from runner.results.rows import json_amount, json_error
from runner.terminal.format import CostSums, Sums, json_sums, money, money_list
from runner.timestamps import span

DAY_S = 86_400
MANY_DAYS_S = 2 * DAY_S
"""From here on a date is clearer than a span of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """The state of one job."""

    outcome: Outcome
    since: str | None
    """When it was last submitted: UTC, RFC 3339."""
    present: int
    """How many of its files exist with their digests."""


def status_text(
    manifest: str,
    jobs: Sequence[JobStatus],
    now: datetime,
    spent: Sums,
    *,
    columns: int | None = None,
) -> str:
    """The totals, then a row for every job, folded at `columns` of a terminal.

    `spent` is what the whole manifest has cost; printed where it is more than the jobs' cost.
    """
    rows = [_cells(job, now) for job in jobs]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = hang("", f"{one_line(manifest)}: {_counts(jobs)} | {_paid(jobs, spent)}", columns)
    for *cells, why in rows:
        # A column that is empty in every row would be a gap.
        padded = (
            cell + " " * (wide - width(cell) + 2)
            for cell, wide in zip(cells, widths, strict=False)
            if wide
        )
        lines += table_row(["  ", *padded], why, columns)
    return "\n".join(line.rstrip() for line in lines)


def _cells(job: JobStatus, now: datetime) -> list[str]:
    """The row of a job; the last cell is the only one that may be long."""
    outcome = job.outcome
    cells = [
        outcome.state.value,
        outcome.job.id,
        outcome.task.id or "",
        _price(outcome),
        _files(job),
        _age(job, now),
        _why(outcome),
    ]
    # An id or a provider's message may contain line breaks and escape sequences.
    return [one_line(cell) for cell in cells]


def _age(job: JobStatus, now: datetime) -> str:
    """`5 min ago`, `12 days ago (2026-11-08)`; by then nobody remembers the hour."""
    age_s, at = _age_s(job, now), moment(job.since)
    if age_s is None or at is None:
        return ""
    if age_s < MANY_DAYS_S:
        return f"{span(age_s)} ago"
    return f"{age_s // DAY_S:.0f} days ago ({at:%Y-%m-%d})"


def _files(job: JobStatus) -> str:
    count = len(job.outcome.files)
    if not count:
        return ""
    present = "" if job.present == count else f"{job.present} of "
    return present + plural(count, "file")


def _why(outcome: Outcome) -> str:
    """The reason of a state that is not simply `done`."""
    if outcome.error is not None:
        return f"{outcome.error.code}: {outcome.error.message}"
    if outcome.shortfall is not None:
        return outcome.shortfall.message
    if outcome.warnings:
        return "; ".join(warning.message for warning in outcome.warnings)
    if outcome.reason is None or outcome.reason.code is ReasonCode.DONE:
        return ""
    return outcome.reason.text


def _price(outcome: Outcome) -> str:
    """What the job has cost, may have cost or would cost."""
    if outcome.task.actual is not None:
        return money(outcome.task.actual)
    if outcome.estimated is None:
        return ""
    if outcome.at_risk is not None:  # a submission of unknown fate
        return f"{money(outcome.at_risk)} at risk"
    if _counts_by_estimate(outcome):
        return f"about {money(outcome.estimated)}"
    failed = outcome.state is State.FAILED
    return "not billed" if failed else f"would cost {money(outcome.estimated)}"


def _counts_by_estimate(outcome: Outcome) -> bool:
    """Whether a task of unknown cost was paid for, or may have been."""
    if outcome.task.actual is not None or not outcome.task.id:
        return False
    # A submission of unknown fate counts as at risk instead.
    return outcome.paid and outcome.state is not State.AMBIGUOUS


def _counts(jobs: Iterable[JobStatus]) -> str:
    """`4 succeeded, 1 pending`."""
    counted = Counter(job.outcome.state for job in jobs)
    return ", ".join(f"{counted[s]} {s.value}" for s in State if counted[s]) or "no jobs"


def _costs(jobs: Iterable[JobStatus]) -> CostSums:
    outcomes = [job.outcome for job in jobs]
    return CostSums(
        actual=add_up(each.task.actual for each in outcomes),
        at_risk=add_up(each.at_risk for each in outcomes),
        estimated=add_up(each.estimated for each in outcomes if _counts_by_estimate(each)),
    )


def _paid(jobs: Iterable[JobStatus], spent: Sums) -> str:
    """What the jobs cost, and what the whole manifest has cost where that is more."""
    costs = _costs(jobs)
    # More was spent for jobs that are not shown, changed since, or made again by `--force`.
    if all(value <= costs.total(unit) for unit, value in spent.items()):
        return str(costs)
    whole = money_list({unit: value for unit, value in spent.items() if value})
    return f"{costs} | spent so far on the whole manifest: {', '.join(whole)}"


def _age_s(job: JobStatus, now: datetime) -> float | None:
    """Seconds since its submission, 0 if the clock was set back since; None if unknown."""
    at = moment(job.since)  # it may be any text in a results manifest that was edited
    return None if at is None else max(0.0, (now - at).total_seconds())


def status_records(
    manifest: str, jobs: Sequence[JobStatus], now: datetime, spent: Sums
) -> dict[str, Any]:
    """The same as JSON values; unknown values are null."""
    counted = Counter(job.outcome.state for job in jobs)
    costs = _costs(jobs)
    return {
        "manifest": manifest,
        "totals": {
            "jobs": len(jobs),
            **{state.value: counted[state] for state in State},
            "cost": json_sums(costs.actual),
            "estimated": json_sums(costs.estimated),
            "at_risk": json_sums(costs.at_risk),
            "spent": json_sums(spent),
        },
        "jobs": [_status_record(job, now) for job in jobs],
    }


def _status_record(job: JobStatus, now: datetime) -> dict[str, Any]:
    outcome, age = job.outcome, _age_s(job, now)
    return {
        "id": outcome.job.id,
        "operation": outcome.job.operation,
        "state": outcome.state.value,
        "reason": outcome.reason and outcome.reason.text,
        "task_id": outcome.task.id,
        "submitted_at": job.since,
        "age_s": None if age is None else round(age, 3),
        "credits": outcome.task.credits,
        "cost": json_amount(outcome.task.actual),
        "estimated": json_amount(outcome.estimated),
        "files": [file.path for file in outcome.files],
        "files_present": job.present,
        "attempts": outcome.attempts,
        "error": json_error(outcome.error),
        "fingerprint": outcome.job.fingerprint,
    }
