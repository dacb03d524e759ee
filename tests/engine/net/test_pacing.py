"""Backoff within its bounds, and the rate on a clock that needs no waiting."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.net.pacing import THROTTLED_FIRST_S, THROTTLED_LONGEST_S, Rate, Throttle, backoff
from tests.engine.conftest import RunVirtual

FAILURES = st.integers(min_value=0, max_value=10_000)
ASKED = st.none() | st.floats(min_value=-10, max_value=1e9)


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - jitter is no secret


def now() -> float:
    return asyncio.get_running_loop().time()


# ------------------------------------------------------------------------------------ backoff


@given(FAILURES, st.integers(), ASKED)
def test_a_wait_lies_between_zero_and_a_minute(
    failures: int, seed: int, asked: float | None
) -> None:
    assert 0 <= backoff(failures, seeded(seed), asked) <= 60


@given(st.integers(min_value=0, max_value=6), st.integers())
def test_the_ceiling_doubles_with_each_failure(failures: int, seed: int) -> None:
    assert backoff(failures, seeded(seed)) <= 2.0**failures


@pytest.mark.parametrize(("asked", "least"), [(5.0, 5.0), (3_600.0, 60.0)])
def test_retry_after_is_the_least_up_to_the_cap(asked: float, least: float) -> None:
    assert backoff(0, seeded(1), asked) == least


def test_those_who_failed_together_do_not_come_back_together() -> None:
    rng = seeded(7)
    assert len({backoff(4, rng) for _ in range(100)}) == 100


# --------------------------------------------------------------------------------------- rate


def test_turns_come_evenly_and_in_order(run_virtual: RunVirtual) -> None:
    async def main() -> None:
        rate, passed = Rate(5), list[tuple[int, float]]()

        async def one(number: int) -> None:
            await rate.acquire()
            passed.append((number, now()))

        await asyncio.gather(*(one(number) for number in range(11)))
        assert [number for number, _ in passed] == list(range(11))
        assert [at for _, at in passed] == pytest.approx([n / 5 for n in range(11)])

    run_virtual(main())


def test_idle_time_saves_no_turns(run_virtual: RunVirtual) -> None:
    async def main() -> None:
        rate = Rate(1)
        await asyncio.sleep(100)
        start = now()
        for expected in (0, 1, 2):
            await rate.acquire()
            assert now() - start == pytest.approx(expected)

    run_virtual(main())


def test_the_last_turn_is_given_back_when_cancelled(run_virtual: RunVirtual) -> None:
    async def main() -> None:
        rate = Rate(1)
        await rate.acquire()
        waiting = asyncio.create_task(rate.acquire())
        await asyncio.sleep(0.5)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await rate.acquire()
        assert now() == pytest.approx(1)

    run_virtual(main())


def test_a_cancelled_turn_in_the_middle_moves_no_other(run_virtual: RunVirtual) -> None:
    async def main() -> None:
        rate = Rate(1)
        await rate.acquire()
        first = asyncio.create_task(rate.acquire())
        second = asyncio.create_task(rate.acquire())
        await asyncio.sleep(0.5)
        first.cancel()
        await second
        assert now() == pytest.approx(2)

    run_virtual(main())


def test_a_429_slows_requests_until_other_answers_ease_it(run_virtual: RunVirtual) -> None:
    async def main() -> None:
        rate = Rate(100)
        await rate.acquire()
        rate.note(throttled=True)
        start = now()
        for _ in range(3):
            await rate.acquire()
        assert now() - start == pytest.approx(0.01 + 2 * THROTTLED_FIRST_S)
        for _ in range(10):
            rate.note(throttled=False)
        assert rate.throttle.gap_s == 0.0

    run_virtual(main())


# ----------------------------------------------------------------------------------- throttle


def test_a_crowd_of_429s_slows_down_once() -> None:
    throttle = Throttle()
    for _ in range(8):
        throttle.slow_down(10.0)
    assert throttle.gap_s == THROTTLED_FIRST_S


def test_later_429s_double_the_gap_up_to_its_cap() -> None:
    throttle = Throttle()
    throttle.slow_down(0.0)
    throttle.slow_down(THROTTLED_FIRST_S)
    assert throttle.gap_s == 2 * THROTTLED_FIRST_S
    for number in range(20):
        throttle.slow_down(THROTTLED_LONGEST_S * (number + 1))
    assert throttle.gap_s == THROTTLED_LONGEST_S
