"""Context: what every part of one run needs, passed in at its start."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from runner.engine.ledger_client import LedgerClient
from runner.engine.net.client import HttpClient
from runner.engine.net.pacing import Rate
from runner.engine.poll.list_poller import ListPoller
from runner.engine.poll.timing import DurationStatsByKind
from runner.engine.submit.breaker import CircuitBreaker
from runner.engine.submit.budget import Budget
from runner.errors import LedgerError, redact
from runner.file_names import located
from runner.hashing import HashCache
from runner.ledger.rescue import RescueFile
from runner.model.events import Event, Observer, Step
from runner.model.operations import Operation
from runner.model.outcomes import Outcome
from runner.model.requests import Account, JobError, Submission, TaskStatus
from runner.model.tasks import StoredFile
from runner.planning.chained import ResultFiles
from runner.providers.registry import Provider
from runner.settings.settings import Settings
from runner.timestamps import stamp

MIN_KEY_LENGTH = 6
"""A shorter key would be replaced inside ordinary words."""


def redacted(settings: Settings, text: str) -> str:
    """The text without the keys of a run."""
    return redact(text, (key for key in settings.secrets if len(key.reveal()) >= MIN_KEY_LENGTH))


class TaggedTasks:
    """The tasks that searches for lost submissions have asked for, and that have a tag.

    Many submissions can be lost at once, and be looked for among the same tasks: each is asked
    for once. A tag never changes.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], TaskStatus] = {}
        self._locks = defaultdict[tuple[str, str], asyncio.Lock](asyncio.Lock)

    async def ask(
        self, provider: str, task_id: str, query: Callable[[], Awaitable[TaskStatus]]
    ) -> TaskStatus:
        """The status of a task by an earlier answer, or by `query`."""
        key = (provider, task_id)
        async with self._locks[key]:
            status = self._found.get(key) or await query()
            if status.tag is not None:
                self._found[key] = status
            return status


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What one run works with. The record itself never changes; some of its objects do."""

    settings: Settings
    operations: Mapping[str, Operation]
    providers: Mapping[str, Provider]
    manifest: str
    """The manifest's name in the ledger."""
    run: str
    """The ledger's id of this run."""
    base: Path
    """The folder of the results manifest, from which the paths of files in it start."""
    outputs: Path
    """The folder of this manifest's files."""
    archive: Path
    """Where displaced files go, by digest."""
    hashes: HashCache
    ledger: LedgerClient
    rescue: RescueFile
    http: HttpClient
    rates: Mapping[str, Rate]
    """Provider to the rate limit of all its requests but submissions."""
    budget: Budget
    """Ceilings, and what is spent and reserved under them."""
    pollers: Mapping[str, ListPoller]
    """Provider to the poller of its watched tasks."""
    durations: DurationStatsByKind
    """How long tasks take."""
    breakers: Mapping[str, CircuitBreaker]
    """Provider to the circuit breaker of its submissions."""
    observer: Observer
    alive: Callable[[str], bool]
    """Whether the run with that id, in the same ledger, is still alive."""
    may_send: Callable[[], bool] = lambda: True
    """Whether the ledger lets a submission leave at this moment; asked as its bytes leave."""
    refusal: Callable[[], LedgerError | None] = lambda: None
    """Why the ledger lets this run submit nothing more."""
    tagged_tasks: TaggedTasks = field(default_factory=TaggedTasks)
    """What searches for lost submissions have learned of single tasks."""
    measuring: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """Held while a fetched file is measured."""
    random: random.Random
    stopping: asyncio.Event
    """Set when nothing more is to be submitted."""
    collect_only: bool = False
    """Ask for each task once; do not wait for it to end."""
    detach: bool = False
    """Submit what there is room for, and leave the tasks to their providers."""
    # The wall clock, for stamps. All waiting goes by the clock of the event loop.
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def asks_once(self) -> bool:
        """Whether the run asks for each earlier task once, rather than wait for it to end."""
        return self.collect_only or self.detach

    @property
    def result_files(self) -> ResultFiles:
        """Where the files of other jobs are."""
        return ResultFiles(
            base=self.base,
            has_results=self.settings.has_results,
            hashes=self.hashes,
            find=self._find,
        )

    def _find(self, file: StoredFile) -> Path:
        # A job that has ended has its files in place.
        return located(file.path, self.base)

    def account(self, operation: Operation) -> Account:
        """The account at the provider of `operation`."""
        return self.settings.accounts[operation.provider]

    def provider(self, operation: Operation) -> Provider:
        """The provider's module."""
        return self.providers[operation.provider]

    def stamp(self) -> str:
        """Now, as the ledger and the results write it: UTC, RFC 3339, to the millisecond."""
        return stamp(self.now())

    def emit(
        self,
        step: Step,
        job: str,
        text: str = "",
        outcome: Outcome | None = None,
        subject: str = "",
    ) -> None:
        """Report an event to the observer."""
        event = Event(step=step, job=job, text=text, outcome=outcome, subject=subject)
        self.observer.event(event)

    # Every text of a provider passes through one of these before it is kept, shown or logged: error
    # messages may repeat keys. The texts of network errors are our own, see `net.errors.describe`.

    def redacted(self, text: str) -> str:
        """A text that may contain words of a provider, without keys."""
        return redacted(self.settings, text)

    def redacted_submission(self, submission: Submission) -> Submission:
        """The submission with keys removed from its texts; ids stay as they are."""
        return replace(
            submission,
            error=self._redacted_error(submission.error),
            trace_id=submission.trace_id and self.redacted(submission.trace_id),
            task=submission.task and self.redacted_status(submission.task),
        )

    def redacted_status(self, status: TaskStatus) -> TaskStatus:
        """The status with keys removed from its texts; ids and URLs stay as they are."""
        error, detail = self._redacted_error(status.error), self.redacted(status.detail)
        return replace(status, error=error, detail=detail)

    def _redacted_error(self, error: JobError | None) -> JobError | None:
        if error is None:
            return None
        return replace(error, code=self.redacted(error.code), message=self.redacted(error.message))
