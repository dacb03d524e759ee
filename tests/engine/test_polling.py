"""When a task is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.polling import learned, next_poll

AGES = st.floats(min_value=0, max_value=1e7)
TIMES = st.none() | st.floats(min_value=1e-3, max_value=1e5)


@given(AGES, TIMES, st.floats(min_value=0.05, max_value=2))
def test_a_gap_is_never_shorter_than_the_least(
    age: float, expected: float | None, sigma: float
) -> None:
    assert next_poll(age, expected, sigma=sigma, gap_min_s=0.5) >= 0.5


@given(AGES, TIMES)
def test_a_gap_is_never_longer_than_the_longest_however_wrong_the_table_is(
    age: float, expected: float | None
) -> None:
    assert next_poll(age, expected, gap_max_s=15) <= 15


def test_a_task_is_left_alone_until_it_can_be_done() -> None:
    assert next_poll(0, 100, gap_max_s=100) == pytest.approx(65.6, abs=0.1)


def test_a_task_taken_up_later_is_asked_for_sooner() -> None:
    assert next_poll(60, 100, gap_max_s=100) == pytest.approx(5.6, abs=0.1)


def test_a_task_that_is_due_is_asked_for_densely() -> None:
    assert next_poll(90, 100, gap_max_s=60) < 20


def test_the_better_a_time_is_known_the_denser_the_questions_around_it() -> None:
    assert next_poll(100, 100, sigma=0.05) < next_poll(100, 100, sigma=0.5)


@pytest.mark.parametrize(("age", "gap"), [(0, 0.25), (10, 2), (1_000, 3)])
def test_without_an_expectation_gaps_grow_with_the_age(age: float, gap: float) -> None:
    assert next_poll(age, None) == gap


def test_a_few_times_teach_nothing() -> None:
    assert learned([1, 2, 3], 20.0) == (20.0, 0.5)


def test_many_times_teach_their_middle_and_their_spread() -> None:
    expected, sigma = learned([9, 10, 10, 10, 11, 0], 20.0)
    assert expected == pytest.approx(10)
    assert 0.05 <= sigma < 0.1
