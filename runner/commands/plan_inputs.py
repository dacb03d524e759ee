"""A manifest and its ledger in; prices, times, changes and costs out, from tables and history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from runner.commands.load import Manifest
from runner.commands.options import Options
from runner.commands.paths import ProjectPaths
from runner.ledger import Costs, LastRequest, Ledger, Realm, realm_of
from runner.model import Amount, Changed, Job, Operation
from runner.planning.changes import changes_of
from runner.planning.estimates import Kind, Learned, estimate, expected_s, kind_of, learn
from runner.settings import Settings


class History:
    """What is known of a manifest's jobs from tables, and where they are silent from the ledger.

    Asked only while the ledger is open; what it was asked once, it remembers.
    """

    def __init__(
        self, manifest: Manifest, settings: Settings, options: Options, ledger: Ledger
    ) -> None:
        self._manifest = manifest
        self._options = options
        self._ledger = ledger
        self._name = ProjectPaths.of(manifest.path, options).name
        self._learned: dict[str, Mapping[Kind, Learned]] = {}
        self._realms: dict[str, Realm] = {
            name: realm_of(account.base_url) for name, account in settings.accounts.items()
        }

    def estimate(self, job: Job) -> Amount | None:
        """The price by the vendor's table, else the latest real one of its kind."""
        price = estimate(self._operation(job), job.parameters, _images(job))
        learned = None if price else self._of_kind(job)
        return learned.price if learned else price

    def expected_s(self, job: Job) -> float | None:
        """Seconds by the vendor's table, else the median of what its kind took.

        A rehearsal's tasks keep the table's time at the emulator's scale.
        """
        published = expected_s(self._operation(job), job.parameters, _images(job))
        if published is not None:
            return published * self._options.scale if self._options.emulate else published
        learned = self._of_kind(job)
        return learned.time_s if learned else None

    def changes(self, job: Job) -> Sequence[Changed]:
        """What the job asks for otherwise than the last time; empty where it is new."""
        before = self._before.get(job.id)
        return changes_of(job, self._operation(job), before) if before else ()

    @cached_property
    def costs(self) -> Costs:
        """What the manifest has cost so far, on the side of the loopback border that it is on."""
        realms = {
            operation.provider: self._realm(operation)
            for operation in self._manifest.operations.values()
        }
        return self._ledger.costs(self._name, realms)

    @cached_property
    def _before(self) -> Mapping[str, LastRequest]:
        found: dict[str, LastRequest] = {}
        by_realm: dict[Realm, list[str]] = {}
        for job in self._manifest.jobs:
            by_realm.setdefault(self._realm(self._operation(job)), []).append(job.id)
        for realm, jobs in by_realm.items():
            found |= self._ledger.last_requests(self._name, jobs, realm)
        return found

    def _of_kind(self, job: Job) -> Learned | None:
        operation = self._operation(job)
        if operation.name not in self._learned:
            past = self._ledger.past_tasks(operation.name, self._realm(operation))
            self._learned[operation.name] = learn(operation, past)
        learned = self._learned[operation.name]
        return learned.get(kind_of(operation, job.parameters, _images(job))) if learned else None

    def _realm(self, operation: Operation) -> Realm:
        """Where the operation's tasks are made; without an account it is the emulator."""
        nowhere: Realm = "loopback" if self._options.emulate else "remote"
        return self._realms.get(operation.provider, nowhere)

    def _operation(self, job: Job) -> Operation:
        return self._manifest.operations[job.operation]


def _images(job: Job) -> int:
    return sum(len(images) for images in job.media.values())
