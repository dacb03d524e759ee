"""Collects what planning needs: prices, times, changes, costs, and evidence of paid work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from runner.commands.load import Manifest
from runner.commands.options import Options
from runner.errors import Diagnostic
from runner.ledger.changes import Realm, realm_of
from runner.ledger.costs import Costs
from runner.ledger.protocol import Ledger
from runner.ledger.records import LastRequest
from runner.model.jobs import Job
from runner.model.operations import Amount
from runner.model.plans import Changed, Evidence, Plan
from runner.model.reasons import ReasonCode
from runner.model.tasks import Attempt, AttemptState
from runner.planning.changes import changes_of
from runner.planning.estimates import (
    Kind,
    Learned,
    estimate,
    expected_s,
    kind_of,
    learn,
    time_limit_s,
)
from runner.providers.registry import PROVIDERS
from runner.results.evidence import EarlierResults
from runner.settings.settings import Settings


class History:
    """Prices, times and changes of a manifest's jobs: from tables, otherwise from its ledger.

    Usable while the ledger is open.
    """

    def __init__(
        self, manifest: Manifest, settings: Settings, options: Options, ledger: Ledger, name: str
    ) -> None:
        """`name`: the manifest's name in the ledger."""
        self._jobs = manifest.jobs
        self._operations = manifest.operations
        self._options = options
        self._ledger = ledger
        self._name = name
        self._learned: dict[str, Mapping[Kind, Learned]] = {}
        accounts = settings.accounts.items()
        self._realms = {name: realm_of(account.base_url) for name, account in accounts}

    def estimate(self, job: Job) -> Amount | None:
        """The price by the vendor's table, else the latest actual price of its kind."""
        price = estimate(self._operations[job.operation], job.parameters, job.media)
        learned = None if price else self._of_kind(job)
        return learned.price if learned else price

    def expected_s(self, job: Job) -> float | None:
        """Seconds by the vendor's table, else the median of its kind; scaled for the emulator."""
        published = expected_s(self._operations[job.operation], job.parameters, job.media)
        if published is not None:
            return published * self._options.scale if self._options.emulate else published
        # The emulator's own past is scaled already: its ledger has the times as they were.
        learned = self._of_kind(job)
        return learned.time_s if learned else None

    def limit_s(self, job: Job) -> float | None:
        """How long its task may take by its operation; None where that is as usual."""
        return time_limit_s(self._operations[job.operation], job.parameters)

    def changes(self, job: Job) -> Sequence[Changed]:
        """How the request differs from the job's last one; empty for a new job."""
        last = self._last_requests.get(job.id)
        return changes_of(job, self._operations[job.operation], last) if last else ()

    @cached_property
    def costs(self) -> Costs:
        """What the manifest has cost so far in the realms of its providers."""
        realms = {provider: self._realm(provider) for provider in PROVIDERS}
        return self._ledger.costs(self._name, realms)

    @cached_property
    def _last_requests(self) -> Mapping[str, LastRequest]:
        return {
            job: request
            for realm, jobs in self.by_realm(lambda job: job.id).items()
            for job, request in self._ledger.last_requests(self._name, jobs, realm).items()
        }

    def by_realm(self, key: Callable[[Job], str]) -> dict[Realm, list[str]]:
        """The keys of the jobs by realm: results of one realm never count in the other."""
        realms = {name: self._realm(each.provider) for name, each in self._operations.items()}
        found: dict[Realm, list[str]] = {}
        for job in self._jobs:
            found.setdefault(realms[job.operation], []).append(key(job))
        return found

    def _of_kind(self, job: Job) -> Learned | None:
        operation = self._operations[job.operation]
        if operation.name not in self._learned:  # one query for all of an operation's jobs
            past = self._ledger.past_tasks(operation.name, self._realm(operation.provider))
            self._learned[operation.name] = learn(operation, past)
        learned = self._learned[operation.name]
        return learned.get(kind_of(operation, job.parameters, job.media)) if learned else None

    def _realm(self, provider: str) -> Realm:
        """The realm of a provider; before an emulator runs it has no account."""
        expected: Realm = "loopback" if self._options.emulate else "remote"  # where it will be
        return self._realms.get(provider, expected)


def select_evidence(
    earlier: EarlierResults,
    realms: Mapping[Realm, Sequence[str]],
    attempts: Mapping[str, Attempt],
    ledger: Ledger,
) -> dict[str, Evidence]:
    """Fingerprint to its best row of an earlier results manifest, if the ledger has no attempt.

    `realms`: the fingerprints of each realm; `attempts` by fingerprint. Results never cross from
    one realm to the other. Raises LedgerError.
    """
    # A rehearsal must not pass for the real thing. A row has no address, but its URLs do, and so
    # does the ledger's attempt for its task. Where neither is known, the row counts in both
    # realms: what may have been paid for must not be paid for again.
    found: dict[str, Evidence] = {}
    for realm, fingerprints in realms.items():
        wanted = set(fingerprints).difference(attempts)
        rows = [
            row
            for row in earlier.evidence
            if row.fingerprint in wanted
            and (not row.task.urls or realm_of(row.task.urls[0]) == realm)
        ]
        foreign = set(_of_other_realm(rows, realm, ledger)) if rows else ()
        for row in rows:
            if (row.fingerprint, row.task.id) not in foreign:
                found.setdefault(row.fingerprint, row)
    return found


def _of_other_realm(
    rows: Sequence[Evidence], realm: Realm, ledger: Ledger
) -> Iterator[tuple[str, str | None]]:
    """Fingerprint and task of what the ledger has in the other realm."""
    tasks = [row.task.id for row in rows if row.task.id]
    for provider in PROVIDERS if tasks else ():
        for attempt in ledger.attempts_of_tasks(provider, tasks):
            if realm_of(attempt.intent.base_url) != realm and _was_submitted(attempt):
                yield attempt.intent.fingerprint, attempt.task.id
    # A row without a task is a submission of unknown fate, which only its fingerprint names.
    undecided = [row.fingerprint for row in rows if not row.task.id]
    other: Realm = "remote" if realm == "loopback" else "loopback"
    for fingerprint, attempt in ledger.latest(undecided, other).items() if undecided else ():
        if attempt.state in (AttemptState.INTENT, AttemptState.AMBIGUOUS):
            yield fingerprint, None


def _was_submitted(attempt: Attempt) -> bool:
    """Whether the attempt was submitted, rather than adopted from a results manifest."""
    # An adopted one is recorded as submitted at the time of its intent.
    return attempt.task.submitted_at != attempt.intent.at


def unexplained_changes(
    plan: Plan, earlier: EarlierResults, manifest: Manifest
) -> Iterator[Diagnostic]:
    """A warning for each job with another request than before, though the manifest is the same."""
    if earlier.manifest_sha256 != manifest.document.sha256:
        return
    for entry in plan.entries:
        # What the ledger knows of the last request explains the change.
        if entry.reason.code is ReasonCode.CHANGED and not entry.changes:
            yield Diagnostic(
                message="the results manifest has its result for another request, though the "
                "manifest is the same",
                location=manifest.locate(entry.job),
                job=entry.job.id,
                hint="an image, a row or a variable has changed, or the file is damaged",
                warning=True,
            )
