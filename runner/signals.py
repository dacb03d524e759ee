"""Signals: ends the program at once while it has done nothing, and keeps ignored ones ignored."""

from __future__ import annotations

import os
from collections.abc import Iterable

try:
    import signal
except KeyboardInterrupt:  # during this import; no handler is installed yet
    os._exit(130)

_TEXTS = {signal.SIGINT: b"interrupted\n", signal.SIGTERM: b"terminated\n"}
_DEFAULTS = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}


def end_at_once() -> None:
    """Let either signal end the process from now on; one that is ignored (`nohup`) stays so."""
    # A KeyboardInterrupt would be raised inside imports, or be handled by click.
    for number, default in _DEFAULTS.items():
        if signal.getsignal(number) is default:
            signal.signal(number, _end)


def not_ignored(numbers: Iterable[signal.Signals]) -> list[signal.Signals]:
    """Those of the signals that may be handled: not what the caller has made this process ignore.

    `nohup` ignores SIGHUP, a shell script SIGINT of what it starts in the background.
    """
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


def hand_over() -> bool:
    """Let SIGINT raise KeyboardInterrupt, as asyncio expects; returns whether ours was set."""
    ours = signal.getsignal(signal.SIGINT) is _end
    if ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return ours


def _end(number: int, _: object) -> None:
    # Nothing has to be undone yet, so the stack is not unwound: imports would break.
    try:
        os.write(2, _TEXTS[signal.Signals(number)])
    finally:
        os._exit(128 + number)
