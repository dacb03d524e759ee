"""Marks: what somebody thinks of one result, as a marks file has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeMarks:
    """What counts of a marks file while jobs are made from a manifest."""

    source: str = ""
    """The file, as messages name it, whether it exists or not."""
    rejected: Mapping[str, str] = field(default_factory=dict)
    """Id of each take that is to be replaced, to the fingerprint for which that counts."""
    picked: Mapping[str, str] = field(default_factory=dict)
    """The same of the takes that `.picked` stands for."""
