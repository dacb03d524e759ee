"""An event loop whose clock, by which a run waits, is faster than the wall clock."""

from __future__ import annotations

import asyncio
import selectors
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it takes long to load, and runs in other processes need none
    import pytest

HASTE = 5
"""Seconds of the quick clock in one of ours. More would make a busy machine look like an outage."""


class _QuickSelector(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout and timeout / HASTE)


class QuickLoop(asyncio.SelectorEventLoop):
    """Waits for a fifth of the time: for the next status request, say, or for another try."""

    def __init__(self) -> None:
        super().__init__(_QuickSelector())

    def time(self) -> float:
        return quick_time()


def quicken_runs(patch: pytest.MonkeyPatch) -> None:
    """Have the runs in this process wait by the quick clock."""
    patch.setattr(asyncio.events, "new_event_loop", QuickLoop)


QUICK_CLOCK = """
import asyncio
from tests.commands.quick_clock import QuickLoop
asyncio.events.new_event_loop = QuickLoop
"""
"""The same for a run in a process of its own: code that runs there before anything else."""


def quick_time() -> float:
    """What the quick clock shows, in seconds."""
    return time.monotonic() * HASTE
