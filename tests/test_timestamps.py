"""Timestamps: one format for every moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from runner.timestamps import stamp, stamp_now


def test_a_moment_is_formatted_in_utc_to_the_millisecond() -> None:
    shanghai = timezone(timedelta(hours=8))
    moment = datetime(2026, 11, 20, 18, 0, 5, 123_999, tzinfo=shanghai)
    assert stamp(moment) == "2026-11-20T10:00:05.123Z"


def test_now_has_the_same_format() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    assert before <= datetime.fromisoformat(stamp_now()) <= datetime.now(UTC)
