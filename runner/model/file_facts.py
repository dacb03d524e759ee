"""File facts: what was measured of a fetched file, and in what a result is not as asked for.

They stand with the file in the ledger, and from there in the results, so that a result which is
used again has the same facts and warnings. A cache by digest would not do: a warning is about the
request as well as the file, a cache may be deleted, and a measured file may have moved or gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

Label: TypeAlias = Literal["aigc", "c2pa", "iptc"]
"""A mark of generated content: TC260's of GB 45438, a manifest of C2PA, IPTC's source type."""

LABELS: tuple[Label, ...] = get_args(Label)
"""In the order in which they are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What a file was measured to be; None for what its type does not have or nobody could see."""

    width: int | None = None
    """Pixels, as stored."""
    height: int | None = None
    seconds: float | None = None
    """To a hundredth."""
    frames_per_second: float | None = None
    codec: str | None = None
    """Of the pictures of a video, or of the sound of an audio file; None where PyAV is missing."""
    has_sound: bool | None = None
    labels: tuple[Label, ...] = ()
    """The marks that the file carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultWarning:
    """Why a file that was paid for is not as it was asked for."""

    code: str
    """In snake case; those of newer versions of the program are kept as they are."""
    message: str


DAMAGED = frozenset({"truncated_file", "unreadable_file", "wrong_kind"})
"""Codes of warnings about a file that is wrong in itself: fetched again, it may be right."""


def in_order(labels: Iterable[str]) -> tuple[Label, ...]:
    """The labels among these words, each once, in the order in which they are listed."""
    found = frozenset(labels)
    return tuple(label for label in LABELS if label in found)
