"""The circuit breaker: how its limit adapts, what opens it, and who passes meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.net.pacing import THROTTLED_FIRST_S, Rate
from runner.engine.stop_conditions import StopReason
from runner.engine.submit.breaker import BreakerState, CircuitBreaker
from runner.errors import Exit
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import Billed, ErrorClass, Fate, JobError, Reach, Reply, Submission
from tests.engine.conftest import RunVirtual


def state_after(*fates: Fate, max_limit: int = 8) -> BreakerState:
    state = BreakerState(max_limit=max_limit)
    for now, fate in enumerate(fates):
        state.record(fate, float(now))
    return state


def breaker_with(*probes: bool, outage_s: float = 600) -> tuple[CircuitBreaker, list[bool]]:
    """A breaker whose probes are answered as listed, and the answers not yet given."""
    left = list(probes)

    async def probe() -> bool:
        return left.pop(0)

    state = BreakerState(max_limit=100)
    return CircuitBreaker(state=state, probe=probe, outage_s=outage_s, rate=Rate(1000)), left


async def submit(breaker: CircuitBreaker, fate: Fate) -> None:
    assert await breaker.acquire()
    await breaker.release(Submission(fate=fate))


# -------------------------------------------------------------------------------------- state


def test_the_limit_starts_at_one_and_doubles_with_each_answer() -> None:
    assert [state_after(*[Fate.SUBMITTED] * n).limit for n in range(5)] == [1, 2, 4, 8, 8]


def test_one_unknown_fate_resets_the_limit_but_opens_nothing() -> None:
    state = state_after(Fate.SUBMITTED, Fate.SUBMITTED, Fate.AMBIGUOUS)
    assert (state.limit, state.is_open) == (1, False)


def test_two_unknown_fates_in_a_row_open_the_circuit() -> None:
    assert state_after(Fate.AMBIGUOUS, Fate.AMBIGUOUS).is_open
    assert not state_after(Fate.AMBIGUOUS, Fate.SUBMITTED, Fate.AMBIGUOUS).is_open


def test_what_was_not_sent_is_neither_unknown_nor_an_answer() -> None:
    assert not state_after(Fate.NOT_SENT, Fate.NOT_SENT, Fate.NOT_SENT).is_open
    assert state_after(Fate.AMBIGUOUS, Fate.NOT_SENT, Fate.AMBIGUOUS).is_open


def test_a_good_probe_closes_the_circuit_with_a_limit_of_one() -> None:
    state = state_after(Fate.AMBIGUOUS, Fate.AMBIGUOUS)
    state.close()
    assert (state.limit, state.is_open, state.unknown_fates) == (1, False, 0)


def test_an_outage_lasts_from_the_first_to_the_last_failure() -> None:
    state = state_after(Fate.SUBMITTED, Fate.NOT_SENT, Fate.BUSY, Fate.AMBIGUOUS)
    state.record_failure(11.0)
    assert state.failing_s == 10.0
    assert state.is_out(10.0)
    assert not state.is_out(10.1)


def test_an_answer_to_a_submission_ends_an_outage() -> None:
    state = state_after(Fate.NOT_SENT, Fate.AMBIGUOUS, Fate.REFUSED)
    assert not state.is_out(0.0)
    state.record(Fate.BUSY, 100.0)
    assert state.failing_s == 0.0


def test_one_failure_is_an_outage_only_where_none_is_accepted() -> None:
    state = state_after(Fate.BUSY)
    assert state.is_out(0.0)
    assert not state.is_out(0.1)


def test_hours_without_a_request_are_no_outage() -> None:
    state = state_after(Fate.BUSY)
    state.record(Fate.BUSY, 7200.0)
    assert state.failing_s == 60.0


def test_a_connection_that_takes_long_to_fail_is_part_of_an_outage() -> None:
    state = BreakerState(max_limit=8)
    state.record(Fate.NOT_SENT, 28.0, began=25.0)
    assert state.failing_s == 3.0
    state.record(Fate.SUBMITTED, 30.0)
    state.record(Fate.NOT_SENT, 45.0, began=25.0)  # it took a submission meanwhile
    assert state.failing_s == 15.0


def test_the_rest_of_an_outage_counts_from_the_first_failure() -> None:
    state = state_after(Fate.NOT_SENT, Fate.NOT_SENT)
    assert state.left_s(10.0, 4.0) == 6.0
    assert state.left_s(10.0, 40.0) == 0.0
    assert BreakerState(max_limit=8).left_s(10.0, 4.0) == 10.0


@given(st.lists(st.sampled_from(list(Fate)), max_size=60), st.integers(1, 50))
def test_the_limit_stays_between_one_and_its_maximum(fates: list[Fate], maximum: int) -> None:
    assert 1 <= state_after(*fates, max_limit=maximum).limit <= maximum


# ------------------------------------------------------------------------------------ waiting


def test_of_a_crowd_one_passes_at_first(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        breaker, _ = breaker_with()
        crowd = [asyncio.create_task(breaker.acquire()) for _ in range(50)]
        await asyncio.sleep(60)
        assert breaker.in_flight == 1
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)

    run_virtual(scene())


def test_a_429_spaces_submissions_and_all_other_requests(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        breaker, _ = breaker_with()
        await submit(breaker, Fate.BUSY)
        assert breaker.rate.throttle.gap_s == THROTTLED_FIRST_S
        await submit(breaker, Fate.SUBMITTED)
        start = loop.time()
        await submit(breaker, Fate.SUBMITTED)
        assert loop.time() - start == pytest.approx(THROTTLED_FIRST_S)

    run_virtual(scene())


def test_too_many_tasks_space_no_submissions(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        breaker, _ = breaker_with()
        assert await breaker.acquire()
        await breaker.release(Submission(fate=Fate.BUSY, too_many_tasks=True))
        assert breaker.rate.throttle.gap_s == 0

    run_virtual(scene())


def test_a_429_to_another_request_spaces_submissions(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        breaker, _ = breaker_with()
        breaker.rate.note(throttled=True)
        await submit(breaker, Fate.SUBMITTED)
        start = loop.time()
        await submit(breaker, Fate.SUBMITTED)
        assert loop.time() - start == pytest.approx(THROTTLED_FIRST_S)

    run_virtual(scene())


def test_an_outage_makes_two_submissions_ambiguous(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        breaker, left = breaker_with(*[False] * 5, True)
        fates: list[Fate] = []

        async def one() -> None:
            assert await breaker.acquire()
            fates.append(Fate.AMBIGUOUS if left else Fate.SUBMITTED)
            await breaker.release(Submission(fate=fates[-1]))

        await asyncio.gather(*(one() for _ in range(1000)))
        assert fates.count(Fate.AMBIGUOUS) == 2
        assert fates.count(Fate.SUBMITTED) == 998

    run_virtual(scene())


def test_nothing_passes_once_the_outage_lasts_too_long(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        breaker, _ = breaker_with(*[False] * 1000, outage_s=100)
        for _ in range(2):
            await submit(breaker, Fate.AMBIGUOUS)
        assert await asyncio.gather(*(breaker.acquire() for _ in range(20))) == [False] * 20

    run_virtual(scene())


def test_an_outage_ends_on_time_although_probes_are_rare(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        breaker, _ = breaker_with(*[False] * 1000, outage_s=100)
        for _ in range(2):
            await submit(breaker, Fate.AMBIGUOUS)
        await asyncio.gather(*(breaker.acquire() for _ in range(20)))
        assert loop.time() == pytest.approx(100, abs=0.1)
        assert breaker.given_up.is_set()

    run_virtual(scene())


def test_a_probe_that_hangs_does_not_extend_an_outage(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        async def probe() -> bool:
            await asyncio.sleep(3600)
            return True

        breaker, _ = breaker_with(outage_s=8)
        breaker.probe = probe
        for _ in range(2):
            await submit(breaker, Fate.AMBIGUOUS)
        assert not await breaker.acquire()
        assert asyncio.get_running_loop().time() == pytest.approx(8, abs=1.1)

    run_virtual(scene())


def test_giving_up_a_provider_ends_what_waits_for_it(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        breaker, _ = breaker_with(outage_s=8)

        async def wait() -> float:
            with suppress(TimeoutError):
                async with breaker.until_given_up():
                    await asyncio.sleep(3600)
            return asyncio.get_running_loop().time()

        waiter = asyncio.create_task(wait())
        await submit(breaker, Fate.NOT_SENT)
        await asyncio.sleep(8)
        await submit(breaker, Fate.NOT_SENT)
        assert await waiter == pytest.approx(8)
        assert await wait() == pytest.approx(3608)  # what begins later is not ended

    run_virtual(scene())


def test_a_given_up_provider_that_answers_is_not_dead(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        breaker, _ = breaker_with(outage_s=0)
        await submit(breaker, Fate.BUSY)
        for status, dead in ((200, False), (503, False), (503, True), (404, False)):
            breaker.rate.silence.note(Reply(reach=Reach.ANSWERED, status=status))
            assert breaker.is_dead is dead

    run_virtual(scene())


def test_a_provider_silent_to_all_requests_is_given_up(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        breaker, _ = breaker_with(outage_s=8)
        for _ in range(4):
            breaker.rate.silence.note(Reply(reach=Reach.NOT_SENT, error="no route"))
            await asyncio.sleep(2)
        assert not breaker.is_out
        breaker.rate.silence.note(Reply(reach=Reach.ANSWERED, status=503))
        assert breaker.is_dead
        assert not await breaker.acquire()
        assert breaker.outage_reason() == "nothing answered for 8.0 s (outage: 8 s): HTTP 503"

    run_virtual(scene())


def test_a_submission_that_is_answered_ends_a_silence(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        breaker, _ = breaker_with(outage_s=8)
        for _ in range(10):
            breaker.rate.silence.note(Reply(reach=Reach.ANSWERED, status=503))
            await asyncio.sleep(2)
            await submit(breaker, Fate.SUBMITTED)
        assert not breaker.is_out

    run_virtual(scene())


def test_a_cancelled_waiter_leaves_the_probing_to_another(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        breaker, _ = breaker_with(True, True)
        for _ in range(2):
            await submit(breaker, Fate.AMBIGUOUS)
        first, second = (asyncio.create_task(breaker.acquire()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert await second

    run_virtual(scene())


def stop(text: str) -> StopReason:
    return StopReason(reason=Reason(ReasonCode.STOPPED, text), exit=Exit.PROVIDER)


def test_a_tripped_breaker_lets_nothing_pass(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        breaker, _ = breaker_with()
        first, later = stop("the key is refused"), stop("another reason")
        breaker.trip(first)
        breaker.trip(later)
        assert not await breaker.acquire()
        assert breaker.tripped is first

    run_virtual(scene())


def test_the_reason_of_an_outage_names_the_last_error(run_virtual: RunVirtual) -> None:
    async def scene() -> None:
        breaker, _ = breaker_with(outage_s=0)
        assert await breaker.acquire()
        error = JobError(
            code="not_sent",
            message="cannot connect",
            class_=ErrorClass.TRANSIENT,
            billed=Billed.NO,
        )
        await breaker.release(Submission(fate=Fate.NOT_SENT, error=error))
        expected = "nothing accepted for 0.0 s (outage: 0 s): cannot connect"
        assert breaker.outage_reason() == expected

    run_virtual(scene())
