from __future__ import annotations

import math
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.algebra import ideal_s, latencies, quantile

TIMES = st.lists(st.floats(0.01, 100), min_size=1, max_size=50)


def test_a_place_is_filled_when_the_first_of_its_tasks_ends() -> None:
    assert ideal_s([3, 1, 1, 4], places=2) == 6


def test_with_a_place_for_each_the_longest_task_tells() -> None:
    assert ideal_s([3, 1, 2], places=5) == 3
    assert ideal_s([], places=5) == 0


@given(TIMES, st.integers(1, 60))
def test_no_schedule_beats_the_longest_task_or_full_places(times: list[float], places: int) -> None:
    found = ideal_s(times, places)
    assert found >= max(times)
    assert found >= sum(times) / places - 1e-9
    assert found <= sum(times) + 1e-9


def test_times_are_drawn_alike_each_time_and_as_wide_as_asked_for() -> None:
    times = list(islice(latencies(1, 2.0, 0.5), 5000))
    assert times == list(islice(latencies(1, 2.0, 0.5), 5000))
    assert times[:5] != list(islice(latencies(2, 2.0, 0.5), 5))
    assert quantile(times, 0.5) == pytest.approx(2.0, rel=0.05)
    assert quantile(times, 0.8413) == pytest.approx(2.0 * math.exp(0.5), rel=0.05)


def test_quantiles_lie_between_values() -> None:
    assert quantile([4, 1, 3, 2], 0.5) == 2.5
    assert quantile([7], 0.99) == 7


@given(TIMES, st.floats(0, 1))
def test_quantiles_stay_within_the_values(values: list[float], share: float) -> None:
    assert min(values) <= quantile(values, share) <= max(values)
