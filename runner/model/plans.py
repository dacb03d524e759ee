"""Plans: what a run is about to do for every job, and why."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from runner.model.file_facts import DAMAGED
from runner.model.jobs import Job
from runner.model.operations import Amount
from runner.model.outcomes import State
from runner.model.reasons import Reason
from runner.model.requests import JobError, Shortfall
from runner.model.tasks import Attempt, StoredFile, TaskFacts


class Action(enum.StrEnum):
    """What a run will do for a job."""

    SUBMIT = "submit"
    ATTACH = "attach"
    """Its task is under way: poll and fetch."""
    FETCH = "fetch"
    """It is done and paid for, but a file is missing: only fetch."""
    REUSE = "reuse"
    """The result and its files are there."""
    DECIDE = "decide"
    """An earlier submission's fate is unknown."""
    SHARE = "share"
    """Another job of this manifest has the same request: use its result."""
    SKIP = "skip"
    """Not selected, or it would fail, or what it needs does, or only the user can get its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A row of an earlier results manifest that proves that a request was or may be paid for."""

    job: str
    """The id it had."""
    fingerprint: str
    state: State
    """`SUCCEEDED`, `PENDING` (its task is still to be collected), or `AMBIGUOUS` (it may have been
    paid for, and nothing else is known)."""
    task: TaskFacts
    estimated: Amount | None
    files: tuple[StoredFile, ...]
    attempts: int
    shortfall: Shortfall | None = None
    """With `SUCCEEDED`: why its files are not what was asked for."""
    off_peak: bool = False
    """Whether its request could wait for idle hours."""

    @property
    def is_damaged(self) -> bool:
        """Whether one of its files is wrong in itself, so that it is worth fetching again."""
        return any(warning.code in DAMAGED for file in self.files for warning in file.warnings)


ChangeKind: TypeAlias = Literal["value", "item", "media", "result"]
"""What changed: a value, whether a list has an item, an image, or the result of another job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One parameter with another value than in the job's last request."""

    kind: ChangeKind = "value"
    name: str
    """The parameter or its part, such as `images[0]`; `operation` for the operation."""
    before: Any
    """None where it was absent and the document states no default; images by their digest or
    URL."""
    after: Any


QUEUED_S = 86_400.0
"""No provider works on one task for so long: a task that may take it waits in a queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """What will happen to one job, and why."""

    job: Job
    action: Action
    reason: Reason
    attempt: Attempt | None = None
    """The earlier submission that ATTACH, FETCH, REUSE, DECIDE and SKIP refer to."""
    evidence: Evidence | None = None
    """The same, where the ledger has no attempt and an earlier results manifest has a row."""
    share: str | None = None
    """With `Action.SHARE`: the id of the job with the same request."""
    estimate: Amount | None = None
    """None where no price is known."""
    expected_s: float | None = None
    """How long the task should take; None where that is unknown."""
    limit_s: float | None = None
    """How long the task may take from its submission on; None where that is as usual."""
    changes: Sequence[Changed] = ()
    """What changed since the job's last request; empty where it is new or the same."""
    as_usual: str | None = None
    """Why it is submitted at once, though the run asks for off-peak; None where it is not so."""
    error: JobError | None = None
    """With `Action.SKIP`: why it would fail before anything of it is sent."""
    failures: int = 0
    """How many tasks of the same request have failed by now."""
    cancellations: int = 0
    """How many more of them the user has cancelled."""

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do for the job."""
        return self.action in (Action.REUSE, Action.SKIP)

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Ids of the jobs whose ends it waits for."""
        # A job that shares a result waits for the one that makes it, and for no other.
        return (self.share,) if self.share else self.job.draft.needs

    @property
    def may_queue(self) -> bool:
        """Whether the task may wait at its provider for a day and more, as those off-peak do."""
        return self.limit_s is not None and self.limit_s >= QUEUED_S

    @property
    def earlier(self) -> Attempt | Evidence | None:
        """The earlier submission, from the ledger or else from an earlier results manifest."""
        return self.attempt or self.evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every job of the manifest in its order."""

    entries: Sequence[PlanEntry]
