"""Backoff stays within its bounds."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.net.backoff import backoff


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - jitter is no secret


ATTEMPTS = st.integers(min_value=0, max_value=10_000)
ASKED = st.none() | st.floats(min_value=-10, max_value=1e9)


@given(ATTEMPTS, st.integers(), ASKED)
def test_a_wait_is_never_negative_and_never_above_a_minute(
    attempt: int, seed: int, asked: float | None
) -> None:
    assert 0 <= backoff(attempt, seeded(seed), asked) <= 60


@given(st.integers(min_value=0, max_value=6), st.integers())
def test_the_ceiling_doubles_with_each_failure(attempt: int, seed: int) -> None:
    assert backoff(attempt, seeded(seed)) <= 2.0**attempt


@pytest.mark.parametrize(("asked", "least"), [(5.0, 5.0), (3_600.0, 60.0)])
def test_what_the_provider_asks_for_is_the_least_up_to_the_cap(asked: float, least: float) -> None:
    assert backoff(0, seeded(1), asked) == least


def test_those_who_failed_together_do_not_come_back_together() -> None:
    rng = seeded(7)
    assert len({backoff(4, rng) for _ in range(100)}) == 100
