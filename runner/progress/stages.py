"""Stages: shows a bar while a large manifest is read and planned, once that takes a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, TextIO, TypeVar, cast

from runner.progress.observers import is_interactive
from runner.streams import Lasting

if TYPE_CHECKING:
    from runner.progress.bar import NarrowBar

T = TypeVar("T")

DELAY_S = 1.0
"""Nobody needs a bar for less."""
ITEMS_PER_UPDATE = 1000
"""Jobs between two looks at the clock, which takes time itself."""


def stages(mode: str, environ: Mapping[str, str], *, err: TextIO | None = None) -> closing[Stages]:
    """Stages with a bar where `--progress` is `auto` or `bar` and `err` is a terminal."""
    err = err or sys.stderr
    shown = mode in ("auto", "bar") and is_interactive(err, environ)
    return closing(Stages(err if shown else None))


class Stages:
    """One stage after the other, each with its own bar."""

    def __init__(self, out: TextIO | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`out`: where the bar is drawn, None for nowhere."""
        self._out = out and cast("TextIO", Lasting(out))
        self._clock = clock
        self._start = clock()  # of all stages: the delay counts once
        self._bar: NarrowBar | None = None
        self._name = ""

    def begin(self, name: str) -> None:
        """Begin the next stage, such as `planning`; its bar is drawn at once after the delay."""
        self.close()
        self._name = name  # its bar is made when it is drawn: most stages take no time
        self.reached(0, 1)

    def reached(self, done: int, total: int) -> None:
        """Show how far the stage is. Cheap, but too slow to be called for every job."""
        if self._out is None or self._clock() - self._start < DELAY_S:
            return
        self._draw(self._out, done, total)

    def each(self, name: str, items: Sequence[T]) -> Iterator[T]:
        """Yield the items one by one, as a stage of their own."""
        self.begin(name)
        for start in range(0, len(items), ITEMS_PER_UPDATE):
            self.reached(start, len(items))
            yield from items[start : start + ITEMS_PER_UPDATE]

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _draw(self, out: TextIO, done: int, total: int) -> None:
        if self._bar is None:
            from runner.progress.bar import NarrowBar  # loads tqdm, which takes a while

            self._bar = NarrowBar(
                desc=self._name,
                total=total,
                file=out,
                leave=False,
                dynamic_ncols=True,
                bar_format="{l_bar}{bar}| [{elapsed}]",
            )
        self._bar.total = total  # known late: a document's length only once it is read
        self._bar.update(done - self._bar.n)
