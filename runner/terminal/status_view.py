"""Where jobs stand, as a table for a person and as plain values for `--json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from runner.errors import one_line, width
from runner.model import UNITS, Amount, Outcome, ReasonCode, State, Unit
from runner.providers.parse import moment
from runner.terminal.summary import money, span, sums


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """Where one job stands."""

    outcome: Outcome
    since: str | None
    """When it was last submitted: UTC, RFC 3339."""
    present: int
    """How many of its files are there, as they were made."""


def status_text(
    manifest: str,
    standings: Sequence[JobStatus],
    now: datetime,
    spent: Mapping[Unit, Decimal] = MappingProxyType({}),
) -> str:
    """The totals, then a line for every job, in columns.

    `spent` is what the manifest has cost in all, as a plan tells it: with attempts that were set
    aside, and of jobs that are not shown. It is told where it is more than the jobs' own.
    """
    rows = [_cells(standing, now) for standing in standings]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = [f"{manifest}: {_counts(standings)} | {_paid(standings, spent)}"]
    lines += ["  " + _line(row, widths) for row in rows]
    return "\n".join(one_line(line).rstrip() for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The cells under each other; a column that is empty in every row takes no room."""
    pairs = [(cell, wide) for cell, wide in zip(cells, widths, strict=True) if wide]
    return "  ".join(cell + " " * (wide - width(cell)) for cell, wide in pairs)


def _cells(standing: JobStatus, now: datetime) -> list[str]:
    outcome = standing.outcome
    age = _age_s(standing, now)
    return [
        outcome.state.value,
        outcome.job.id,
        outcome.task.id or "",
        _price(outcome),
        _files(standing),
        "" if age is None else f"{span(age)} ago",
        _why(outcome),
    ]


def _files(standing: JobStatus) -> str:
    count = len(standing.outcome.files)
    if not count:
        return ""
    there = "" if standing.present == count else f"{standing.present} of "
    return f"{there}{count} file{'s' * (count != 1)}"


def _why(outcome: Outcome) -> str:
    """What a person asks next: nothing where all is well."""
    if outcome.error is not None:
        return f"{outcome.error.code}: {outcome.error.message}"
    if outcome.reason is None or outcome.reason.code is ReasonCode.DONE:
        return ""
    return outcome.reason.text


def _price(outcome: Outcome) -> str:
    """What it has cost, as far as that is told; of what has cost nothing that it has not."""
    if (real := _real(outcome)) is not None:
        return money(real)
    if outcome.estimated is None:
        return ""
    if outcome.at_risk is not None:
        return f"{money(outcome.at_risk)} at risk"
    if _counts_by_estimate(outcome):
        return f"about {money(outcome.estimated)}"
    failed = outcome.state is State.FAILED
    return "not billed" if failed else f"would cost {money(outcome.estimated)}"


def _counts_by_estimate(outcome: Outcome) -> bool:
    """Whether a task was made that was paid, or may have been, and nobody tells how much.

    What is of unknown fate is told as at risk instead.
    """
    if _real(outcome) is not None or not outcome.task.id:
        return False
    return outcome.paid and outcome.state is not State.AMBIGUOUS


def _real(outcome: Outcome) -> Amount | None:
    return outcome.task.actual


def _counts(standings: Iterable[JobStatus]) -> str:
    """`4 succeeded, 1 pending`."""
    counted = Counter(standing.outcome.state for standing in standings)
    parts = [f"{counted[state]} {state.value}" for state in State if counted[state]]
    return ", ".join(parts) or "no jobs"


def _paid(standings: Sequence[JobStatus], spent: Mapping[Unit, Decimal]) -> str:
    """What they cost: real amounts, estimates where none are told, what is at risk, and in all."""
    real, rest = _sums_of(standings, _real), _sums_of(standings, _estimate)
    risks = _sums_of(standings, lambda outcome: outcome.at_risk)
    parts = [money(amount) for amount in real]
    parts += [f"about {money(amount)}" for amount in rest]
    parts += [f"{money(amount)} at risk" for amount in risks]
    text = ", ".join(parts) or "nothing spent"
    shown = {amount.unit: amount.value for amount in sums([*real, *rest, *risks])}
    if all(value <= shown.get(unit, 0) for unit, value in spent.items()):
        return text
    whole = [money(Amount(unit=unit, value=spent[unit])) for unit in UNITS if spent.get(unit)]
    return f"{text} | spent so far on the whole manifest: {', '.join(whole)}"


def _estimate(outcome: Outcome) -> Amount | None:
    """What it counts for where its real price is not told."""
    return outcome.estimated if _counts_by_estimate(outcome) else None


def _sums_of(
    standings: Iterable[JobStatus], price: Callable[[Outcome], Amount | None]
) -> list[Amount]:
    return sums(price(standing.outcome) for standing in standings)


def _age_s(standing: JobStatus, now: datetime) -> float | None:
    """Seconds since its submission; a clock that was set back makes no negative age."""
    at = moment(standing.since)  # of a results manifest that somebody has edited, anything
    return None if at is None else max(0.0, (now - at).total_seconds())


def status_records(
    manifest: str,
    standings: Sequence[JobStatus],
    now: datetime,
    spent: Mapping[Unit, Decimal] = MappingProxyType({}),
) -> dict[str, Any]:
    """All of it as JSON values; what is not known is null."""
    counted = Counter(standing.outcome.state for standing in standings)
    return {
        "manifest": manifest,
        "totals": {
            "jobs": len(standings),
            **{state.value: counted[state] for state in State},
            "cost": _by_unit(_sums_of(standings, _real)),
            "estimated": _by_unit(_sums_of(standings, _estimate)),
            "at_risk": _by_unit(_sums_of(standings, lambda outcome: outcome.at_risk)),
            "spent": {unit: _number(spent[unit]) for unit in UNITS if unit in spent},
        },
        "jobs": [_status_record(standing, now) for standing in standings],
    }


def _status_record(standing: JobStatus, now: datetime) -> dict[str, Any]:
    outcome, age = standing.outcome, _age_s(standing, now)
    error = outcome.error
    return {
        "id": outcome.job.id,
        "operation": outcome.job.operation,
        "state": outcome.state.value,
        "reason": outcome.reason and outcome.reason.text,
        "task_id": outcome.task.id,
        "submitted_at": standing.since,
        "age_s": None if age is None else round(age, 3),
        "credits": outcome.task.credits,
        "cost": _by_unit(sums([_real(outcome)])) or None,
        "estimated": _by_unit(sums([outcome.estimated])) or None,
        "files": [file.path for file in outcome.files],
        "files_present": standing.present,
        "attempts": outcome.attempts,
        "error": error
        and {
            "code": error.code,
            "message": error.message,
            "class": error.class_.value,
            "billed": error.billed.value,
        },
        "fingerprint": outcome.job.fingerprint,
    }


def _by_unit(amounts: Iterable[Amount]) -> dict[str, int | float]:
    return {amount.unit: _number(amount.value) for amount in amounts}


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
