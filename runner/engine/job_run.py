"""Job runs: how far each job under way is, and how each of its steps can end."""

from __future__ import annotations

import asyncio
import enum
from dataclasses import dataclass, replace

from runner.engine.stop_conditions import StopReason
from runner.ledger.changes import Finish, Result
from runner.model.operations import Operation
from runner.model.outcomes import Outcome
from runner.model.plans import Action, PlanEntry
from runner.model.requests import (
    Creation,
    Fate,
    JobError,
    Shortfall,
    Submission,
    TaskState,
    TaskStatus,
)
from runner.model.tasks import NO_TASK, Attempt, AttemptState, Intent, StoredFile, TaskFacts


class Phase(enum.Enum):
    """How far a job is."""

    WAITING = "waiting"
    """Nothing of it is sent, or what was sent did not make a task."""
    POSTING = "posting"
    """Its submission is on its way, or the answer is not on record yet: cancelled last of all."""
    SETTLING = "settling"
    """It is being found out what became of its submission."""
    UNDER_WAY = "under way"
    """It has a task."""
    SUCCEEDED = "succeeded"
    """Its task has succeeded; only the files may be missing."""


class TaskOrigin(enum.Enum):
    """Which run made a job's task."""

    EARLIER_RUN = "earlier run"
    OTHER_RUN = "other run"
    """A run at the same time, which bears the cost."""
    THIS_RUN = "this run"


_PHASE_AFTER = {Fate.SUBMITTED: Phase.UNDER_WAY, Fate.AMBIGUOUS: Phase.SETTLING}
"""After every other fate there is no task: the job waits again, or ends."""


