"""An open file in; what is remembered of it, and a way to have more remembered, out."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

from runner.digests.marks import Marks
from runner.digests.memory import MEMORY, Known

WORTH_BYTES = 64 * 1024
"""Smaller files are read each time: that takes little longer than to look them up in a store (40 us
against 10, measured at this size), and there may be very many of them."""


class Sight(NamedTuple):
    """A file as it was at a moment, before any of it was read."""

    path: Path
    descriptor: int
    marks: Marks
    at_ns: int

    @classmethod
    def of(cls, path: Path, descriptor: int) -> Sight:
        """Look at the regular file at `path` that was opened as `descriptor`."""
        at_ns = time.time_ns()
        return cls(path, descriptor, Marks.of(os.fstat(descriptor)), at_ns)

    def recall(self) -> Known | None:
        """What the file holds, where it was read before and has not changed since."""
        return MEMORY.find(self.path, self.marks) if self.marks.size >= WORTH_BYTES else None

    def keep(self, known: Known) -> Known:
        """Have it remembered what was read since; not where the file may have changed meanwhile."""
        if (
            self.marks.size >= WORTH_BYTES
            and self.marks.settled(self.at_ns)
            and Marks.of(os.fstat(self.descriptor)) == self.marks
        ):
            MEMORY.keep(self.path, self.marks, known)
        return known
