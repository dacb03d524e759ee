"""What a run learns of how long tasks take."""

from __future__ import annotations

import heapq
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.poll.schedule import LATEST, LEAST, DurationStats, learned

TIMES = st.lists(st.floats(min_value=1e-3, max_value=1e6), max_size=60)


def lognormal(source: random.Random) -> float:
    return source.lognormvariate(math.log(2.0), 0.5)


def test_a_few_times_teach_nothing() -> None:
    assert learned([1.0] * (LEAST - 1), []) is None


def test_many_times_teach_their_middle_and_their_spread() -> None:
    source = random.Random(3)  # noqa: S311 - draws times, guards nothing
    timing = learned([lognormal(source) for _ in range(LATEST)], [])
    assert timing is not None
    assert timing.median_s == pytest.approx(2.0, rel=0.1)
    assert timing.sigma == pytest.approx(0.5, rel=0.2)


def test_equal_times_leave_a_doubt_that_shrinks_with_their_number() -> None:
    few, many = learned([10.0] * LEAST, []), learned([10.0] * LATEST, [])
    assert few is not None
    assert many is not None
    assert few.median_s == many.median_s == pytest.approx(10)
    assert 0.05 <= many.sigma < 0.1 < few.sigma


def test_the_quick_ones_of_a_crowd_are_not_taken_for_all() -> None:
    """Fifty start together; when ten have ended, the others are known to last longer."""
    source = random.Random(5)  # noqa: S311 - draws times, guards nothing
    times = sorted(lognormal(source) for _ in range(50))
    assert learned(times[:10], [times[9]] * 40) is None
    timing = learned(times[:30], [times[29]] * 20)
    assert timing is not None
    assert timing.median_s == pytest.approx(2.0, rel=0.15)


def test_tasks_under_way_do_not_make_the_rest_look_slow() -> None:
    """Fifty places that are always full: the ages of what is in them are all beginnings."""
    source = random.Random(11)  # noqa: S311 - draws times, guards nothing
    now, flying, ended = 0.0, list[tuple[float, float]](), list[float]()
    for _ in range(50):
        heapq.heappush(flying, (lognormal(source), 0.0))
    while len(ended) < 100:
        now, began = heapq.heappop(flying)
        ended.append(now - began)
        heapq.heappush(flying, (now + lognormal(source), now))
    timing = learned(ended, [now - began for _, began in flying if now > began])
    assert timing is not None
    assert timing.median_s == pytest.approx(2.0, rel=0.15)
    assert timing.sigma == pytest.approx(0.5, rel=0.3)


@given(TIMES, TIMES)
def test_what_is_learned_lies_within_what_was_seen(
    ended: list[float], running: list[float]
) -> None:
    timing = learned(ended, running)
    if timing is not None:
        assert min(ended) <= timing.median_s * (1 + 1e-9)
        assert timing.median_s <= max(ended) * (1 + 1e-9)
        assert timing.sigma >= 0.05


@given(TIMES)
def test_a_task_still_under_way_makes_no_kind_look_quicker(ended: list[float]) -> None:
    without, with_one = learned(ended, []), learned(ended, [1e7])
    if without and with_one:
        assert with_one.median_s >= without.median_s * (1 - 1e-9)


def test_what_is_expected_holds_until_enough_has_been_seen() -> None:
    pace = DurationStats((), 20.0)
    for number in range(LEAST):
        assert pace.timing is not None
        assert pace.timing.median_s == 20.0
        pace.began(str(number), 0.0)
        pace.over(str(number), 4.0)
    assert pace.timing is not None
    assert pace.timing.median_s == pytest.approx(4.0)


def test_earlier_runs_teach_before_the_first_task() -> None:
    pace = DurationStats([3.0] * LEAST, 20.0)
    assert pace.timing is not None
    assert pace.timing.median_s == pytest.approx(3.0)


def test_a_task_that_is_left_to_itself_teaches_nothing() -> None:
    pace = DurationStats((), None)
    for number in range(LEAST):
        pace.began(str(number), 0.0)
        pace.over(str(number), None)
    assert pace.timing is None


def test_only_the_latest_times_count() -> None:
    pace = DurationStats([100.0] * LATEST, None)
    for number in range(LATEST):
        pace.began(str(number), 0.0)
        pace.over(str(number), 1.0)
    assert pace.timing is not None
    assert pace.timing.median_s == pytest.approx(1.0)
