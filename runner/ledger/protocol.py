"""Protocol: what engine, planning and verbs ask of a ledger, wherever it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, Self

from runner.errors import LedgerError
from runner.ledger.changes import Change, Realm, Result
from runner.ledger.costs import Costs
from runner.ledger.records import KnownTask, LastRequest, PastSubmission, PastTask, RunRecord
from runner.model.requests import Account
from runner.model.tasks import Attempt, Intent


class Ledger(Protocol):
    """An open ledger, for one thread; a context manager that closes it.

    Every method may raise `LedgerError`, but for `refusal`.
    """

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def close(self) -> None:
        """Close it; runs that were not ended count as dead from now on."""
        ...

    def hurry(self) -> None:
        """Wait no more than a few seconds for a ledger that is away; for any thread."""
        ...

    # ------------------------------------------------------------------------------------- writing

    def begin_run(self, manifest: str, tool: str) -> str:
        """Record a new run, alive from now on; returns its id, which sorts by time."""
        ...

    def end_run(self, run: str, exit_code: int) -> None:
        """Record the end of a run."""
        ...

    def may_send(self) -> bool:
        """Whether a request may leave at this moment; for any thread, and without waiting."""
        ...

    def refusal(self) -> LedgerError | None:
        """Why nothing may be submitted any more; for any thread, and without waiting."""
        ...

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Write all changes in one transaction; returns a result for each.

        They are durable when it returns. On an error, no change is written.
        """
        ...

    def account_name(self, account: Account) -> str:
        """What a shared ledger calls an account on every machine; empty for a folder's."""
        ...

    # ------------------------------------------------------------------------------------- reading

    def alive(self, run: str) -> bool:
        """Whether `run` may still submit something."""
        ...

    def latest(
        self, fingerprints: Iterable[str], realm: Realm, map_path: Callable[[str], str] = str
    ) -> dict[str, Attempt]:
        """For each fingerprint known in the realm its living attempt, otherwise its last one.

        `map_path` converts the paths of files, which are relative to the ledger's folder.
        """
        ...

    def attempts(self) -> list[Attempt]:
        """Every attempt in the order of its intent."""
        ...

    def attempts_of_tasks(self, provider: str, task_ids: Iterable[str]) -> list[Attempt]:
        """Every attempt whose task is one of these, of any run and in any state."""
        ...

    def attempts_with_tag(self, provider: str, tag: str) -> list[Attempt]:
        """The attempts that carry this tag: one at most, because tags are random."""
        ...

    def undecided_attempts(self, provider: str) -> list[Attempt]:
        """Every attempt that may have an unknown task, those of live runs included."""
        ...

    def known_tasks(self, intent: Intent, *, since: str, after: int) -> list[KnownTask]:
        """The tasks created at the endpoint and with the key of `intent`, in order of intents.

        Only those submitted `since` (UTC, RFC 3339), or by a later attempt than number `after`.
        """
        ...

    def costs(self, manifest: str, realms: Mapping[str, Realm]) -> Costs:
        """The cost of every attempt of a manifest, superseded ones included.

        `realms` maps a provider to the realm whose costs count ("remote" if it is not listed).
        """
        ...

    def past_tasks(self, operation: str, realm: Realm) -> list[PastTask]:
        """The latest tasks of an operation, of any manifest, the last one first."""
        ...

    def last_run(self, manifest: str) -> RunRecord | None:
        """The run of a manifest that began last."""
        ...

    def submissions(self, manifest: str) -> list[PastSubmission]:
        """Every submission of a manifest that created a task, in order, superseded ones too."""
        ...

    def last_requests(
        self, manifest: str, jobs: Iterable[str], realm: Realm
    ) -> dict[str, LastRequest]:
        """Job id to its latest request in this manifest, for jobs that have one."""
        ...
