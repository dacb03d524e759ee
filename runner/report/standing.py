"""Where jobs stand, as a table for a person and as plain values for `--json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from runner.errors import one_line, width
from runner.model import Amount, Outcome, State, Unit
from runner.planning import DONE
from runner.providers.reading import moment
from runner.report.text import money, span, sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one job stands."""

    outcome: Outcome
    since: str | None
    """When it was last submitted: UTC, RFC 3339."""
    present: int
    """How many of its files are there, as they were made."""


def standings_text(
    manifest: str,
    standings: Sequence[Standing],
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


def _cells(standing: Standing, now: datetime) -> list[str]:
    outcome = standing.outcome
    age = _age_s(standing, now)
    return [
        outcome.state.value,
        outcome.job.id,
        outcome.task_id or "",
        _price(outcome),
        _files(standing),
        "" if age is None else f"{span(age)} ago",
        _why(outcome),
    ]


def _files(standing: Standing) -> str:
    count = len(standing.outcome.files)
    if not count:
        return ""
    there = "" if standing.present == count else f"{standing.present} of "
    return f"{there}{count} file{'s' * (count != 1)}"


def _why(outcome: Outcome) -> str:
    """What a person asks next: nothing where all is well."""
    if outcome.error is not None:
        return f"{outcome.error.code}: {outcome.error.message}"
    return "" if outcome.reason == DONE else outcome.reason or ""


def _price(outcome: Outcome) -> str:
    if (real := _real(outcome)) is not None:
        return money(real)
    return f"about {money(outcome.estimated)}" if outcome.estimated else ""


def _real(outcome: Outcome) -> Amount | None:
    if outcome.actual is None and outcome.credits is not None:
        return Amount(unit="credits", value=Decimal(outcome.credits))
    return outcome.actual


def _counts(standings: Iterable[Standing]) -> str:
    """`4 succeeded, 1 pending`."""
    counted = Counter(standing.outcome.state for standing in standings)
    parts = [f"{counted[state]} {state.value}" for state in State if counted[state]]
    return ", ".join(parts) or "no jobs"


def _paid(standings: Iterable[Standing], spent: Mapping[Unit, Decimal]) -> str:
    """What they cost: real amounts, estimates where none are told, what is at risk, and in all."""
    outcomes = [standing.outcome for standing in standings]
    made = [o for o in outcomes if o.task_id and o.state in {State.SUCCEEDED, State.PENDING}]
    real = [*map(_real, outcomes)]
    rest = [outcome.estimated for outcome in made if _real(outcome) is None and not outcome.reused]
    risks = [outcome.at_risk for outcome in outcomes]
    parts = [money(amount) for amount in sums(real)]
    parts += [f"about {money(amount)}" for amount in sums(rest)]
    parts += [f"{money(amount)} at risk" for amount in sums(risks)]
    text = ", ".join(parts) or "nothing spent"
    shown = {amount.unit: amount.value for amount in sums([*real, *rest, *risks])}
    more = [
        money(Amount(unit=unit, value=value))
        for unit, value in spent.items()
        if value > shown.get(unit, 0)
    ]
    return f"{text} | spent so far: {', '.join(more)}" if more else text


def _age_s(standing: Standing, now: datetime) -> float | None:
    """Seconds since its submission; a clock that was set back makes no negative age."""
    at = moment(standing.since)  # of a results manifest that somebody has edited, anything
    return None if at is None else max(0.0, (now - at).total_seconds())


def of_standings(
    manifest: str,
    standings: Sequence[Standing],
    now: datetime,
    spent: Mapping[Unit, Decimal] = MappingProxyType({}),
) -> dict[str, Any]:
    """All of it as JSON values; what is not known is null."""
    counted = Counter(standing.outcome.state for standing in standings)
    risks = sums(standing.outcome.at_risk for standing in standings)
    return {
        "manifest": manifest,
        "totals": {
            "jobs": len(standings),
            **{state.value: counted[state] for state in State},
            "cost": _sums(_real(standing.outcome) for standing in standings),
            "at_risk": {amount.unit: _number(amount.value) for amount in risks},
            "spent": {unit: _number(value) for unit, value in spent.items()},
        },
        "jobs": [_of_standing(standing, now) for standing in standings],
    }


def _of_standing(standing: Standing, now: datetime) -> dict[str, Any]:
    outcome, age = standing.outcome, _age_s(standing, now)
    error = outcome.error
    return {
        "id": outcome.job.id,
        "operation": outcome.job.operation,
        "state": outcome.state.value,
        "reason": outcome.reason,
        "task_id": outcome.task_id,
        "submitted_at": standing.since,
        "age_s": None if age is None else round(age, 3),
        "credits": outcome.credits,
        "cost": _sums([_real(outcome)]) or None,
        "estimated": _sums([outcome.estimated]) or None,
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


def _sums(amounts: Iterable[Amount | None]) -> dict[str, int | float]:
    return {amount.unit: _number(amount.value) for amount in sums(amounts)}


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
