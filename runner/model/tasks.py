"""Tasks: what is known of submissions and of the tasks that providers make of them."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal, TypeAlias, get_args

from runner.model.file_facts import DAMAGED, FileFacts, ResultWarning
from runner.model.operations import Amount
from runner.model.requests import JobError, Shortfall


class AttemptState(enum.StrEnum):
    """How far one submission of a job is."""

    INTENT = "intent"
    """It may be on its way; if its run has died, its fate is unknown."""
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    AMBIGUOUS = "ambiguous"
    SUBMITTED = "submitted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A submission that is about to be sent, as the ledger records it beforehand."""

    manifest: str
    """The manifest's name in the ledger: its path from the folder that contains `.vidu-run`."""
    job: str
    operation: str
    fingerprint: str
    request: Mapping[str, Any]
    """The request body's parameters, images as {"sha256": ...} or {"url": ...}."""
    seed: int | None
    provider: str
    base_url: str
    key_env: str
    tag: str
    """Random, 128 bits in hex."""
    estimate: Amount | None
    at: str
    """UTC, RFC 3339."""
    account: str = ""
    """The name of its account in a shared ledger; empty in a folder's, where the variable of the
    key names it."""


UrlName: TypeAlias = Literal["url", "watermarked_url", "cover_url"]
"""Which of the files that a provider offers of a result, by the API documents' names."""

URL_NAMES: tuple[UrlName, ...] = get_args(UrlName)
"""In the order in which the files of a result are listed."""

FileKind: TypeAlias = Literal["watermarked", "cover"]

KIND_OF: Mapping[UrlName, FileKind | None] = {
    "url": None,
    "watermarked_url": "watermarked",
    "cover_url": "cover",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A result on disk."""

    path: str
    """Relative to the results manifest."""
    sha256: str
    bytes: int
    media_type: str
    kind: FileKind | None = None
    """None for the result itself."""
    facts: FileFacts | None = None
    """None where nothing was measured: a version before did not, or it could not be done."""
    warnings: tuple[ResultWarning, ...] = ()


def results_of(files: Iterable[StoredFile]) -> tuple[StoredFile, ...]:
    """The results alone, without what was fetched beside them."""
    return tuple(file for file in files if file.kind is None)


def kept_in(files: Iterable[StoredFile]) -> frozenset[UrlName]:
    """Which URLs these files come from."""
    kinds = {file.kind for file in files}
    return frozenset(name for name, kind in KIND_OF.items() if kind in kinds)


# Shared: most of a million records have no usage.
_NO_USAGE: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """What is known of one request's task, from whatever source; everything may be unknown."""

    id: str | None = None
    """The provider's id of the task, as soon as the task is known to exist."""
    seed: int | None = None
    """The seed that was used; None where the provider drew it and does not report it."""
    credits: int | None = None
    cost: Amount | None = None
    """The real price, where it is known in another way than by `credits`."""
    usage: Mapping[str, Any] = field(default_factory=lambda: _NO_USAGE)
    """What else the provider reports, e.g. {"duration": 5}."""
    urls: tuple[str, ...] = ()
    """Of its results, in order; valid for a day at most."""
    creation_ids: tuple[str | None, ...] = ()
    """The provider's ids of its results, in order; empty where none is known."""
    submitted_at: str | None = None
    """UTC, RFC 3339."""
    finished_at: str | None = None
    """UTC, RFC 3339."""

    @property
    def actual(self) -> Amount | None:
        """What it really cost; None where nobody knows."""
        if self.cost is None and self.credits is not None:
            return Amount(unit="credits", value=Decimal(self.credits))
        return self.cost

    def learn(self, seed: int | None, credits_: int | None) -> TaskFacts:
        """The same with the seed and the credits of an answer; None leaves what is known."""
        return replace(
            self,
            seed=self.seed if seed is None else seed,
            credits=self.credits if credits_ is None else credits_,
        )


NO_TASK = TaskFacts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One submission as the ledger has it."""

    number: int
    """The ledger's own key for it."""
    run: str
    state: AttemptState
    intent: Intent
    ordinal: int = 1
    """Which submission of its fingerprint this is, from 1, without those that were not sent."""
    failures: int = 0
    """How many tasks of its fingerprint had failed up to this one, without cancelled ones."""
    cancellations: int = 0
    """How many tasks of its fingerprint had been cancelled up to this one."""
    task: TaskFacts = NO_TASK
    files: tuple[StoredFile, ...] = ()
    kept: frozenset[UrlName] = frozenset()
    """Which of its URLs need not be fetched again, also where the provider did not offer them."""
    error: JobError | None = None
    superseded_at: str | None = None

    @property
    def facts(self) -> TaskFacts:
        """What is known of its task, with the seed that was asked for where no other is known."""
        seed = self.intent.seed if self.task.seed is None else self.task.seed
        return replace(self.task, seed=seed)

    @property
    def shortfall(self) -> Shortfall | None:
        """Of a success: why its files are not what was asked for."""
        if self.state is not AttemptState.SUCCEEDED or self.error is None:
            return None
        return Shortfall.named(self.error.code, self.error.message)

    @property
    def is_damaged(self) -> bool:
        """Whether one of its files is wrong in itself, so that it is worth fetching again."""
        return any(warning.code in DAMAGED for file in self.files for warning in file.warnings)
