"""Shows a plan, with its time and cost, as text or as JSON values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from runner.errors import hang, plural, printable, width
from runner.ledger.costs import Costs
from runner.model.operations import UNITS, Amount, Unit, add_up, digits
from runner.model.plans import Action, Plan, PlanEntry
from runner.planning.forecast import Forecast
from runner.planning.off_peak import HourPrices, OffPeakCount, is_off_peak
from runner.planning.plan import totals
from runner.results.rows import json_amount, json_error
from runner.terminal.budget_hint import BudgetHint
from runner.terminal.format import Sums, json_sums, money, money_list, without_price
from runner.timestamps import span


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The time and money that a plan takes, and what has been spent before."""

    forecast: Forecast
    cost: Sums
    """The estimated cost of the plan's submissions, without those of unknown price."""
    earlier: Costs
    """What the manifest has cost so far."""
    budget: Sums
    """The ceiling of each unit that has one."""
    prices: Mapping[str, HourPrices] = field(default_factory=dict)
    """Job id to its price at once and off-peak, of the submissions that have a choice."""
    stopped: Sequence[str] = ()
    """Why the budget lets a run submit nothing, for each such provider."""
    budget_hint: BudgetHint | None = None
    """What the budget has to be for all submissions; None where it is enough."""
    off_peak: OffPeakCount | None = None
    """What is submitted off-peak, and what is not; None where the run does not ask for it."""


def plan_text(manifest: str, plan: Plan, outlook: Outlook, *, columns: int | None = None) -> str:
    """The totals, a row for every job, then what is spent and what the budget leaves.

    Folded at `columns` of a terminal.
    """
    wide = max((width(entry.job.id) for entry in plan.entries), default=0)
    head = [f"{manifest}: {plan_totals(plan, outlook)}", time_text(outlook.forecast)]
    lines = hang("", printable(" | ".join(filter(None, head))), columns)
    prices = [_price(entry) for entry in plan.entries]
    price_width = max([_PRICE_WIDTH, *map(len, prices)])
    for entry, price in zip(plan.entries, prices, strict=True):
        # Columns of a terminal, of which an ideograph takes two: `ljust` counts characters.
        name = entry.job.id + " " * (wide - width(entry.job.id))
        row = printable(f"  {entry.action.value:<7}{name}  {price:>{price_width}}  ")
        lines += hang(row, printable(_why(entry)), columns)
    off_peak = off_peak_lines(outlook.off_peak, "submission") if outlook.off_peak else []
    for line in [*off_peak, *money_lines(outlook), *_budget_lines(outlook)]:
        lines += hang("", line, columns)
    return "\n".join(line.rstrip() for line in lines)


_PRICE_WIDTH = 12
"""Columns of `9999 credits`."""


def _price(entry: PlanEntry) -> str:
    """What it costs to submit; empty for any other action."""
    if entry.action is not Action.SUBMIT:
        return ""
    return money(entry.estimate) if entry.estimate else "price unknown"


def _why(entry: PlanEntry) -> str:
    """The reason of what is done, and the time limit where it is not the usual one."""
    limit = "" if entry.limit_s is None else f"; may take up to {span(entry.limit_s)}"
    return f"{entry.reason}{limit}"


def plan_totals(plan: Plan, outlook: Outlook) -> str:
    """`3 to submit (about 26 credits, plus 1 job without a known price), 2 to reuse`."""
    numbers = totals(plan)
    cost = [f"about {amount}" for amount in money_list(numbers.cost)]
    cost += _other_hours(_HourSums.of(plan, outlook.prices), numbers.cost)
    if numbers.unpriced:  # what is added up is not all
        cost += [f"{'plus ' if cost else ''}{without_price(numbers.unpriced)}"]
    parts = []
    for action, count in numbers.actions.items():
        price = f" ({', '.join(cost)})" if action is Action.SUBMIT else ""
        parts += [f"{count} to {action.value}{price}"] if count else []
    return ", ".join(parts) or "no jobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class _HourSums:
    """What the submissions cost if all are made at once, and if all that can be are off-peak."""

    now: Sums
    off_peak: Sums

    @classmethod
    def of(cls, plan: Plan, prices: Mapping[str, HourPrices]) -> _HourSums:
        submits = [entry for entry in plan.entries if entry.action is Action.SUBMIT]
        pairs = [(entry.estimate, prices.get(entry.job.id)) for entry in submits]
        return cls(
            now=add_up(pair.now if pair else own for own, pair in pairs),
            off_peak=add_up(pair.off_peak if pair else own for own, pair in pairs),
        )


def _other_hours(sums: _HourSums, planned: Sums) -> list[str]:
    """`13 off-peak`, `26 now`: what the submissions would cost at other hours than planned."""
    return [
        f"{digits(found[unit])} {hours}"
        for hours, found in (("off-peak", sums.off_peak), ("now", sums.now))
        for unit in UNITS
        if unit in found and found[unit] != planned[unit]
    ]


def off_peak_lines(count: OffPeakCount, noun: str) -> list[str]:
    """How many of the nouns are made off-peak; then a line for each reason why others are not."""
    return [
        f"off-peak: {count.off_peak} of {plural(count.jobs, noun)}",
        *(f"as usual: {number}, {printable(why)}" for why, number in count.as_usual.items()),
    ]


