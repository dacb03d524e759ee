"""How long a plan takes: by the tasks in flight, or by the longest chain of needs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from runner.model.jobs import Draft, Job
from runner.model.plans import Action, Plan, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.planning.forecast import Forecast, forecast


def entry(
    name: str,
    seconds: float | None = 10.0,
    *needs: str,
    action: Action = Action.SUBMIT,
    operation: str = "vidu/reference2image",
    share: str | None = None,
) -> PlanEntry:
    draft = Draft(entry=0, id=name, operation=operation, parameters={}, base=Path(), needs=needs)
    job = Job(draft=draft, parameters={}, media={}, fingerprint=name)
    return PlanEntry(
        job=job,
        action=action,
        reason=Reason(ReasonCode.NEW, "new"),
        expected_s=seconds,
        share=share,
    )


def seconds(*entries: PlanEntry, concurrency: int = 5, **caps: int | None) -> float:
    return forecast(Plan(entries=entries), concurrency, caps).seconds


def test_an_empty_plan_takes_no_time() -> None:
    assert forecast(Plan(entries=[]), 5, {}) == Forecast(seconds=0.0, tasks=0, unknown=0)


def test_tasks_are_spread_over_those_in_flight() -> None:
    many = [entry(str(n)) for n in range(20)]
    assert seconds(*many) == 40.0
    assert seconds(*many, concurrency=2) == 100.0


def test_no_run_is_shorter_than_its_longest_task() -> None:
    assert seconds(entry("a", 30.0), entry("b")) == 30.0


def test_tasks_that_may_wait_for_days_are_in_no_time() -> None:
    queued = replace(entry("a", 7200.0), limit_s=180_000.0)
    found = forecast(Plan(entries=[queued, entry("b")]), 1, {})
    assert found == Forecast(seconds=10.0, tasks=2, unknown=0, queued=1, queued_s=180_000.0)


def test_jobs_in_a_chain_add_up_in_any_order() -> None:
    chain = [entry("c", 10.0, "b"), entry("b", 20.0, "a"), entry("a", 5.0), entry("d", 1.0, "a")]
    assert seconds(*chain) == 35.0


def test_a_sharing_job_waits_for_the_one_it_shares_with() -> None:
    shared = entry("b", None, share="a", action=Action.SHARE)
    assert seconds(entry("a", 20.0), shared, entry("c", 10.0, "b")) == 30.0


def test_a_provider_s_own_limit_counts() -> None:
    many = [entry(str(n)) for n in range(10)]
    assert seconds(*many, vidu=1) == 100.0
    assert seconds(*many, vidu=None, modelverse=1) == 20.0


def test_only_submitted_and_attached_jobs_take_time() -> None:
    actions = [entry(str(n), action=action) for n, action in enumerate(Action)]
    found = forecast(Plan(entries=actions), 1, {})
    assert (found.seconds, found.tasks) == (20.0, 2)


def test_unknown_times_are_counted_separately() -> None:
    found = forecast(Plan(entries=[entry("a"), entry("b", None), entry("c", None)]), 5, {})
    assert found == Forecast(seconds=10.0, tasks=3, unknown=2)