@dataclass(slots=True, kw_only=True)
class JobRun:
    """One job under way. An interruption reads its state at any moment."""

    entry: PlanEntry
    operation: Operation
    phase: Phase = Phase.WAITING
    task: TaskFacts = NO_TASK
    origin: TaskOrigin = TaskOrigin.EARLIER_RUN
    """Of the task, where there is one."""
    number: int | None = None
    """The ledger's number of the living attempt."""
    attempts: int = 0
    intent: Intent | None = None
    """Of the latest submission."""
    tries: int = 0
    """How often its submission was put off."""
    shortfall: Shortfall | None = None
    """With `Phase.SUCCEEDED`: why its results are not what was asked for."""
    creations: tuple[Creation, ...] = ()
    """What else is offered of each of the task's URLs; empty where no answer of this run shows."""
    fetched: tuple[StoredFile, ...] = ()
    """With `Phase.SUCCEEDED`: its results, where all of them are here."""
    waiting_since: float | None = None
    """Since when it has been waiting for another run, by the loop's time."""
    recorded: asyncio.Future[Result] | None = None
    """Done once the ledger has the success; None where the ledger had it before."""

    @classmethod
    def of(cls, entry: PlanEntry, operation: Operation) -> JobRun:
        """The run of a planned job, with what is known of its task from earlier."""
        known = entry.earlier
        if known is None or entry.action is Action.SUBMIT:
            return cls(entry=entry, operation=operation)
        phase = Phase.UNDER_WAY if known.task.id else Phase.WAITING
        return cls(
            entry=entry,
            operation=operation,
            phase=Phase.SUCCEEDED if entry.action is Action.FETCH else phase,
            task=known.task,
            number=entry.attempt.number if entry.attempt else None,
            attempts=known.ordinal if isinstance(known, Attempt) else known.attempts,
            intent=entry.attempt.intent if entry.attempt else None,
            shortfall=known.shortfall,
        )

    @property
    def is_unsettled(self) -> bool:
        """Whether a submission has left of which nobody knows yet what became of it."""
        unanswered = self.phase is Phase.POSTING and self.task.id is None
        return unanswered or self.phase is Phase.SETTLING

    # ---------------------------------------------------- transitions, in the order of a job

    def post(self, intent: Intent) -> None:
        """A submission is about to leave."""
        self.phase, self.intent = Phase.POSTING, intent

    def withdraw(self) -> None:
        """The submission has not left: its intent is not on record."""
        self.phase = Phase.WAITING

    def answer(self, submission: Submission, at: str) -> None:
        """The submission was answered, or not; still to be put on record."""
        if submission.fate is not Fate.NOT_SENT:  # as the ledger counts them
            self.attempts += 1
        if submission.fate in (Fate.REFUSED, Fate.STOPPED):
            self.task = replace(self.task, finished_at=at)
        if submission.fate is Fate.SUBMITTED:
            task = replace(self.task, id=submission.task_id, submitted_at=at)
            self.task = task.learn(submission.seed, submission.credits)
            self.origin = TaskOrigin.THIS_RUN
            if submission.task is not None:
                self._learn_end(submission.task, at)

    def record_answer(self, submission: Submission) -> None:
        """The ledger has what became of the submission."""
        self.phase = _PHASE_AFTER.get(submission.fate, Phase.WAITING)
        if submission.task is not None:
            self._note_end(submission.task)

    def settle(self) -> None:
        """Find out what became of a submission."""
        self.phase = Phase.SETTLING

    def submit_again(self) -> None:
        """The submission is settled as not sent, or set aside."""
        self.phase = Phase.WAITING
        self.tries += 1

    def find(self, attempt: Attempt, task: TaskFacts) -> None:
        """The task of a submission of unknown fate was found."""
        self.phase, self.number, self.task = Phase.UNDER_WAY, attempt.number, task

    def take_over(self, attempt: Attempt) -> None:
        """Go on with the task that another run made of the same request."""
        self.origin = TaskOrigin.OTHER_RUN
        self.number, self.intent = attempt.number, attempt.intent
        self.task, self.attempts = attempt.task, attempt.ordinal
        self.shortfall = attempt.shortfall
        self.phase = Phase.UNDER_WAY if attempt.task.id else Phase.WAITING
        if attempt.state is AttemptState.SUCCEEDED:
            self.phase = Phase.SUCCEEDED

    def finish(self, status: TaskStatus, at: str) -> None:
        """The task has ended, one way or the other."""
        self._learn_end(status, at)
        self._note_end(status)

    def learn_urls(self, status: TaskStatus) -> None:
        """What is offered of the task's results, by the latest answer."""
        ids = tuple(each.id for each in status.creations)
        known = ids if any(ids) else self.task.creation_ids
        self.task = replace(self.task, urls=status.urls, creation_ids=known)
        self.creations, self.shortfall = status.creations, status.shortfall

    def _learn_end(self, status: TaskStatus, at: str) -> None:
        self.learn_urls(status)
        task = replace(self.task, usage=status.usage, finished_at=at)
        self.task = task.learn(status.seed, status.credits)

    def _note_end(self, status: TaskStatus) -> None:
        if status.state is TaskState.SUCCEEDED:
            self.phase = Phase.SUCCEEDED

    def finish_change(self, state: AttemptState, error: JobError | None, at: str) -> Finish:
        """The change that records the end of the task, at `at` where no other time is known.

        A success is on record with its shortfall, unless there is another error.
        """
        assert self.number is not None
        if error is None and state is AttemptState.SUCCEEDED and self.shortfall is not None:
            error = self.shortfall.error
        return Finish(
            number=self.number,
            state=state,
            finished_at=self.task.finished_at or at,
            seed=self.task.seed,
            credits=self.task.credits,
            usage=self.task.usage,
            urls=self.task.urls,
            creation_ids=self.task.creation_ids,
            error=error,
        )

    def attempt(self, run: str, state: AttemptState, error: JobError | None) -> Attempt:
        """The living attempt, as this run left it."""
        assert self.number is not None
        assert self.intent is not None
        return Attempt(
            number=self.number,
            run=run,
            state=state,
            intent=self.intent,
            task=self.task,
            error=error,
        )


# --------------------------------------------------------------------- how a step can end


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The job has its outcome in this run."""

    outcome: Outcome
    stop: StopReason | None = None
    """Why its provider gets no more submissions; None when it goes on."""
    keeps_place: bool = False
    """Nobody waits for its task any more, which goes on: its place in flight is not free."""


@dataclass(frozen=True, slots=True)
class Queued:
    """The job has a task that may wait at its provider for days: it needs no place in flight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryLater:
    """The job has no task and is to be submitted again."""

    delay_s: float
    too_many_tasks: bool = False
    """The provider refuses more tasks at the same time."""


@dataclass(frozen=True, slots=True)
class HasTask:
    """The job has a task: its submission was accepted, or the task of an earlier one was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """The submission may have made a task: its attempt is ambiguous and has to be settled."""

    error: JobError


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The task has succeeded; what is left to do is fetching its files."""
