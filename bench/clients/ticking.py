"""A Python program as it is, with a clock beside it that tells how long its event loop stood still.

python ticking.py REPORT.json (-m MODULE | SCRIPT) ARGUMENTS...
"""

import asyncio
import json
import runpy
import sys
import time
from pathlib import Path

TICK_S = 0.002
"""How often the loop is asked for a sign of life."""


class Clock:
    """Asks to be called every two milliseconds, and notes how much later it was."""

    def __init__(self) -> None:
        self.late_s: list[float] = []

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with that loop."""
        due = time.perf_counter() + TICK_S

        def tick() -> None:
            nonlocal due
            now = time.perf_counter()
            self.late_s.append(max(0.0, now - due))
            due = now + TICK_S
            loop.call_later(TICK_S, tick)

        loop.call_later(TICK_S, tick)


class Policy(asyncio.DefaultEventLoopPolicy):
    """Makes loops that are watched."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """A loop as ever, under the clock."""
        loop = super().new_event_loop()
        self._clock.watch(loop)
        return loop


def main(report: str, *program: str) -> None:
    """Run the program, and write how late the clock was."""
    clock = Clock()
    asyncio.set_event_loop_policy(Policy(clock))
    path = Path(report).absolute()
    try:
        if program[0] == "-m":
            sys.argv = list(program[1:])
            runpy.run_module(program[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = list(program)
            runpy.run_path(program[0], run_name="__main__")
    finally:
        path.write_text(json.dumps(clock.late_s), encoding="ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
