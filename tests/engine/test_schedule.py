"""Which job starts when: needs, limits, delays, and what a failed upstream drops."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from runner.engine.schedule import Schedule
from runner.model.plans import Action, PlanEntry
from tests.engine.builders import plan_entry as entry


def schedule(*entries: PlanEntry, vidu: int = 100, modelverse: int = 100) -> Schedule:
    return Schedule(entries, {"vidu": vidu, "modelverse": modelverse})


def taken(plan: Schedule) -> list[int]:
    """The numbers of all jobs that can start."""
    found = []
    while (one := plan.take(0)) is not None:
        found.append(one)
    return found


def test_jobs_start_in_the_order_of_the_manifest() -> None:
    video = entry("b", operation="modelverse/reference2video")
    assert taken(schedule(entry("a"), video, entry("c"))) == [0, 1, 2]


def test_a_provider_never_exceeds_its_cap() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c"), vidu=2)
    first = plan.take(0)
    assert first is not None
    assert [first, *taken(plan)] == [0, 1]
    plan.release(first)
    assert taken(plan) == [2]


def test_a_full_provider_does_not_delay_another() -> None:
    video = entry("b", operation="modelverse/reference2video")
    assert taken(schedule(entry("x"), entry("a"), video, vidu=1)) == [0, 2]


def test_a_job_starts_after_the_last_result_it_needs() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c", "a", "b"))
    assert taken(plan) == [0, 1]
    plan.succeed(0)
    assert taken(plan) == []
    plan.succeed(1)
    assert taken(plan) == [2]


def test_a_result_that_is_needed_twice_counts_once() -> None:
    plan = schedule(entry("a"), entry("b", "a", "a"))
    assert taken(plan) == [0]
    plan.succeed(0)
    assert taken(plan) == [1]


def test_a_job_that_shares_a_result_waits_for_it() -> None:
    plan = schedule(entry("a"), entry("b", share="a"))
    assert taken(plan) == [0]
    plan.succeed(0)
    assert taken(plan) == [1]


def test_a_failure_drops_everything_downstream_once() -> None:
    plan = schedule(entry("a"), entry("b", "a"), entry("c", "b"), entry("d", "a", "b"))
    assert taken(plan) == [0]
    assert dict(plan.fail(0)) == {1: 0, 2: 1, 3: 0}
    assert taken(plan) == []


def test_a_dropped_job_does_not_return_with_another_upstream() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c", "a", "b"))
    taken(plan)
    plan.fail(0)
    plan.succeed(1)
    assert taken(plan) == []


@given(st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=10), st.integers(1, 4))
def test_every_job_of_an_acyclic_manifest_starts_once(wishes: list[list[int]], cap: int) -> None:
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


def test_a_delayed_job_starts_when_due_and_delays_no_other() -> None:
    plan = schedule(entry("a"), entry("b"))
    first = plan.take(0)
    assert first is not None
    plan.release(first)
    plan.delay(first, until=5)
    assert plan.due() == 5
    assert plan.take(1) == 1
    assert plan.take(4.9) is None
    assert plan.take(5) == first


def test_a_crowd_refused_together_halves_the_limit_once() -> None:
    plan = schedule(*(entry(f"j{n}") for n in range(8)), vidu=8)
    crowd = [plan.take(0) for _ in range(8)]
    lane = plan.lane("vidu")
    generation = lane.generation
    for one in crowd:
        assert one is not None
        lane.on_overload(generation)
        plan.release(one)
        plan.delay(one, until=1)
    assert lane.limit == 4
    assert sum(plan.take(1) is not None for _ in range(8)) == 4


@given(st.lists(st.booleans(), max_size=200), st.integers(1, 20))
def test_the_limit_stays_between_one_and_its_maximum(moves: list[bool], most: int) -> None:
    plan = schedule(entry("a"), vidu=most)
    plan.take(0)
    lane = plan.lane("vidu")
    for is_success in moves:
        if is_success:
            lane.on_success()
        else:
            lane.on_overload(lane.generation)
        assert 1 <= lane.limit <= most


def test_a_full_round_of_successes_raises_the_limit_by_one() -> None:
    plan = schedule(entry("a"), vidu=10)
    plan.take(0)
    lane = plan.lane("vidu")
    lane.limit = 4.0
    for _ in range(5):
        lane.on_success()
    assert 4.9 < lane.limit < 5.3


def test_upcoming_jobs_are_those_that_start_next() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c", "a"))
    assert [one.job.id for one in plan.upcoming(1)] == ["a"]
    taken(plan)
    plan.succeed(0)
    assert [one.job.id for one in plan.upcoming(5)] == ["c"]


def test_numbers_has_only_jobs_that_others_need() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c", "b"), entry("d", share="a"))
    assert plan.numbers == {"a": 0, "b": 1}


def test_delays_end_where_nothing_more_is_submitted() -> None:
    video = entry("b", operation="modelverse/reference2video")
    plan = schedule(entry("a"), video)
    for number in taken(plan):
        plan.release(number)
        plan.delay(number, 60.0)
    assert plan.end_delays(lambda provider: provider == "vidu") == 1
    assert taken(plan) == [0]
    assert plan.due() == 60.0


def test_no_more_start_than_the_account_works_on() -> None:
    plan = schedule(entry("a"), entry("b"), entry("c"))
    plan.lane("vidu").places = 2
    assert taken(plan) == [0, 1]
    plan.release(0)
    assert taken(plan) == [2]


def test_tasks_that_exist_need_no_place() -> None:
    plan = schedule(*(entry(name, action=Action.ATTACH) for name in "ab"), entry("c"))
    plan.lane("vidu").places = 1
    assert taken(plan) == [0, 1]


def test_held_places_close_a_lane_that_has_no_room_left() -> None:
    plan = Schedule([entry("a"), entry("b"), entry("c")], {"vidu": 2}, most=5)
    for number in taken(plan):
        assert not plan.close_full_lanes()
        plan.hold(number)
    assert plan.close_full_lanes()
    assert plan.lane("vidu").is_closed
    assert taken(plan) == [2], "it goes through, and is not submitted"


def test_held_places_of_all_providers_count_together() -> None:
    video = entry("v", operation="modelverse/reference2video")
    plan = Schedule([entry("a"), video], {"vidu": 5, "modelverse": 5}, most=1)
    assert taken(plan) == [0]
    plan.hold(0)
    assert plan.close_full_lanes()
    assert plan.lane("modelverse").is_closed


def test_places_that_are_only_assumed_close_no_lane() -> None:
    plan = Schedule([entry("a"), entry("b")], {"vidu": 5}, most=5)
    lane = plan.lane("vidu")
    lane.places, lane.is_guess = 1, True
    assert taken(plan) == [0]
    plan.hold(0)
    assert not plan.close_full_lanes()
    lane.is_guess = False
    assert plan.close_full_lanes()


def test_a_run_that_leaves_tasks_begins_with_those_under_way() -> None:
    slow = replace(entry("slow"), limit_s=180_000.0)
    attached = replace(entry("made"), action=Action.ATTACH)
    plan = Schedule([entry("a"), slow, attached], {"vidu": 5}, most=5)
    assert [plan.take(0), plan.take(0), plan.take(0)] == [2, 1, 0]
