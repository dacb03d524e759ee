from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runner.ledger.costs import Costs
from runner.model.jobs import Draft, Job
from runner.model.operations import Amount, Unit
from runner.model.plans import Action, Changed, Plan, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.planning.forecast import Forecast
from runner.terminal.plan_view import Outlook, money_lines, plan_record, plan_text, time_text

NEW = Reason(ReasonCode.NEW, "new")
NOTHING = Forecast(seconds=0.0, tasks=0, unknown=0)


def entry(name: str, price: int | None = 6, **rest: Any) -> PlanEntry:
    draft = Draft(entry=0, id=name, operation="vidu/reference2image", parameters={}, base=Path())
    estimate = None if price is None else Amount(unit="credits", value=Decimal(price))
    job = Job(draft=draft, parameters={}, media={}, fingerprint=name)
    plain: dict[str, Any] = {"action": Action.SUBMIT, "reason": NEW} | rest
    return PlanEntry(job=job, estimate=estimate, **plain)


def outlook(
    *,
    forecast: Forecast = NOTHING,
    cost: int = 0,
    spent: dict[Unit, Decimal] | None = None,
    at_risk: dict[Unit, Decimal] | None = None,
    unpriced: int = 0,
    budget: dict[Unit, Decimal] | None = None,
) -> Outlook:
    earlier = Costs(spent=spent or {}, at_risk=at_risk or {}, unpriced={"vidu": unpriced})
    cost_sums: dict[Unit, Decimal] = {"credits": Decimal(cost)}
    return Outlook(forecast=forecast, cost=cost_sums, earlier=earlier, budget=budget or {})


@pytest.mark.parametrize(
    ("seconds", "tasks", "unknown", "words"),
    [
        (0.0, 0, 0, ""),
        (40.0, 3, 0, "about 40 s"),
        (200.0, 3, 1, "about 3 min 20 s plus 1 task of unknown duration"),
        (0.0, 3, 3, "time unknown"),
    ],
)
def test_unknown_times_are_counted_apart(
    seconds: float, tasks: int, unknown: int, words: str
) -> None:
    assert time_text(Forecast(seconds=seconds, tasks=tasks, unknown=unknown)) == words


def test_tasks_that_may_wait_for_days_are_counted_apart() -> None:
    queued = Forecast(seconds=40.0, tasks=3, unknown=0, queued=2, queued_s=180_000.0)
    assert time_text(queued) == "about 40 s plus 2 tasks that may take up to 2 days 2 h"
    alone = Forecast(seconds=0.0, tasks=1, unknown=0, queued=1, queued_s=180_000.0)
    assert time_text(alone) == "1 task that may take up to 2 days 2 h"
    unknown = Forecast(seconds=0.0, tasks=2, unknown=1, queued=1, queued_s=180_000.0)
    assert time_text(unknown) == "time unknown plus 1 task that may take up to 2 days 2 h"


def test_nothing_spent_and_no_budget_need_no_line() -> None:
    assert money_lines(outlook(cost=6)) == []


def test_each_unit_has_what_is_spent_and_its_budget() -> None:
    spent: dict[Unit, Decimal] = {"credits": Decimal(38), "cny": Decimal("1.41")}
    assert money_lines(outlook(spent=spent, unpriced=1, budget={"credits": Decimal(500)})) == [
        "spent so far: 38 credits, of a budget of 500 credits; 1.41 CNY",
        "not included: 1 earlier submission without a known price",
    ]


def test_money_at_risk_is_not_reported_as_spent() -> None:
    spent: dict[Unit, Decimal] = {"credits": Decimal(14)}
    at_risk: dict[Unit, Decimal] = {"credits": Decimal(8)}
    budget: dict[Unit, Decimal] = {"credits": Decimal(20)}
    assert money_lines(outlook(spent=spent, at_risk=at_risk)) == [
        "spent so far: 6 credits, 8 credits at risk"
    ]
    (line,) = money_lines(outlook(cost=9, spent=spent, at_risk=at_risk, budget=budget))
    assert line.startswith("spent so far: 6 credits, 8 credits at risk, of a budget of 20 credits")
    assert "this plan is 3 credits above it" in line


def test_a_plan_above_the_budget_shows_by_how_much() -> None:
    budget: dict[Unit, Decimal] = {"credits": Decimal(20)}
    spent: dict[Unit, Decimal] = {"credits": Decimal(15)}
    assert money_lines(outlook(cost=5, spent=spent, budget=budget)) == [
        "spent so far: 15 credits, of a budget of 20 credits"
    ]
    assert money_lines(outlook(cost=14, spent=spent, budget=budget)) == [
        "spent so far: 15 credits, of a budget of 20 credits (this plan is 9 credits above it)"
    ]


def test_unknown_prices_and_times_are_not_zero() -> None:
    plan = Plan(entries=[entry("a"), entry("b", None), entry("船", action=Action.REUSE)])
    shown = plan_text(
        "spring.yaml", plan, outlook(forecast=Forecast(seconds=0, tasks=2, unknown=2))
    )
    assert shown == (
        "spring.yaml: 2 to submit (about 6 credits, plus 1 job without a known price), 1 to reuse"
        " | time unknown\n"
        "  submit a       6 credits  new\n"
        "  submit b   price unknown  new\n"
        "  reuse  船                 new"
    )


def test_a_prompt_cannot_control_the_terminal() -> None:
    plan = Plan(
        entries=[entry("a", reason=Reason(ReasonCode.CHANGED, 'changed: prompt "\x1b[2J"'))]
    )
    assert "\x1b" not in plan_text("spring.yaml", plan, outlook())


def test_json_has_whole_changes_and_null_for_unknown() -> None:
    changes = [Changed(name="prompt", before="a" * 2000, after="b")]
    plan = Plan(entries=[entry("a", None, changes=changes)])
    record = plan_record(
        "spring.yaml",
        plan,
        outlook(
            forecast=Forecast(seconds=0.0, tasks=1, unknown=1),
            spent={"cny": Decimal("1.41")},
            budget={"credits": Decimal(500)},
        ),
    )
    totals = record["totals"]
    assert (totals["expected_s"], totals["untimed"]) == (None, 1)
    assert (totals["cost"], totals["unpriced"]) == ({}, 1)
    assert (totals["spent"], totals["budget"]) == ({"cny": 1.41}, {"credits": 500})
    (job,) = record["jobs"]
    assert job["changes"] == [{"parameter": "prompt", "from": "a" * 2000, "to": "b"}]
    assert (job["estimate"], job["expected_s"]) == (None, None)


def test_a_plan_is_folded_at_the_width_of_the_terminal() -> None:
    reason = Reason(ReasonCode.CHANGED, "changed: prompt, aspect_ratio, resolution")
    plan = Plan(entries=[entry("a", reason=reason)])
    shown = plan_text("spring.yaml", plan, outlook(), columns=54)
    assert shown.splitlines()[-2:] == [
        "  submit a     6 credits  changed: prompt,",
        "                          aspect_ratio, resolution",
    ]
