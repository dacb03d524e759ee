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
    while (one := plan.take(0)) is not None:
        found.append(one.job.id)
    return found


def test_jobs_start_in_the_order_of_the_manifest_across_providers() -> None:
    video = entry("b", operation="modelverse/reference2video")
    assert taken(schedule(entry("a"), video, entry("c"))) == ["a", "b", "c"]


def test_a_provider_never_has_more_in_flight_than_its_cap() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c"), vidu=2)
    first = plan.take(0)
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
    while (one := plan.take(0)) is not None:
        started.append(one.job.id)
        plan.land(one)
        plan.succeed(one.job.id)
    assert sorted(started) == sorted(one.job.id for one in entries)


def test_a_delayed_job_comes_back_when_it_is_due_and_holds_up_no_other() -> None:
    plan = schedule(entry("a"), entry("b"))
    first = plan.take(0)
    assert first is not None
    plan.land(first)
    plan.delay(first, until=5)
    assert plan.due() == 5
    second = plan.take(1)
    assert second is not None
    assert second.job.id == "b"
    assert plan.take(4.9) is None
    again = plan.take(5)
    assert again is first


def test_a_crowd_refused_together_halves_the_places_once() -> None:
    plan = schedule(*(entry(f"j{n}") for n in range(8)), vidu=8)
    crowd = [plan.take(0) for _ in range(8)]
    assert crowd[0] is not None
    generation = plan.lane(crowd[0]).generation
    for one in crowd:
        assert one is not None
        plan.narrow(one, generation)
        plan.land(one)
        plan.delay(one, until=1)
    assert plan.lane(crowd[0]).places == 4
    assert sum(plan.take(1) is not None for _ in range(8)) == 4


@given(st.lists(st.booleans(), max_size=200), st.integers(1, 20))
def test_places_stay_between_one_and_what_settings_allow(moves: list[bool], most: int) -> None:
    plan = schedule(entry("a"), vidu=most)
    one = plan.take(0)
    assert one is not None
    lane = plan.lane(one)
    for wider in moves:
        if wider:
            plan.widen(one)
        else:
            plan.narrow(one, lane.generation)
        assert 1 <= lane.places <= most


def test_a_full_round_of_taken_jobs_gives_one_place_more() -> None:
    plan = schedule(entry("a"), vidu=10)
    one = plan.take(0)
    assert one is not None
    plan.lane(one).places = 4.0
    for _ in range(5):
        plan.widen(one)
    assert 4.9 < plan.lane(one).places < 5.3
