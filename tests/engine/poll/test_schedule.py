"""When tasks are asked after: bounds, closed forms, and what a simulation makes of it."""

from __future__ import annotations

import itertools
import math
import random
import statistics
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.poll.schedule import (
    CHECK_AFTER_S,
    GAP_MAX_S,
    GAP_MIN_S,
    STEP,
    Timing,
    next_check,
    next_poll,
    next_round,
    stretch_of,
)

AGES = st.floats(min_value=0, max_value=1e7)
TIMINGS = st.builds(
    Timing,
    median_s=st.floats(min_value=1e-3, max_value=1e5),
    sigma=st.floats(min_value=0.05, max_value=3),
)
TWO = Timing(median_s=2.0, sigma=0.5)
MINUTE = Timing(median_s=60.0, sigma=0.5)


@given(AGES, st.none() | TIMINGS)
def test_a_gap_is_never_shorter_than_the_least(age: float, timing: Timing | None) -> None:
    assert next_poll(age, timing) >= GAP_MIN_S
    assert next_round([(age, timing)]) >= GAP_MIN_S
    assert next_check(age, timing) >= GAP_MIN_S


@given(AGES, st.none() | TIMINGS)
def test_a_task_that_can_be_done_is_never_left_alone_for_longer_than_the_cap(
    age: float, timing: Timing | None
) -> None:
    if timing is None or age >= timing.earliest_s:
        assert next_poll(age, timing) <= GAP_MAX_S
    assert next_round([(age, timing)]) <= GAP_MAX_S


@given(AGES, TIMINGS)
def test_a_table_that_is_far_off_costs_a_quarter_of_its_time_at_most(
    age: float, timing: Timing
) -> None:
    assert next_poll(age, timing) <= max(GAP_MAX_S, timing.median_s / 4)


def test_a_task_is_asked_after_rarely_until_it_can_be_done() -> None:
    ages = list(itertools.takewhile(lambda age: age < MINUTE.earliest_s, asked(MINUTE)))
    assert ages == [15.0]


def test_the_questions_are_densest_where_ends_are_most_likely() -> None:
    gaps = [next_poll(age, TWO) for age in (0.5, 1.0, 2.0, 8.0)]
    assert gaps[0] > gaps[1] > gaps[2] < gaps[3]


def test_the_better_a_time_is_known_the_denser_the_questions_around_it() -> None:
    assert next_poll(10, Timing(median_s=10, sigma=0.05)) < next_poll(10, Timing(median_s=10))


@pytest.mark.parametrize(("age", "gap"), [(0, 0.1), (10, 2), (1_000, 3)])
def test_without_an_expectation_gaps_grow_with_the_age(age: float, gap: float) -> None:
    assert next_poll(age, None) == gap


# ------------------------------------------------------------------------------- closed forms


def test_a_memoryless_stretch_of_time_is_asked_after_evenly() -> None:
    """Far out the hazard hardly changes, and the gap is the step over its root."""
    age, sigma = 4.0, 0.5
    score = math.log(age / 2.0) / sigma
    normal = statistics.NormalDist()
    hazard = normal.pdf(score) / (1 - normal.cdf(score)) / (sigma * age)
    gap = STEP * math.sqrt(2.0) / math.sqrt(hazard)  # the step is in roots of the median
    assert next_poll(age, TWO) == pytest.approx(gap, rel=0.05)


@pytest.mark.parametrize("sigma", [0.2, 0.5, 1.0])
def test_the_questions_a_task_takes_are_what_the_integral_says(sigma: float) -> None:
    timing = Timing(median_s=2.5, sigma=sigma)  # gaps well between the bounds
    pace = 0.001
    foreseen = stretch_of(1, timing, pace) * timing.mean_s * pace
    assert simulate(timing, timing).questions == pytest.approx(foreseen, rel=0.12)


@pytest.mark.parametrize("sigma", [0.05, 0.5, 1.0])
def test_the_mean_and_the_first_hundredth_are_those_of_the_lognormal(sigma: float) -> None:
    times = drawn(Timing(median_s=2.0, sigma=sigma), 20_000)
    timing = Timing(median_s=2.0, sigma=sigma)
    assert timing.mean_s == pytest.approx(statistics.fmean(times), rel=0.03)
    sooner = sum(time < timing.earliest_s for time in times) / len(times)
    assert sooner == pytest.approx(0.01, abs=0.004)


