"""What the reader finds wrong in a text, by character index; lines and columns come later."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One thing wrong (or, with `warning`, odd) in a YAML text."""

    index: int
    """Characters before it in the text."""
    message: str
    hint: str | None = None
    warning: bool = False
    twin: tuple[str | int, ...] | None = None
    """Path of the key that was there first: its place is told, too."""


class FlawError(Exception):
    """A flaw after which reading on is pointless."""

    def __init__(self, flaw: Flaw):
        super().__init__(flaw.message)
        self.flaw = flaw
