"""Timestamps: one format for every moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from runner.timestamps import span, stamp, stamp_now, suspended_s


def test_a_moment_is_formatted_in_utc_to_the_millisecond() -> None:
    shanghai = timezone(timedelta(hours=8))
    moment = datetime(2026, 11, 20, 18, 0, 5, 123_999, tzinfo=shanghai)
    assert stamp(moment) == "2026-11-20T10:00:05.123Z"


def test_time_awake_is_not_suspended_time() -> None:
    before = suspended_s()
    assert before > -1
    assert abs(suspended_s() - before) < 0.1


def test_now_has_the_same_format() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    assert before <= datetime.fromisoformat(stamp_now()) <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.84, "0.8 s"),
        (42.4, "42 s"),
        (59.7, "1 min"),
        (200, "3 min 20 s"),
        (600, "10 min"),
        (3599.6, "1 h"),
        (7500, "2 h 5 min"),
        (47 * 3600, "47 h"),
        (48 * 3600, "2 days"),
        (12 * 86_400 + 5 * 3600, "12 days 5 h"),
    ],
)
def test_a_span_is_as_exact_as_its_length_calls_for(seconds: float, text: str) -> None:
    assert span(seconds) == text
