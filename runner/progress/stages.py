"""Reading and planning, told by a bar on a terminal once they take longer than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO, TypeVar

from runner.progress.observers import is_interactive

if TYPE_CHECKING:
    from runner.progress.observers import NarrowBar

T = TypeVar("T")

PATIENCE_S = 1.0
"""For so long nobody wonders whether anything happens."""
EVERY = 1000
"""Jobs from one look at the clock to the next."""


@contextmanager
def stages(mode: str, environ: Mapping[str, str], *, err: TextIO | None = None) -> Iterator[Stages]:
    """The bar that `--progress` asks for, gone at the end of the block; else one that is none.

    Only a terminal gets one, with `auto` and with `bar`.
    """
    err = err or sys.stderr
    wanted = mode in ("auto", "bar") and is_interactive(err, environ)
    told = Stages(err if wanted else None)
    try:
        yield told
    finally:
        told.close()


class Stages:
    """One stage after the other, each with a bar of its own."""

    def __init__(self, out: TextIO | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`out`: where the bar is drawn, None for nowhere."""
        self._out = out
        self._clock = clock
        self._start = clock()
        self._bar: NarrowBar | None = None
        self._what = ""

    @property
    def shown(self) -> bool:
        """Whether there is anybody to look on."""
        return self._out is not None

    def begin(self, what: str) -> None:
        """The next stage, such as `planning`; told at once where there was long enough to wait."""
        self.close()
        self._what = what
        self.reached(0, 1)

    def reached(self, done: int, total: int) -> None:
        """How far the stage is; cheap, but nothing to be called for every job."""
        if self._out is None or self._clock() - self._start < PATIENCE_S:
            return
        try:
            self._draw(self._out, done, total)
        except (OSError, ValueError):  # nobody looks on any more
            self._out = None

    def each(self, what: str, items: Sequence[T]) -> Iterator[T]:
        """A stage that goes through the items, one by one."""
        self.begin(what)
        for start in range(0, len(items), EVERY):
            self.reached(start, len(items))
            yield from items[start : start + EVERY]

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _draw(self, out: TextIO, done: int, total: int) -> None:
        bar = self._bar
        if bar is None:
            bar = self._bar = _bar(out, self._what, total)
        bar.total = total
        bar.update(done - bar.n)


def _bar(out: TextIO, what: str, total: int) -> NarrowBar:
    from runner.progress.observers import NarrowBar

    return NarrowBar(
        desc=what,
        total=total,
        file=out,
        leave=False,
        dynamic_ncols=True,
        bar_format="{l_bar}{bar}| [{elapsed}]",
    )
