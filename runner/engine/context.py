"""What every part of a run needs to know, and the record of one job under way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from runner.engine.ledger_client import LedgerClient
from runner.engine.net.client import HttpClient
from runner.engine.net.pacing import Rate
from runner.engine.poll.list_poller import ListPoller
from runner.engine.poll.schedule import DurationStatsByKind
from runner.engine.submit.breaker import CircuitBreaker
from runner.engine.submit.budget import Budget
from runner.errors import Exit
from runner.hashing import HashCache
from runner.ledger import RescueFile, Result
from runner.model import (
    NO_TASK,
    Account,
    Action,
    Attempt,
    AttemptState,
    Event,
    Intent,
    JobError,
    Observer,
    Operation,
    Outcome,
    PlanEntry,
    Reason,
    Step,
    TaskFacts,
)
from runner.providers.registry import Provider
from runner.settings import Settings
from runner.timestamps import stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One run's surroundings; nothing here changes but what the objects hold themselves."""

    settings: Settings
    operations: Mapping[str, Operation]
    providers: Mapping[str, Provider]
    manifest: str
    """What the ledger knows the manifest by."""
    run: str
    """The ledger's id of this run."""
    base: Path
    """The results manifest's folder, which file paths in results start from."""
    outputs: Path
    """The folder of this manifest's files."""
    archive: Path
    """Where displaced files go, by digest."""
    hashes: HashCache
    ledger: LedgerClient
    rescue: RescueFile
    http: HttpClient
    rates: Mapping[str, Rate]
    """Provider to the pace of its status requests."""
    budget: Budget
    """Ceilings, and what is spent and reserved under them."""
    pollers: Mapping[str, ListPoller]
    """Provider to its watched tasks."""
    durations: DurationStatsByKind
    """How long tasks take."""
    breakers: Mapping[str, CircuitBreaker]
    """Provider to the door that submissions go through."""
    observer: Observer
    alive: Callable[[str], bool]
    """Whether the run of that id, in the same ledger, still lives."""
    random: random.Random
    stopping: asyncio.Event
    """Set when nothing more is to be submitted."""
    once: bool = False
    """Tasks are asked for until an answer tells of them; no end is waited for."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def account(self, operation: Operation) -> Account:
        """The way into the provider of `operation`."""
        return self.settings.accounts[operation.provider]

    def provider(self, operation: Operation) -> Provider:
        """The translator for `operation`."""
        return self.providers[operation.provider]

    def stamp(self) -> str:
        """Now, as the ledger and the results write it: UTC, RFC 3339, to the millisecond."""
        return stamp(self.now())

    def emit(self, step: Step, job: str, text: str = "", outcome: Outcome | None = None) -> None:
        """Let the onlookers know."""
        self.observer.event(Event(step=step, job=job, text=text, outcome=outcome))


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReason:
    """Why nothing more is submitted, to one provider or at all."""

    reason: Reason
    exit: Exit

    @property
    def not_submitted(self) -> Reason:
        """The same as the reason of a job that is therefore left alone."""
        return Reason(self.reason.code, f"not submitted: {self.reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a job left the air: its outcome, and whether its provider must stop with it."""

    outcome: Outcome
    stop: StopReason | None = None
    """None when the provider goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """The job was not taken, and no harm done: it is to be submitted again."""

    delay_s: float
    narrow: bool = False
    """There are too many tasks in flight, says the provider."""


@dataclass(slots=True, kw_only=True)
class JobRun:
    """One job under way. Its fields fill up as it goes; an interruption finds them as they are."""

    entry: PlanEntry
    operation: Operation
    number: int | None = None
    """The ledger's number of the living attempt."""
    task: TaskFacts = NO_TASK
    attempts: int = 0
    intent: Intent | None = None
    """What the last submission was meant to be."""
    tries: int = 0
    """How often its submission was put off."""
    others_since: float | None = None
    """Since when it has been left until another run has done something, by the loop's time."""
    posting: bool = False
    """A submission has left and its answer is awaited: to be cut only as a last resort."""
    unsure: bool = False
    """What became of its submission is being found out."""
    elsewhere: bool = False
    """Another run made the task."""
    known: bool = False
    """The task's success is known."""
    recorded: asyncio.Future[Result] | None = None
    """With `known`: done once the ledger has it; None where it had it before."""
    fresh: bool = False
    """The task was made in this run, and just now."""

    @classmethod
    def of(cls, entry: PlanEntry, operation: Operation) -> JobRun:
        """A job about to take off, with what an earlier run knows of its task."""
        known = entry.attempt or entry.evidence
        if known is None or entry.action is Action.SUBMIT:
            return cls(entry=entry, operation=operation)
        return cls(
            entry=entry,
            operation=operation,
            number=entry.attempt.number if entry.attempt else None,
            task=known.task,
            attempts=known.ordinal if isinstance(known, Attempt) else known.attempts,
            known=entry.action is Action.FETCH,
            intent=entry.attempt.intent if entry.attempt else None,
        )

    def take_over(self, attempt: Attempt) -> None:
        """Go on with a task that another run made of the same request."""
        self.elsewhere = True
        self.number, self.intent = attempt.number, attempt.intent
        self.task, self.attempts = attempt.task, attempt.ordinal
        self.known = attempt.state is AttemptState.SUCCEEDED

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
