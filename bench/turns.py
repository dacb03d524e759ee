"""Several commands in; what each took against the first of them, run in turns, out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.processes import Usage, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line, and what it finds in its environment besides the usual."""

    words: Sequence[str | Path]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What the commands took, the yardstick first in every turn."""

    turns: Sequence[Sequence[Usage]]

    def ratio(self, command: int, of: Callable[[Usage], float]) -> float:
        """The median over all turns of what a command took against the yardstick beside it."""
        return median(of(turn[command]) / of(turn[0]) for turn in self.turns)

    def typical(self, command: int, of: Callable[[Usage], float]) -> float:
        """The median over all turns of what a command took."""
        return median(of(turn[command]) for turn in self.turns)


def compare(commands: Sequence[Command], turns: int) -> Compared:
    """Run the commands one after the other, that many times; the first is the yardstick."""
    return Compared(
        turns=[[run(each.words, env=each.env) for each in commands] for _ in range(turns)]
    )


def cpu_s(usage: Usage) -> float:
    """What a busy machine disturbs least."""
    return usage.cpu_s


def peak_mb(usage: Usage) -> float:
    """The most memory that was resident."""
    return usage.peak_mb
