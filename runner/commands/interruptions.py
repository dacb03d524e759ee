"""Interruptions: passes the signals that end a program to the run that is going on."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from runner.commands.carry_out import SignalHandler
from runner.signals import not_ignored


@contextmanager
def signals(handle: SignalHandler, handle_late: SignalHandler) -> Iterator[None]:
    """Pass signals that end a program to `handle`, and the first one after it to `handle_late`."""
    loop = asyncio.get_running_loop()
    # SIGHUP: its terminal was closed.
    numbers = not_ignored((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))

    # Until the loop is closed, an exception would leave connections open.
    def last(number: signal.Signals) -> None:
        for each in numbers:
            loop.remove_signal_handler(each)  # the next one ends the program at once
        handle_late(number)

    for number in numbers:
        loop.add_signal_handler(number, handle, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.add_signal_handler(number, last, number)
