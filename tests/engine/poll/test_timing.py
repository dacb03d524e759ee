"""When tasks are asked for: bounds, what a simulation makes of them, and what a run learns."""

from __future__ import annotations

import heapq
import itertools
import math
import random
import statistics
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.poll.timing import (
    CHECK_AFTER_S,
    GAP_MAX_S,
    GAP_MIN_S,
    MAX_SAMPLES,
    MIN_SAMPLES,
    SHARE,
    DurationStats,
    Timing,
    ends_within,
    estimate,
    next_check,
    next_list_poll,
    next_poll,
    stretch_of,
)

AGES = st.floats(min_value=0, max_value=1e7)
TIMINGS = st.builds(
    Timing,
    median_s=st.floats(min_value=1e-3, max_value=1e5),
    sigma=st.floats(min_value=0.05, max_value=3),
)
TIMES = st.lists(st.floats(min_value=1e-3, max_value=1e6), max_size=60)
TWO = Timing(median_s=2.0, sigma=0.5)
MINUTE = Timing(median_s=60.0, sigma=0.5)


def rng(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - draws times, guards nothing


# ------------------------------------------------------------------------------------- bounds


@given(AGES, st.none() | TIMINGS)
def test_a_wait_is_never_shorter_than_the_minimum(age: float, timing: Timing | None) -> None:
    assert next_poll(age, timing) >= GAP_MIN_S
    assert next_list_poll([(age, timing)]) >= GAP_MIN_S
    assert next_check(age, timing) >= GAP_MIN_S


@given(AGES, st.none() | TIMINGS)
def test_once_a_task_can_be_done_the_wait_is_capped(age: float, timing: Timing | None) -> None:
    if timing is None or age >= timing.earliest_s:
        assert next_poll(age, timing) <= GAP_MAX_S
    assert next_list_poll([(age, timing)]) <= GAP_MAX_S


@given(AGES, TIMINGS)
def test_a_wrong_table_costs_at_most_a_quarter_of_its_time(age: float, timing: Timing) -> None:
    assert next_poll(age, timing) <= max(GAP_MAX_S, timing.median_s / 4)


def test_before_a_task_can_be_done_requests_are_rare() -> None:
    ages = list(itertools.takewhile(lambda age: age < MINUTE.earliest_s, polls(MINUTE)))
    assert ages == [15.0]


def test_each_request_meets_a_fixed_share_of_ends() -> None:
    for age in (0.5, 1.0, 2.0, 4.0):
        due = age + next_poll(age, TWO)
        assert TWO.running_at(due) / TWO.running_at(age) == pytest.approx(1 - SHARE)


def test_the_better_a_time_is_known_the_shorter_the_wait() -> None:
    assert next_poll(10, Timing(median_s=10, sigma=0.05)) < next_poll(10, Timing(median_s=10))


@pytest.mark.parametrize(("age", "gap"), [(0, 0.1), (10, 2), (1_000, 3)])
def test_without_an_expectation_waits_grow_with_the_age(age: float, gap: float) -> None:
    assert next_poll(age, None) == gap


def test_a_task_far_older_than_expected_is_still_asked_for() -> None:
    assert next_poll(1e7, Timing(median_s=1e-3, sigma=0.05)) == GAP_MAX_S


# ------------------------------------------------------------------------------- distribution


@pytest.mark.parametrize("sigma", [0.05, 0.5, 1.0])
def test_mean_and_first_percentile_are_the_lognormals(sigma: float) -> None:
    timing = Timing(median_s=2.0, sigma=sigma)
    times = drawn(timing, 20_000)
    assert timing.mean_s == pytest.approx(statistics.fmean(times), rel=0.03)
    sooner = sum(time < timing.earliest_s for time in times) / len(times)
    assert sooner == pytest.approx(0.01, abs=0.004)


@given(TIMINGS, st.floats(min_value=0.001, max_value=0.999))
def test_share_and_age_are_inverse(timing: Timing, share: float) -> None:
    assert timing.running_at(timing.age_at(share)) == pytest.approx(share)


# --------------------------------------------------------------------------------- simulation


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How many tasks went, one by one."""

    requests: float
    """Per task."""
    makespan: float
    """Times with the lag of noticing, over times without it."""
    late_s: float
    """The lag that one task in a hundred exceeds."""


def drawn(timing: Timing, count: int) -> list[float]:
    source = rng(7)
    return [source.lognormvariate(math.log(timing.median_s), timing.sigma) for _ in range(count)]


def polls(timing: Timing | None, stretch: float = 1.0) -> itertools.accumulate[float]:
    """The ages at which a task is asked for."""
    endless = itertools.repeat(None)
    start = next_poll(0.0, timing, stretch=stretch)
    return itertools.accumulate(
        endless, lambda age, _: age + next_poll(age, timing, stretch=stretch), initial=start
    )


def simulate(timing: Timing, believed: Timing | None, stretch: float = 1.0) -> Course:
    times = drawn(timing, 4000)
    requests, lags = 0, []
    for time in times:
        for age in polls(believed, stretch):
            requests += 1
            if age >= time:
                lags.append(age - time)
                break
    return Course(
        requests=requests / len(times),
        makespan=1 + sum(lags) / sum(times),
        late_s=statistics.quantiles(lags, n=100)[98],
    )


def test_a_spread_of_a_half_costs_7_percent_and_6_requests() -> None:
    course = simulate(TWO, TWO)
    assert course.makespan <= 1.075
    assert course.requests <= 5.8


def test_even_waits_with_as_many_requests_notice_ends_later() -> None:
    course = simulate(TWO, TWO)
    even_s = TWO.mean_s / (course.requests - 0.5)
    assert course.makespan < 1 + even_s / 2 / TWO.mean_s


def test_the_longest_lags_stay_below_those_of_a_wait_of_a_second() -> None:
    assert simulate(TWO, TWO).late_s < 0.8


@pytest.mark.parametrize(("sigma", "requests", "makespan"), [(0.2, 5, 1.045), (0.05, 2.6, 1.03)])
def test_well_known_times_cost_fewer_requests_and_less_lag(
    sigma: float, requests: float, makespan: float
) -> None:
    timing = Timing(median_s=2.0, sigma=sigma)
    course = simulate(timing, timing)
    assert course.requests <= requests
    assert course.makespan <= makespan


@pytest.mark.parametrize("factor", [0.2, 0.5, 2, 5])
def test_a_wrong_median_costs_bounded_lag_and_requests(factor: float) -> None:
    course = simulate(TWO, Timing(median_s=2.0 * factor))
    assert course.requests < 25
    assert course.makespan < 1.7


# ------------------------------------------------------------------------------------- crowds


def test_a_crowd_within_the_rate_waits_no_longer_than_one_task() -> None:
    assert stretch_of(5, MINUTE, 5.0) == 1


@pytest.mark.parametrize("tasks", [50, 200])
def test_a_large_crowd_hardly_exceeds_the_rate(tasks: int) -> None:
    course = simulate(TWO, TWO, stretch_of(tasks, TWO, 5.0))
    assert tasks * course.requests / (TWO.mean_s * course.makespan) < 5.0 * 1.5


def test_a_crowd_of_unknown_times_shares_the_rate_too() -> None:
    assert stretch_of(100, None, 5.0) == pytest.approx(2.0)


# ------------------------------------------------------------------------------- list requests


@pytest.mark.parametrize(("median_s", "gap_s"), [(0.5, 0.1), (8, 0.2), (200, 1.0), (3600, 3)])
def test_the_gap_of_the_list_grows_with_the_root_of_the_time(median_s: float, gap_s: float) -> None:
    assert next_list_poll([(median_s, Timing(median_s=median_s))]) == pytest.approx(gap_s, rel=1e-3)


def test_the_task_that_is_due_soonest_decides() -> None:
    assert next_list_poll([(60.0, MINUTE), (2.0, TWO)]) == pytest.approx(0.1)


def test_the_list_is_not_asked_while_no_task_can_be_done() -> None:
    known = Timing(median_s=20.0, sigma=0.05)
    assert next_list_poll([(16.0, known)]) == pytest.approx(known.earliest_s - 16.0)


def test_without_an_expectation_the_age_sets_the_cadence() -> None:
    assert next_list_poll([(0.0, None), (20.0, None)]) == GAP_MIN_S
    assert next_list_poll([(100.0, None)]) == pytest.approx(1.0)


def test_half_of_the_tasks_end_by_their_median() -> None:
    fresh = [(0.0, TWO)] * 10
    assert ends_within(2.0, fresh) == pytest.approx(5.0)
    assert ends_within(1000.0, fresh) == pytest.approx(10.0)


def test_an_older_task_is_likelier_to_end() -> None:
    assert ends_within(0.2, [(0.1, TWO)]) < ends_within(0.2, [(2.0, TWO)])


def test_an_unknown_task_lasts_as_long_again() -> None:
    assert ends_within(3.0, [(3.0, None), (0.0, None)]) == pytest.approx(1.5)
    assert ends_within(0.0, [(3.0, None), (0.0, None)]) == 0.0


def test_without_tasks_the_list_waits_longest() -> None:
    assert next_list_poll([]) == GAP_MAX_S


def test_a_listed_task_is_checked_at_ages_that_double() -> None:
    ages = [0.0]
    for _ in range(4):
        ages.append(ages[-1] + next_check(ages[-1], MINUTE))
    assert ages[1:] == pytest.approx([120, 240, 480, 960])
    assert next_check(0.0, None) == CHECK_AFTER_S


# ----------------------------------------------------------------------------------- learning


def lognormal(source: random.Random) -> float:
    return source.lognormvariate(math.log(2.0), 0.5)


def test_a_few_times_are_no_basis_for_an_estimate() -> None:
    assert estimate([1.0] * (MIN_SAMPLES - 1), []) is None


def test_many_times_give_their_median_and_spread() -> None:
    source = rng(3)
    timing = estimate([lognormal(source) for _ in range(MAX_SAMPLES)], [])
    assert timing is not None
    assert timing.median_s == pytest.approx(2.0, rel=0.1)
    assert timing.sigma == pytest.approx(0.5, rel=0.2)


def test_the_spread_of_equal_times_shrinks_with_their_number() -> None:
    few, many = estimate([10.0] * MIN_SAMPLES, []), estimate([10.0] * MAX_SAMPLES, [])
    assert few is not None
    assert many is not None
    assert few.median_s == many.median_s == pytest.approx(10)
    assert 0.05 <= many.sigma < 0.1 < few.sigma


def test_the_first_ends_of_a_crowd_do_not_stand_for_all() -> None:
    source = rng(5)
    times = sorted(lognormal(source) for _ in range(50))
    assert estimate(times[:10], [times[9]] * 40) is None
    timing = estimate(times[:30], [times[29]] * 20)
    assert timing is not None
    assert timing.median_s == pytest.approx(2.0, rel=0.15)


def test_young_running_tasks_do_not_make_a_kind_look_slow() -> None:
    source = rng(11)
    now, running, ended = 0.0, list[tuple[float, float]](), list[float]()
    for _ in range(50):
        heapq.heappush(running, (lognormal(source), 0.0))
    while len(ended) < 100:
        now, start = heapq.heappop(running)
        ended.append(now - start)
        heapq.heappush(running, (now + lognormal(source), now))
    timing = estimate(ended, [now - start for _, start in running if now > start])
    assert timing is not None
    assert timing.median_s == pytest.approx(2.0, rel=0.15)
    assert timing.sigma == pytest.approx(0.5, rel=0.3)


@given(TIMES, TIMES)
def test_an_estimate_lies_within_the_measured_times(
    ended: list[float], running: list[float]
) -> None:
    timing = estimate(ended, running)
    if timing is not None:
        assert min(ended) <= timing.median_s * (1 + 1e-9)
        assert timing.median_s <= max(ended) * (1 + 1e-9)
        assert timing.sigma >= 0.05


@given(TIMES)
def test_a_running_task_never_makes_a_kind_look_quicker(ended: list[float]) -> None:
    without, with_one = estimate(ended, []), estimate(ended, [1e7])
    if without and with_one:
        assert with_one.median_s >= without.median_s * (1 - 1e-9)


def test_the_expectation_holds_until_enough_was_measured() -> None:
    stats = DurationStats((), 20.0)
    for number in range(MIN_SAMPLES):
        assert stats.timing is not None
        assert stats.timing.median_s == 20.0
        stats.started(str(number), 0.0)
        stats.ended(str(number), 4.0)
    assert stats.timing is not None
    assert stats.timing.median_s == pytest.approx(4.0)


def test_history_replaces_the_expectation_from_the_start() -> None:
    stats = DurationStats([3.0] * MIN_SAMPLES, 20.0)
    assert stats.timing is not None
    assert stats.timing.median_s == pytest.approx(3.0)


def test_an_end_that_nobody_saw_is_not_measured() -> None:
    stats = DurationStats((), None)
    for number in range(MIN_SAMPLES):
        stats.started(str(number), 0.0)
        stats.ended(str(number), None)
    assert stats.timing is None


def test_only_the_latest_times_count() -> None:
    stats = DurationStats([100.0] * MAX_SAMPLES, None)
    for number in range(MAX_SAMPLES):
        stats.started(str(number), 0.0)
        stats.ended(str(number), 1.0)
    assert stats.timing is not None
    assert stats.timing.median_s == pytest.approx(1.0)


def test_time_in_the_providers_queue_is_not_measured() -> None:
    stats = DurationStats((), None)
    for number in range(MIN_SAMPLES):
        stats.started(str(number), 0.0)
        stats.waited(str(number), 60.0)
        stats.ended(str(number), 64.0)
    assert stats.timing is not None
    assert stats.timing.median_s == pytest.approx(4.0)
