"""Outcomes: how the jobs of a run ended, as results manifests show it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.model.file_facts import ResultWarning
from runner.model.jobs import Job
from runner.model.operations import Amount
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import Billed, JobError, Shortfall
from runner.model.tasks import NO_TASK, AttemptState, StoredFile, TaskFacts


class State(enum.StrEnum):
    """How a job ended, by the names of the results manifest."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    AMBIGUOUS = "ambiguous"
    PENDING = "pending"
    SKIPPED = "skipped"


STATES: Mapping[AttemptState, State] = {
    AttemptState.INTENT: State.AMBIGUOUS,
    AttemptState.NOT_SENT: State.PENDING,
    AttemptState.REFUSED: State.FAILED,
    AttemptState.AMBIGUOUS: State.AMBIGUOUS,
    AttemptState.SUBMITTED: State.PENDING,
    AttemptState.SUCCEEDED: State.SUCCEEDED,
    AttemptState.FAILED: State.FAILED,
}
"""What the state of its latest attempt means for a job; see `providers.registry.state_of`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of one job in one run."""

    job: Job
    state: State
    reason: Reason | None = None
    """Why pending, skipped or reused."""
    task: TaskFacts = NO_TASK
    estimated: Amount | None = None
    at_risk: Amount | None = None
    files: tuple[StoredFile, ...] = ()
    reused: bool = False
    attempts: int = 0
    error: JobError | None = None
    used_up: int | None = None
    """With `FAILED`: after this many attempts no further run submits it by itself; None where a run
    may, or where the error alone decides."""
    shortfall: Shortfall | None = None
    """With `SUCCEEDED`: why the files are not what was asked for."""
    sent: Mapping[str, Any] | None = None
    """The request's parameters with other jobs' results put in, as the ledger has them; None where
    nothing was sent."""
    by_other_run: bool = False
    """Another run at the same time made the task, and bears the cost."""

    @property
    def warnings(self) -> tuple[ResultWarning, ...]:
        """In what the files that are here are not what was asked for, each once."""
        return tuple(dict.fromkeys(warning for file in self.files for warning in file.warnings))

    @property
    def paid(self) -> bool:
        """Whether it cost something, or may have."""
        if self.state is State.FAILED:
            return self.error is None or self.error.billed is not Billed.NO
        return self.state in {State.AMBIGUOUS, State.SUCCEEDED} or self.task.id is not None


def needs_job(job: str, state: State) -> Reason:
    """Why a job is not made: the one that it needs ended in that state."""
    return Reason(ReasonCode.NEEDS_JOB, f'needs "{job}", which is {state.value}')
