"""Costs: sums by operation, tag and value of an axis."""

from __future__ import annotations

from typing import Any

from runner.report.contents import CostRow
from runner.report.costs import make_costs
from runner.report.rows import make_axes, make_jobs
from tests.builders import result_row


def costs_of(*rows: dict[str, Any], removed: tuple[dict[str, Any], ...] = ()) -> list[CostRow]:
    jobs = make_jobs(rows, removed, lambda _row, _removed: [], lambda _operation: "image")
    return make_costs(jobs, make_axes(jobs))


def test_costs_are_added_up_by_what_jobs_have_in_common() -> None:
    rows = [
        result_row("a", tags=["hero", "cat"], axes={"matrix": {"style": "noir"}}),
        result_row("b", tags=["hero"], axes={"matrix": {"style": "ink"}}),
    ]
    found = {(row.by, row.axis, row.name): (row.jobs, row.credits) for row in costs_of(*rows)}
    assert found == {
        ("operation", None, "vidu/reference2image"): (2, 12),
        ("tag", None, "hero"): (2, 12),
        ("tag", None, "cat"): (1, 6),
        ("axis", "style", "noir"): (1, 6),
        ("axis", "style", "ink"): (1, 6),
    }


def test_without_a_real_price_that_of_the_list_counts_for_what_was_made() -> None:
    cost = {"estimated": {"cny": 0.1}, "actual": None, "at_risk": None}
    rows = [
        *(result_row(f"j{n}", cost=cost) for n in range(3)),
        result_row("f", state="failed", cost=cost),
    ]
    (row,) = costs_of(*rows)
    assert (row.cny, row.credits, row.jobs, row.succeeded) == (0.3, 0, 4, 3)


def test_removed_jobs_are_in_no_sum() -> None:
    (row,) = costs_of(result_row("a"), removed=(result_row("b"),))
    assert row.jobs == 1
