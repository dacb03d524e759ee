"""What is about to happen to every job, and why."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runner.model.jobs import Job
from runner.model.operations import Amount
from runner.model.outcomes import State
from runner.model.reasons import Reason
from runner.model.tasks import Attempt, StoredFile, TaskFacts


class Action(enum.StrEnum):
    """What a run will do for a job."""

    SUBMIT = "submit"
    ATTACH = "attach"
    """Its task is under way: poll and fetch."""
    FETCH = "fetch"
    """It is done and paid for, a file is missing: fetch only."""
    REUSE = "reuse"
    """Everything is there."""
    DECIDE = "decide"
    """An earlier submission's fate is unknown."""
    SHARE = "share"
    """Another job of this manifest asks for the very same: its result is used."""
    SKIP = "skip"
    """Not selected, or it failed before in a way that this request will again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A row of an earlier results manifest: this request was paid for, or may have been."""

    job: str
    """The id it had."""
    fingerprint: str
    state: State
    """`State.SUCCEEDED`, `State.PENDING` with its task still to be collected, or
    `State.AMBIGUOUS`, about which nothing is known but that it may have been paid for."""
    task: TaskFacts
    estimated: Amount | None
    files: tuple[StoredFile, ...]
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One parameter that a job asks for otherwise than the last time."""

    name: str
    """The parameter, `images[0]` for one of several images, `operation` for the operation."""
    before: Any
    """None where it was absent and the document states no default; images by their digest or
    URL."""
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """What will happen to one job, and why."""

    job: Job
    action: Action
    reason: Reason
    attempt: Attempt | None = None
    """The earlier submission that ATTACH, FETCH, REUSE, DECIDE and SKIP speak of."""
    evidence: Evidence | None = None
    """Where the ledger knows nothing (`attempt` is None): what ATTACH, FETCH, REUSE and SKIP rest
    on instead."""
    share: str | None = None
    """With `Action.SHARE`: the id of the job that makes it."""
    estimate: Amount | None = None
    """None where no price is known."""
    expected_s: float | None = None
    """How long the task should take; None where nothing is known."""
    changes: Sequence[Changed] = ()
    """What the job asks for otherwise than the last time; empty where it is new or the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every job of the manifest in its order."""

    entries: Sequence[PlanEntry]