def time_text(forecast: Forecast) -> str:
    """`about 40 s`, `time unknown`, `about 40 s plus 2 tasks of unknown duration` or ""."""
    if not forecast.tasks:
        return ""
    timed = forecast.tasks - forecast.unknown - forecast.queued
    # "about 0 s plus" would mislead.
    parts = [f"about {span(forecast.seconds)}"] if timed else []
    if forecast.unknown:
        of = f"{plural(forecast.unknown, 'task')} of unknown duration"
        parts.append(of if timed else "time unknown")
    if forecast.queued:
        tasks = plural(forecast.queued, "task")
        parts.append(f"{tasks} that may take up to {span(forecast.queued_s)}")
    return " plus ".join(parts)


def money_lines(outlook: Outlook) -> list[str]:
    """A line with each unit in which something was spent or may be; empty without any."""
    parts = [
        _spent(unit, outlook)
        for unit in UNITS
        if unit in outlook.budget or outlook.earlier.spent.get(unit)
    ]
    lines = [f"spent so far: {'; '.join(parts)}"] if parts else []
    if unpriced := sum(outlook.earlier.unpriced.values()):
        submissions = plural(unpriced, "earlier submission")
        lines.append(f"not included: {submissions} without a known price")
    return lines


def _budget_lines(outlook: Outlook) -> list[str]:
    """What the budget keeps from being submitted, and what to do."""
    stopped = [f"nothing is submitted to {why}" for why in outlook.stopped]
    return stopped + ([str(outlook.budget_hint)] if outlook.budget_hint else [])


def _spent(unit: Unit, outlook: Outlook) -> str:
    sums = (outlook.earlier.spent, outlook.earlier.at_risk, outlook.cost)
    spent, at_risk, cost = (each.get(unit, Decimal(0)) for each in sums)
    line = money(Amount(unit=unit, value=spent - at_risk))  # what is sure
    if at_risk:
        line += f", {money(Amount(unit=unit, value=at_risk))} at risk"
    ceiling = outlook.budget.get(unit)
    if ceiling is None:
        return line
    line += f", of a budget of {money(Amount(unit=unit, value=ceiling))}"
    short = spent + cost - ceiling
    # A plan that costs nothing cannot be above the budget: an earlier run was.
    if short <= 0 or not cost:
        return line
    return f"{line} (this plan is {money(Amount(unit=unit, value=short))} above it)"


def plan_record(manifest: str, plan: Plan, outlook: Outlook) -> dict[str, Any]:
    """A plan with its totals as JSON values; an unknown price is null and counted apart."""
    numbers = totals(plan)
    return {
        "manifest": manifest,
        "totals": {
            "jobs": len(plan.entries),
            **{action.value: count for action, count in numbers.actions.items()},
            "cost": json_sums(numbers.cost),
            "unpriced": numbers.unpriced,
            "at_risk": json_sums(numbers.at_risk),
            **_hours_record(plan, outlook),
            **_outlook_record(outlook),
        },
        "jobs": [_entry_record(e, outlook.prices.get(e.job.id)) for e in plan.entries],
    }


def _hours_record(plan: Plan, outlook: Outlook) -> dict[str, Any]:
    """`as_usual`: reason to number of jobs; null where the run does not ask for off-peak."""
    sums, count = _HourSums.of(plan, outlook.prices), outlook.off_peak
    return {
        "cost_now": json_sums(sums.now),
        "cost_off_peak": json_sums(sums.off_peak),
        "as_usual": dict(count.as_usual) if count else None,
    }


def _entry_record(entry: PlanEntry, prices: HourPrices | None) -> dict[str, Any]:
    return {
        "id": entry.job.id,
        "operation": entry.job.operation,
        "action": entry.action.value,
        "reason": entry.reason.text,
        "changes": [
            {"parameter": change.name, "from": change.before, "to": change.after}
            for change in entry.changes
        ],
        "task_id": entry.attempt.task.id if entry.attempt else None,
        "estimate": json_amount(entry.estimate),
        "estimate_now": json_amount(prices.now if prices else None),
        "estimate_off_peak": json_amount(prices.off_peak if prices else None),
        "off_peak": is_off_peak(entry.job),
        "as_usual": entry.as_usual,
        "expected_s": entry.expected_s,
        "limit_s": entry.limit_s,
        "error": json_error(entry.error),
        "fingerprint": entry.job.fingerprint,
    }


def _outlook_record(outlook: Outlook) -> dict[str, Any]:
    """JSON values; `expected_s` is null if the time of no task is known."""
    forecast = outlook.forecast
    known = forecast.tasks > forecast.unknown + forecast.queued or not forecast.tasks
    return {
        "expected_s": round(forecast.seconds, 1) if known else None,
        "untimed": forecast.unknown,
        "queued": forecast.queued,
        "spent": json_sums(outlook.earlier.spent),
        "spent_unpriced": sum(outlook.earlier.unpriced.values()),
        "budget": json_sums(outlook.budget),
    }
