"""Which job may start when: needs, places, and what is lost with a failed upstream."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from runner.engine.schedule import Schedule
from runner.model import Action, Draft, Job, PlanEntry, Reason, ReasonCode

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
    return PlanEntry(job=job, action=action, reason=Reason(ReasonCode.NEW, "new"), share=share)


def schedule(*entries: PlanEntry, vidu: int = 100, modelverse: int = 100) -> Schedule:
    return Schedule(entries, providers=PROVIDERS, caps={"vidu": vidu, "modelverse": modelverse})


def taken(plan: Schedule) -> list[int]:
    """The numbers of all jobs that can start."""
    found = []
    while (one := plan.take(0)) is not None:
        found.append(one)
    return found


def test_jobs_start_in_the_order_of_the_manifest_across_providers() -> None:
    video = entry("b", operation="modelverse/reference2video")
    assert taken(schedule(entry("a"), video, entry("c"))) == [0, 1, 2]


def test_a_provider_never_has_more_in_flight_than_its_cap() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c"), vidu=2)
    first = plan.take(0)
    assert first is not None
    assert [first, *taken(plan)] == [0, 1]
    plan.release(first)
    assert taken(plan) == [2]


def test_a_full_provider_does_not_hold_up_another() -> None:
    video = entry("b", operation="modelverse/reference2video")
    assert taken(schedule(entry("x"), entry("a"), video, vidu=1)) == [0, 2]


def test_a_job_starts_when_the_last_of_what_it_needs_is_there() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c", "a", "b"))
    assert taken(plan) == [0, 1]
    plan.succeed(0)
    assert taken(plan) == []
    plan.succeed(1)
    assert taken(plan) == [2]


def test_a_job_that_needs_the_same_result_twice_waits_for_it_once() -> None:
    plan = schedule(entry("a"), entry("b", "a", "a"))
    assert taken(plan) == [0]
    plan.succeed(0)
    assert taken(plan) == [1]


def test_a_job_that_shares_a_result_waits_for_the_one_that_makes_it() -> None:
    plan = schedule(entry("a"), entry("b", share="a"))
    assert taken(plan) == [0]
    plan.succeed(0)
    assert taken(plan) == [1]


def test_everything_downstream_of_a_failure_is_handed_back_once_with_what_it_needed() -> None:
    plan = schedule(entry("a"), entry("b", "a"), entry("c", "b"), entry("d", "a", "b"))
    assert taken(plan) == [0]
    assert dict(plan.fail(0)) == {1: 0, 2: 1, 3: 0}
    assert taken(plan) == []


def test_a_job_lost_with_one_upstream_does_not_come_back_with_another() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c", "a", "b"))
    taken(plan)
    plan.fail(0)
    plan.succeed(1)
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
        started.append(one)
        plan.release(one)
        plan.succeed(one)
    assert sorted(started) == list(range(len(entries)))


def test_a_delayed_job_comes_back_when_it_is_due_and_holds_up_no_other() -> None:
    plan = schedule(entry("a"), entry("b"))
    first = plan.take(0)
    assert first is not None
    plan.release(first)
    plan.delay(first, until=5)
    assert plan.due() == 5
    assert plan.take(1) == 1
    assert plan.take(4.9) is None
    assert plan.take(5) == first


def test_a_crowd_refused_together_halves_the_places_once() -> None:
    plan = schedule(*(entry(f"j{n}") for n in range(8)), vidu=8)
    crowd = [plan.take(0) for _ in range(8)]
    assert crowd[0] is not None
    generation = plan.limit(crowd[0]).generation
    for one in crowd:
        assert one is not None
        plan.limit(one).on_overload(generation)
        plan.release(one)
        plan.delay(one, until=1)
    assert plan.limit(crowd[0]).current == 4
    assert sum(plan.take(1) is not None for _ in range(8)) == 4


@given(st.lists(st.booleans(), max_size=200), st.integers(1, 20))
def test_places_stay_between_one_and_what_settings_allow(moves: list[bool], most: int) -> None:
    plan = schedule(entry("a"), vidu=most)
    one = plan.take(0)
    assert one is not None
    limit = plan.limit(one)
    for is_success in moves:
        if is_success:
            limit.on_success()
        else:
            limit.on_overload(limit.generation)
        assert 1 <= limit.current <= most


def test_a_full_round_of_taken_jobs_gives_one_place_more() -> None:
    plan = schedule(entry("a"), vidu=10)
    one = plan.take(0)
    assert one is not None
    limit = plan.limit(one)
    limit.current = 4.0
    for _ in range(5):
        limit.on_success()
    assert 4.9 < limit.current < 5.3


def test_what_is_next_in_line_can_be_looked_at() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c", "a"))
    assert [one.job.id for one in plan.upcoming(1)] == ["a"]
    taken(plan)
    plan.succeed(0)
    assert [one.job.id for one in plan.upcoming(5)] == ["c"]


def test_only_jobs_that_others_need_are_known_by_name() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c", "b"), entry("d", share="a"))
    assert plan.numbers == {"a": 0, "b": 1}
