"""SIGINT and SIGTERM while nothing has begun yet: the program ends at once, with its own code."""

from __future__ import annotations

import os

try:
    import signal
except KeyboardInterrupt:  # the very first moment; the module that would handle it is missing
    os._exit(130)

_TEXTS = {signal.SIGINT: b"interrupted\n", signal.SIGTERM: b"terminated\n"}
_DEFAULTS = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}


def end_at_once() -> None:
    """From now on, either signal ends the process; one that is ignored (`nohup`) stays so.

    Python's own answer to SIGINT, an exception wherever the program is, would pass through the
    imports and the command line's library, which has an answer of its own.
    """
    for number, default in _DEFAULTS.items():
        if signal.getsignal(number) is default:
            signal.signal(number, _end)


def hand_over() -> bool:
    """Let SIGINT raise KeyboardInterrupt, as asyncio expects; whether it was ours until now."""
    ours = signal.getsignal(signal.SIGINT) is _end
    if ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return ours


def _end(number: int, _: object) -> None:
    """Nothing is to be undone yet, so nothing is unwound: imports would not bear it."""
    try:
        os.write(2, _TEXTS[signal.Signals(number)])
    finally:
        os._exit(128 + number)