# --------------------------------------------------------------------------------- simulation


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How many tasks went, one by one."""

    questions: float
    """A task."""
    makespan: float
    """Times with the lag of noticing, over times without it."""
    late_s: float
    """Of a hundred lags, the second longest."""


def drawn(timing: Timing, count: int) -> list[float]:
    source = random.Random(7)  # noqa: S311 - draws times, guards nothing
    return [source.lognormvariate(math.log(timing.median_s), timing.sigma) for _ in range(count)]


def asked(timing: Timing | None, stretch: float = 1.0) -> itertools.accumulate[float]:
    """The ages at which a task is asked after."""
    endless = itertools.repeat(None)
    start = next_poll(0.0, timing, stretch=stretch)
    return itertools.accumulate(
        endless, lambda age, _: age + next_poll(age, timing, stretch=stretch), initial=start
    )


def simulate(timing: Timing, believed: Timing | None, stretch: float = 1.0) -> Course:
    times = drawn(timing, 4000)
    questions, lags = 0, []
    for time in times:
        for age in asked(believed, stretch):
            questions += 1
            if age >= time:
                lags.append(age - time)
                break
    return Course(
        questions=questions / len(times),
        makespan=1 + sum(lags) / sum(times),
        late_s=statistics.quantiles(lags, n=100)[98],
    )


def test_a_known_spread_of_a_half_costs_eight_hundredths_and_under_six_questions() -> None:
    course = simulate(TWO, TWO)
    assert course.makespan <= 1.08
    assert course.questions <= 5.6


def test_with_the_same_number_of_questions_even_gaps_are_noticed_later() -> None:
    course = simulate(TWO, TWO)
    even_s = TWO.mean_s / (course.questions - 0.5)
    assert course.makespan < 1 + even_s / 2 / TWO.mean_s


def test_the_longest_lags_stay_under_those_of_even_gaps_of_a_second() -> None:
    assert simulate(TWO, TWO).late_s < 0.6


@pytest.mark.parametrize(("sigma", "questions", "makespan"), [(0.2, 4.2, 1.06), (0.05, 2.5, 1.03)])
def test_times_that_are_known_well_cost_fewer_questions_and_less_lag(
    sigma: float, questions: float, makespan: float
) -> None:
    timing = Timing(median_s=2.0, sigma=sigma)
    course = simulate(timing, timing)
    assert course.questions <= questions
    assert course.makespan <= makespan


@pytest.mark.parametrize("factor", [0.2, 0.5, 2, 5])
def test_a_median_that_is_off_costs_lag_or_questions_within_bounds(factor: float) -> None:
    course = simulate(TWO, Timing(median_s=2.0 * factor))
    assert course.questions < 25
    assert course.makespan < 1.7


# ------------------------------------------------------------------------------------ crowds


def test_a_crowd_that_the_pace_has_room_for_is_asked_after_as_one_task_would_be() -> None:
    assert stretch_of(5, MINUTE, 5.0) == 1


@pytest.mark.parametrize("tasks", [50, 200])
def test_a_crowd_hardly_asks_more_often_than_the_pace_allows(tasks: int) -> None:
    stretch = stretch_of(tasks, TWO, 5.0)
    course = simulate(TWO, TWO, stretch)
    lasting_s = TWO.mean_s * course.makespan
    assert tasks * course.questions / lasting_s < 5.0 * 1.4


def test_a_crowd_of_which_nothing_is_known_shares_the_pace_as_well() -> None:
    assert stretch_of(100, None, 5.0) == pytest.approx(2.0)


# ------------------------------------------------------------------------------ one for many


@pytest.mark.parametrize(("median_s", "gap_s"), [(0.5, 0.1), (2, 0.1), (30, 1.5), (600, 3)])
def test_one_question_for_all_comes_twenty_times_in_a_task(median_s: float, gap_s: float) -> None:
    assert next_round([(median_s, Timing(median_s=median_s))]) == pytest.approx(gap_s)


def test_the_task_that_is_due_soonest_sets_the_pace_for_all() -> None:
    assert next_round([(60.0, MINUTE), (2.0, TWO)]) == pytest.approx(0.1)


def test_nobody_is_asked_after_while_none_can_be_done() -> None:
    known = Timing(median_s=20.0, sigma=0.05)
    assert next_round([(16.0, known)]) == pytest.approx(known.earliest_s - 16.0)


def test_of_unknown_tasks_the_age_says_how_often() -> None:
    assert next_round([(0.0, None), (20.0, None)]) == GAP_MIN_S
    assert next_round([(20.0, None)]) == pytest.approx(1.0)


def test_without_any_task_there_is_time() -> None:
    assert next_round([]) == GAP_MAX_S


def test_a_listed_task_is_looked_at_by_itself_at_ages_that_double() -> None:
    ages = [0.0]
    for _ in range(4):
        ages.append(ages[-1] + next_check(ages[-1], MINUTE))
    assert ages[1:] == pytest.approx([120, 240, 480, 960])
    assert next_check(0.0, None) == CHECK_AFTER_S
