"""The door to a provider: how trust grows, what closes it, and who is let in meanwhile."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.poll.rate import SLOWED_FIRST_S, Rate
from runner.engine.submit import breaker as breakers
from runner.engine.submit.breaker import BreakerState, CircuitBreaker
from runner.model import Fate


def noted(*fates: Fate, most: int = 8) -> BreakerState:
    trust = BreakerState(most=most)
    for now, fate in enumerate(fates):
        trust.note(fate, float(now))
    return trust


def test_trust_starts_with_one_submission_and_doubles_with_each_answer() -> None:
    assert [noted(*[Fate.SUBMITTED] * n).allowed for n in range(5)] == [1, 2, 4, 8, 8]


def test_one_unknown_fate_takes_trust_back_but_closes_nothing() -> None:
    trust = noted(Fate.SUBMITTED, Fate.SUBMITTED, Fate.AMBIGUOUS)
    assert (trust.allowed, trust.closed) == (1, False)


def test_two_unknown_fates_in_a_row_close_the_door() -> None:
    assert noted(Fate.AMBIGUOUS, Fate.AMBIGUOUS).closed
    assert not noted(Fate.AMBIGUOUS, Fate.SUBMITTED, Fate.AMBIGUOUS).closed


def test_what_was_not_sent_neither_closes_nor_counts_as_an_answer() -> None:
    assert not noted(Fate.NOT_SENT, Fate.NOT_SENT, Fate.NOT_SENT).closed
    assert noted(Fate.AMBIGUOUS, Fate.NOT_SENT, Fate.AMBIGUOUS).closed


def test_a_probe_that_answers_well_lets_one_in_again() -> None:
    trust = noted(Fate.AMBIGUOUS, Fate.AMBIGUOUS)
    trust.reopen()
    assert (trust.allowed, trust.closed, trust.unknown) == (1, False, 0)


def test_an_outage_lasts_from_the_first_to_the_last_question_in_vain() -> None:
    trust = noted(Fate.SUBMITTED, Fate.NOT_SENT, Fate.BUSY, Fate.AMBIGUOUS)
    trust.probe_failed(11.0)
    assert trust.failing_s == 10.0
    assert trust.out(10.0)
    assert not trust.out(10.1)


def test_an_answer_to_a_submission_ends_an_outage() -> None:
    trust = noted(Fate.NOT_SENT, Fate.AMBIGUOUS, Fate.REFUSED)
    assert not trust.out(0.0)
    trust.note(Fate.BUSY, 100.0)
    assert trust.failing_s == 0.0


def test_one_question_in_vain_is_an_outage_only_where_none_is_put_up_with() -> None:
    trust = noted(Fate.BUSY)
    assert trust.out(0.0)
    assert not trust.out(0.1)


def test_hours_in_which_nobody_asked_are_no_outage() -> None:
    trust = noted(Fate.BUSY)
    trust.note(Fate.BUSY, 7200.0)
    assert trust.failing_s == 60.0


def test_a_provider_that_asks_for_less_gets_submissions_further_apart() -> None:
    trust = BreakerState(most=8)
    for _ in range(20):
        trust.note(Fate.BUSY, 0.0, throttled=True)
    assert trust.gap_s == breakers.GAP_LONGEST_S
    for _ in range(60):
        trust.note(Fate.SUBMITTED, 0.0)
    assert trust.gap_s == 0.0


def test_submissions_and_all_other_requests_slow_each_other_down() -> None:
    async def scene() -> None:
        loop, rate = asyncio.get_running_loop(), Rate(1000)
        breaker, _ = door()
        breaker.rate = rate
        assert await breaker.acquire()
        await breaker.release(Fate.BUSY, throttled=True)
        assert rate.slowed_s == SLOWED_FIRST_S
        rate.slowed_s, breaker.state.gap_s = 0.2, 0.0
        assert await breaker.acquire()
        await breaker.release(Fate.SUBMITTED)
        assert rate.slowed_s < 0.2
        began = loop.time()
        assert await breaker.acquire()
        assert loop.time() - began > 0.1

    asyncio.run(scene())


@given(st.lists(st.sampled_from(list(Fate)), max_size=60), st.integers(1, 50))
def test_trust_stays_between_one_and_the_most(fates: list[Fate], most: int) -> None:
    assert 1 <= noted(*fates, most=most).allowed <= most


def door(
    *answers: bool, most: int = 100, outage_s: float = 600
) -> tuple[CircuitBreaker, list[bool]]:
    """A gate whose probes answer as listed, and the answers not yet given."""
    left = list(answers)

    async def probe() -> bool:
        return left.pop(0)

    return CircuitBreaker(state=BreakerState(most=most), probe=probe, outage_s=outage_s), left


def test_of_a_crowd_one_is_let_in_at_first() -> None:
    async def scene() -> int:
        breaker, _ = door()
        crowd = [asyncio.create_task(breaker.acquire()) for _ in range(50)]
        await asyncio.sleep(0.01)
        inside = breaker.in_flight
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
        return inside

    assert asyncio.run(scene()) == 1


def test_an_outage_makes_two_submissions_ambiguous_however_many_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(breakers, "PROBE_FIRST_S", 0.001)
    monkeypatch.setattr(breakers, "PROBE_LONGEST_S", 0.002)

    async def scene() -> list[Fate]:
        breaker, left = door(*[False] * 5, True)
        sent: list[Fate] = []

        async def one() -> None:
            assert await breaker.acquire()
            fate = Fate.SUBMITTED if not left else Fate.AMBIGUOUS
            sent.append(fate)
            await breaker.release(fate)

        await asyncio.gather(*(one() for _ in range(1000)))
        return sent

    sent = asyncio.run(scene())
    assert sent.count(Fate.AMBIGUOUS) == 2
    assert sent.count(Fate.SUBMITTED) == 998


def test_nobody_is_let_in_once_the_outage_has_lasted_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(breakers, "PROBE_FIRST_S", 0.001)

    async def scene() -> list[bool]:
        breaker, _ = door(*[False] * 1000, outage_s=0.02)
        for _ in range(2):
            assert await breaker.acquire()
            await breaker.release(Fate.AMBIGUOUS)
        return list(await asyncio.gather(*(breaker.acquire() for _ in range(20))))

    assert asyncio.run(scene()) == [False] * 20


def test_one_who_goes_while_asking_leaves_the_asking_to_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(breakers, "PROBE_FIRST_S", 0.005)

    async def scene() -> bool:
        breaker, _ = door(True, True)
        for _ in range(2):
            assert await breaker.acquire()
            await breaker.release(Fate.AMBIGUOUS)
        first, second = (asyncio.create_task(breaker.acquire()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        return await asyncio.wait_for(second, 5)

    assert asyncio.run(scene())
