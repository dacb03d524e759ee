"""How many connections are wanted for the submissions that are near."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.engine.submit.preconnect import near


def test_jobs_that_hold_a_place_each_want_one() -> None:
    assert near(begun=7, ready=100, ends=0.0) == 7


def test_likely_ends_want_two_standard_deviations_more_than_their_mean() -> None:
    assert near(begun=0, ready=100, ends=1.0) == 3
    assert near(begun=2, ready=100, ends=4.0) == 10


def test_without_jobs_in_line_an_end_wants_none() -> None:
    assert near(begun=0, ready=0, ends=20.0) == 0


@given(begun=st.integers(0, 50), ready=st.integers(0, 50), ends=st.floats(0, 50))
def test_never_more_than_there_are_jobs(begun: int, ready: int, ends: float) -> None:
    assert begun <= near(begun=begun, ready=ready, ends=ends) <= begun + ready
