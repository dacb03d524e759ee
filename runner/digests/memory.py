"""What was found in files, remembered in this process and in a store that outlives it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from runner.digests.marks import Marks


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a file's content."""

    sha256: str
    """Hex."""
    note: str = ""
    """What else whoever read it wants to know the next time; the reader's own words."""


class Store(Protocol):
    """Remembers from one process to the next; for any thread, and never fails."""

    def find(self, path: Path, marks: Marks) -> Known | None:
        """What was kept of the file at `path` when it had these very marks."""

    def keep(self, path: Path, marks: Marks, known: Known) -> None:
        """Remember what a settled file holds, or leave it where that is not worth it."""


class _Memory:
    """Of one process: what it has read itself, and the store it may ask for more."""

    _MOST = 10_000

    def __init__(self) -> None:
        self.store: Store | None = None
        self._own: dict[Marks, Known] = {}

    def find(self, path: Path, marks: Marks) -> Known | None:
        known = self._own.get(marks)
        if known is None and self.store is not None:
            known = self.store.find(path, marks)
        return known

    def keep(self, path: Path, marks: Marks, known: Known) -> None:
        if len(self._own) < self._MOST or marks in self._own:
            self._own[marks] = known
        if self.store is not None:
            self.store.keep(path, marks, known)


MEMORY = _Memory()


@contextmanager
def backed_by(store: Store) -> Iterator[None]:
    """Let what is read within the block, in any thread, be looked up in `store` and kept there."""
    before, MEMORY.store = MEMORY.store, store
    try:
        yield
    finally:
        MEMORY.store = before
