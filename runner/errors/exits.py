"""The codes that the program ends with, and which of several counts."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Exit(enum.IntEnum):
    """The exit codes users and scripts rely on."""

    OK = 0
    JOBS_FAILED = 1
    USAGE = 2
    INVALID = 3
    PROVIDER = 4
    BUDGET = 5
    INCOMPLETE = 6
    DECISION = 7
    LEDGER = 8
    TO_SUBMIT = 10
    DEFECT = 70
    INTERRUPTED = 130
    TERMINATED = 143


PRECEDENCE = (
    Exit.DEFECT,
    Exit.INTERRUPTED,
    Exit.TERMINATED,
    Exit.LEDGER,
    Exit.PROVIDER,
    Exit.DECISION,
    Exit.BUDGET,
    Exit.INCOMPLETE,
    Exit.JOBS_FAILED,
)


def worst(codes: Iterable[Exit]) -> Exit:
    """The code to exit with when several apply; `Exit.OK` for none.

    Codes outside the precedence table (usage, invalid, to submit) end a program before any
    job runs, so they win over everything.
    """
    seen = set(codes) - {Exit.OK}
    early = sorted(seen - set(PRECEDENCE))
    return next((code for code in (*early, *PRECEDENCE) if code in seen), Exit.OK)
