"""Setting values: no text breaks the readers."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.settings.values import (
    ValueFormError,
    parse_amounts,
    read_amounts,
    read_duration,
)


@given(st.text(st.sampled_from("1.0 =,:credtsny¥&"), max_size=12))
def test_no_text_breaks_the_reading_of_amounts(text: str) -> None:
    with contextlib.suppress(ValueFormError):
        assert all(value >= 0 for value in read_amounts(parse_amounts(text)).values())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("30m", 1800), ("5s", 5), ("1h30m", 5400), ("1.5h", 5400), ("90", 90), (90, 90), (0.5, 0.5)],
)
def test_a_duration_has_units_or_is_a_number_of_seconds(value: Any, seconds: float) -> None:
    assert read_duration(value) == seconds


@given(st.integers(0, 700), st.integers(0, 59), st.integers(0, 59))
def test_a_duration_is_the_sum_of_its_parts(hours: int, minutes: int, seconds: int) -> None:
    assert read_duration(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


@given(st.text(max_size=12))
def test_no_text_breaks_the_reading_of_durations(text: str) -> None:
    with contextlib.suppress(ValueFormError):
        assert read_duration(text) >= 0
