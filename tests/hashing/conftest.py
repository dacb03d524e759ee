"""Files that have lain still for a while."""

from __future__ import annotations

import time

import pytest

from runner.hashing import SETTLED_NS


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock, what is written from now on was written some time ago."""
    clock = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: clock() + 2 * SETTLED_NS)
