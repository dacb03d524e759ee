"""The pace, on a clock that needs no waiting."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any

import pytest

from runner.engine.poll.rate import SLOWED_FIRST_S, SLOWED_LONGEST_S, Rate


class _Jumping(selectors.DefaultSelector):
    """A selector that lets time pass instead of waiting."""

    passed_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.passed_s += timeout or 0
        return super().select(0)


class Clockwork(asyncio.SelectorEventLoop):
    """An event loop whose time is its sleeps."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed_s


def run(main: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=Clockwork) as runner:
        runner.run(main)


def now() -> float:
    return asyncio.get_running_loop().time()


def test_passes_come_at_the_pace_and_in_order() -> None:
    async def main() -> None:
        rate, passed = Rate(5), list[tuple[int, float]]()

        async def one(number: int) -> None:
            await rate.acquire()
            passed.append((number, now()))

        await asyncio.gather(*(one(number) for number in range(11)))
        assert [number for number, _ in passed] == list(range(11))
        assert [at for _, at in passed] == pytest.approx([n / 5 for n in range(11)])

    run(main())


def test_idle_time_saves_up_no_more_than_the_burst() -> None:
    async def main() -> None:
        rate = Rate(1, burst=3)
        await asyncio.sleep(100)
        start = now()
        for expected in (0, 0, 0, 1, 2):
            await rate.acquire()
            assert now() - start == pytest.approx(expected)

    run(main())


def test_the_last_turn_is_given_back_when_its_waiter_is_cancelled() -> None:
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

    run(main())


def test_a_cancelled_turn_in_the_middle_moves_nobody() -> None:
    async def main() -> None:
        rate = Rate(1)
        await rate.acquire()
        first = asyncio.create_task(rate.acquire())
        second = asyncio.create_task(rate.acquire())
        await asyncio.sleep(0.5)
        first.cancel()
        await second
        assert now() == pytest.approx(2)

    run(main())


def test_too_many_requests_make_for_fewer_until_the_answers_are_well_again() -> None:
    async def main() -> None:
        rate = Rate(100)
        await rate.acquire()
        rate.note(throttled=True)
        began = now()
        for _ in range(3):
            await rate.acquire()
        assert now() - began == pytest.approx(0.01 + 2 * SLOWED_FIRST_S, abs=0.011)
        for _ in range(10):
            rate.note(throttled=False)
        assert rate.slowed_s == 0.0

    run(main())


def test_many_answers_at_once_slow_down_once_and_never_beyond_the_longest() -> None:
    async def main() -> None:
        rate = Rate(5, burst=3)
        for _ in range(8):
            rate.note(throttled=True)
        assert rate.slowed_s == SLOWED_FIRST_S
        for _ in range(20):
            await asyncio.sleep(SLOWED_LONGEST_S)
            rate.note(throttled=True)
        assert rate.slowed_s == SLOWED_LONGEST_S

    run(main())


@pytest.mark.parametrize(("pace", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_pace_that_cannot_be_is_refused(pace: float, burst: int) -> None:
    with pytest.raises(ValueError, match="rate"):
        Rate(pace, burst=burst)
