"""Leases: held for as long as nobody else may judge the run dead, and no longer."""

from __future__ import annotations

import threading

import pytest

from runner.errors import UsageError
from runner.ledger.postgres.lease import MARGIN_S, Lease, LeaseKeeper, lease_s


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lease(clock: Clock) -> Lease:
    lease = Lease(60.0, clock)
    lease.renew(lease.ask())
    return lease


def test_a_lease_is_not_held_before_the_database_has_it(clock: Clock) -> None:
    assert not Lease(60.0, clock).is_held()


def test_a_lease_is_held_until_shortly_before_its_end(lease: Lease, clock: Clock) -> None:
    clock.now += 60.0 - MARGIN_S - 0.1
    assert lease.is_held()
    clock.now += 0.2
    assert not lease.is_held()


def test_a_renewal_counts_from_before_it_was_asked_for(lease: Lease, clock: Clock) -> None:
    asked_at = lease.ask()
    clock.now += 50.0  # the answer took so long
    lease.renew(asked_at)
    clock.now += 10.0
    assert not lease.is_held()


def test_a_lease_that_has_ended_may_be_renewed(lease: Lease, clock: Clock) -> None:
    clock.now += 600
    assert lease.refusal() is None, "nobody has taken over"
    lease.renew(lease.ask())
    assert lease.is_held()


def test_a_lease_that_was_taken_is_lost_for_good(lease: Lease) -> None:
    asked_at = lease.ask()
    lease.lose()
    lease.renew(asked_at)
    assert not lease.is_held()
    assert lease.refusal() is not None


def test_a_machine_that_slept_is_named_as_the_cause(lease: Lease, clock: Clock) -> None:
    clock.now += 14 * 60
    lease.ask()
    clock.now += 2
    lease.lose()
    refusal = lease.refusal()
    assert refusal is not None
    assert "stood still for 14 min" in refusal.message
    assert "run again" in (refusal.hint or "")


def test_a_ledger_that_did_not_answer_is_named_as_the_cause(lease: Lease, clock: Clock) -> None:
    for _ in range(7):
        clock.now += 10
        lease.ask()
    lease.lose()
    refusal = lease.refusal()
    assert refusal is not None
    assert "could not be reached for longer than its lease" in refusal.message


@pytest.mark.parametrize("text", ["0", "1", "nan", "inf", "soon", "-60"])
def test_a_lease_is_a_number_of_seconds(text: str) -> None:
    with pytest.raises(UsageError, match="is not a number of seconds"):
        lease_s({"VIDU_RUN_LEASE": text})


def test_a_lease_takes_a_minute_by_default() -> None:
    assert lease_s({}) == 60.0


def test_a_keeper_renews_again_and_again() -> None:
    lease, renewed = Lease(0.04), threading.Semaphore(0)

    def renew() -> bool:
        renewed.release()
        return True

    keeper = LeaseKeeper(lease, renew)
    assert all(renewed.acquire(timeout=30) for _ in range(3))
    keeper.stop()


def test_a_keeper_goes_on_after_a_question_without_an_answer() -> None:
    lease, asked = Lease(0.04), threading.Semaphore(0)

    def renew() -> None:
        asked.release()

    keeper = LeaseKeeper(lease, renew)
    assert all(asked.acquire(timeout=30) for _ in range(3))
    keeper.stop()


def test_a_keeper_ends_once_the_lease_is_lost() -> None:
    lease = Lease(0.04)
    keeper = LeaseKeeper(lease, lambda: False)
    keeper._thread.join(30)
    assert not keeper._thread.is_alive()
    assert lease.refusal() is not None
