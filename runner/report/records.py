"""Problems and plans as plain values, for `--json`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from runner.errors import Problem
from runner.model import Amount, Changed, Plan, PlanEntry
from runner.planning import totals
from runner.report.plans import Outlook


def of_problem(problem: Problem) -> dict[str, Any]:
    """One problem; lines and columns count from 1, null where there is none."""
    place = problem.place
    return {
        "severity": "warning" if problem.warning else "error",
        "file": place.path if place else None,
        "line": (place.line or None) if place else None,
        "column": (place.column or None) if place else None,
        "job": problem.job,
        "jobs": problem.jobs,
        "message": problem.message,
        "hint": problem.hint,
    }


def of_plan(manifest: str, plan: Plan, outlook: Outlook) -> dict[str, Any]:
    """A plan with its totals; what has no known price is null in a job and counted apart."""
    numbers = totals(plan)
    return {
        "manifest": manifest,
        "totals": {
            "jobs": len(plan.entries),
            **{action.value: count for action, count in numbers.actions.items()},
            "cost": {unit: _number(value) for unit, value in numbers.cost.items()},
            "unpriced": numbers.unpriced,
            "at_risk": {unit: _number(value) for unit, value in numbers.at_risk.items()},
            **_of_outlook(outlook),
        },
        "jobs": [_of_entry(entry) for entry in plan.entries],
    }


def _of_entry(entry: PlanEntry) -> dict[str, Any]:
    return {
        "id": entry.job.id,
        "operation": entry.job.operation,
        "action": entry.action.value,
        "reason": entry.reason,
        "changes": [_of_change(change) for change in entry.changes],
        "task_id": entry.attempt.task_id if entry.attempt else None,
        "estimate": _amount(entry.estimate),
        "expected_s": entry.expected_s,
        "fingerprint": entry.job.fingerprint,
    }


def _amount(amount: Amount | None) -> dict[str, int | float] | None:
    return {amount.unit: _number(amount.value)} if amount else None


def _of_change(change: Changed) -> dict[str, Any]:
    return {"parameter": change.name, "from": change.before, "to": change.after}


def _of_outlook(outlook: Outlook) -> dict[str, Any]:
    """Plain values; `expected_s` is null where no task's time is known."""
    forecast = outlook.forecast
    known = forecast.tasks > forecast.unknown or not forecast.tasks
    return {
        "expected_s": round(forecast.seconds, 1) if known else None,
        "untimed": forecast.unknown,
        "spent": {unit: _number(value) for unit, value in outlook.spent.items()},
        "spent_unpriced": outlook.spent_unpriced,
        "budget": {unit: _number(value) for unit, value in outlook.budget.items()},
    }


def _number(value: Decimal) -> int | float:
    """A sum as JSON has it."""
    return int(value) if value == int(value) else float(value)
