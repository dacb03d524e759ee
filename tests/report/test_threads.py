"""Threads: quick work stays in one, slow work is spread, and the order is kept."""

from __future__ import annotations

import threading

import pytest

from runner.report import threads
from runner.report.threads import each, thread_count


def test_quick_work_stays_in_the_thread_that_asks() -> None:
    found = each(lambda number: (number, threading.current_thread()), range(50))
    assert list(found) == [(number, threading.current_thread()) for number in range(50)]


def test_from_the_first_slow_item_on_others_work_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_SLOW_S", -1.0)  # whatever takes any time is slow
    found = list(each(lambda number: (number, threading.current_thread()), range(50)))
    assert [number for number, _ in found] == list(range(50))
    assert found[0][1] is threading.current_thread()
    assert threading.current_thread() not in {thread for _, thread in found[1:]}


def test_there_is_a_thread_for_each_processor() -> None:
    assert thread_count() >= 1
