"""Marks: what somebody thinks of one result, as a marks file has it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Choice(StrEnum):
    """Whether a result is to be used."""

    PICKED = "picked"
    REJECTED = "rejected"


MAX_STARS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The mark of one job. It counts for the result with this fingerprint alone."""

    id: str
    """In NFC, as the ids of jobs are."""
    fingerprint: str
    choice: Choice | None = None
    stars: int = 0
    """0 to 5; 0 is not rated."""
    note: str = ""
