"""Which job may start when: needs, places, and what is lost with a failed upstream."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from runner.engine.schedule import Schedule
from runner.model import Action, Draft, Job, PlanEntry

PROVIDERS = {"vidu/reference2image": "vidu", "modelverse/reference2video": "modelverse"}


def entry(
    name: str,
    *needs: str,
    operation: str = "vidu/reference2image",
    share: str | None = None,
) -> PlanEntry:
    draft = Draft(
        entry=0, id=name, operation=operation, parameters={}, base=Path(), needs=tuple(needs)
    )
    job = Job(draft=draft, parameters={}, media={}, fingerprint=name)
    action = Action.SHARE if share else Action.SUBMIT
    return PlanEntry(job=job, action=action, reason="new", share=share)


def schedule(*entries: PlanEntry, vidu: int = 100, modelverse: int = 100) -> Schedule:
    return Schedule(entries, providers=PROVIDERS, caps={"vidu": vidu, "modelverse": modelverse})


def taken(plan: Schedule) -> list[str]:
    found = []
    while (one := plan.take()) is not None:
        found.append(one.job.id)
    return found


def test_jobs_start_in_the_order_of_the_manifest_across_providers() -> None:
    video = entry("b", operation="modelverse/reference2video")
    assert taken(schedule(entry("a"), video, entry("c"))) == ["a", "b", "c"]


def test_a_provider_never_has_more_in_flight_than_its_cap() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c"), vidu=2)
    first = plan.take()
    assert first is not None
    assert [first.job.id, *taken(plan)] == ["a", "b"]
    plan.land(first)
    assert taken(plan) == ["c"]


def test_a_full_provider_does_not_hold_up_another() -> None:
    video = entry("b", operation="modelverse/reference2video")
    assert taken(schedule(entry("x"), entry("a"), video, vidu=1)) == ["x", "b"]


def test_a_job_starts_when_the_last_of_what_it_needs_is_there() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c", "a", "b"))
    assert taken(plan) == ["a", "b"]
    plan.succeed("a")
    assert taken(plan) == []
    plan.succeed("b")
    assert taken(plan) == ["c"]


def test_a_job_that_needs_the_same_result_twice_waits_for_it_once() -> None:
    plan = schedule(entry("a"), entry("b", "a", "a"))
    assert taken(plan) == ["a"]
    plan.succeed("a")
    assert taken(plan) == ["b"]


def test_a_job_that_shares_a_result_waits_for_the_one_that_makes_it() -> None:
    plan = schedule(entry("a"), entry("b", share="a"))
    assert taken(plan) == ["a"]
    plan.succeed("a")
    assert taken(plan) == ["b"]


def test_everything_downstream_of_a_failure_is_handed_back_once_with_what_it_needed() -> None:
    plan = schedule(entry("a"), entry("b", "a"), entry("c", "b"), entry("d", "a", "b"))
    assert taken(plan) == ["a"]
    lost = {one.job.id: upstream for one, upstream in plan.fail("a")}
    assert lost == {"b": "a", "c": "b", "d": "a"}
    assert taken(plan) == []


def test_a_job_lost_with_one_upstream_does_not_come_back_with_another() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c", "a", "b"))
    taken(plan)
    plan.fail("a")
    plan.succeed("b")
    assert taken(plan) == []


@given(st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=10), st.integers(1, 4))
def test_every_job_of_an_acyclic_manifest_starts_exactly_once(
    wishes: list[list[int]], cap: int
) -> None:
    entries = [
        entry(f"j{n}", *{f"j{need}" for need in needs if need < n})
        for n, needs in enumerate(wishes)
    ]
    plan, started = schedule(*entries, vidu=cap), []
    while (one := plan.take()) is not None:
        started.append(one.job.id)
        plan.land(one)
        plan.succeed(one.job.id)
    assert sorted(started) == sorted(one.job.id for one in entries)
