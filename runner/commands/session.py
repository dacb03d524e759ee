"""A manifest with its settings and its plan: everything that is settled before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runner.commands.load import Manifest
from runner.commands.options import Options
from runner.commands.paths import ProjectPaths
from runner.engine.submit.budget import Budget
from runner.errors import Diagnostic, ManifestError
from runner.ledger import Costs
from runner.model import Action, Plan, PlanEntry, StoredFile
from runner.planning.forecast import forecast
from runner.planning.plan import totals
from runner.providers.registry import LISTERS, PROVIDERS
from runner.settings import ProviderFacts, Settings, Sources, read_settings
from runner.terminal.plan_view import Outlook


def with_keys(planned: Planned) -> Planned:
    """The plan with a way into every provider that it has to speak to.

    Raises ProviderError, with the line to copy, where a key is missing or must not be used.
    """
    speaking = {entry.job.operation for entry in planned.speaking}
    facts = facts_of(planned.manifest, speaking)
    return replace(
        planned, settings=settings_of(planned.manifest, planned.options, facts, keys=True)
    )


def settings_of(
    manifest: Manifest,
    options: Options,
    facts: Mapping[str, ProviderFacts],
    *,
    keys: bool = False,
) -> Settings:
    """The settings of a run over the manifest; raises UsageError, ManifestError, ProviderError."""
    sources = Sources(
        run=manifest.run,
        providers=manifest.providers,
        environ=options.environment(),
        flags=options.flags(),
        base=manifest.path.parent,
        locate=manifest.document.locate,
    )
    return read_settings(sources, facts, keys=keys)


def facts_of(
    manifest: Manifest, operations: Iterable[str] | None = None
) -> dict[str, ProviderFacts]:
    """What is known of each provider that the manifest's jobs (or these operations) use."""
    names = {job.operation for job in manifest.jobs} if operations is None else set(operations)
    used = sorted({manifest.operations[name].provider for name in names})
    return {name: _facts(name) for name in used}


def _facts(name: str) -> ProviderFacts:
    module = PROVIDERS[name]
    return ProviderFacts(
        name=name,
        default_base_url=module.DEFAULT_BASE_URL,
        hosts=module.HOSTS,
        key_env=module.KEY_ENV,
        base_url_env=module.BASE_URL_ENV,
        default_auth=module.default_auth,
    )


NETWORKED = frozenset({Action.SUBMIT, Action.ATTACH, Action.FETCH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What one manifest comes to."""

    manifest: Manifest
    options: Options
    places: ProjectPaths
    settings: Settings
    plan: Plan
    costs: Costs
    """What the manifest has cost in this ledger before."""
    removed: list[Mapping[str, Any]]
    """Rows of earlier results whose jobs are no longer in the manifest."""
    warnings: Sequence[Diagnostic]
    """What is odd about the manifest, and about an earlier results manifest."""
    unread: Sequence[Diagnostic]
    """Why an earlier results manifest could not be read, where there is such a one."""
    added: Sequence[str]
    """Ids of jobs that are included only because selected ones need them."""
    meant: frozenset[str]
    """Ids of the jobs that the user speaks of: the selected ones without what they need."""
    present: Callable[[StoredFile], bool]
    """Whether that file is there, with its digest; looked up once."""
    once: bool = False
    """No end of a task is waited for."""

    @property
    def outputs(self) -> Path:
        """The folder of this manifest's files."""
        return self.settings.outputs.joinpath(*self.places.below_outputs)

    @property
    def speaking(self) -> list[PlanEntry]:
        """The entries for which a provider has to be asked for something."""
        return [
            entry
            for entry in self.plan.entries
            if entry.action in NETWORKED or self._can_be_settled(entry)
        ]

    def _can_be_settled(self, entry: PlanEntry) -> bool:
        """Whether a submission of unknown fate can be looked for, or is to be sent again."""
        listed = self.manifest.operations[entry.job.operation].provider in LISTERS
        risked = self.settings.on_ambiguous == "resubmit"
        found = listed and entry.attempt is not None
        return entry.action is Action.DECIDE and (found or risked)

    @property
    def carried(self) -> Plan:
        """The plan as a run carries it out.

        Of a submission of unknown fate that only a results manifest tells of, too little is
        known to look for its task: it stays undecided, or is sent again where the user risks it.
        """
        risked = self.settings.on_ambiguous == "resubmit"
        action = Action.SUBMIT if risked else Action.SKIP
        return Plan(
            entries=[
                replace(entry, action=action)
                if entry.action is Action.DECIDE and entry.attempt is None
                else entry
                for entry in self.plan.entries
            ]
        )

    @property
    def outlook(self) -> Outlook:
        """What the plan means in time and money."""
        caps = {name: account.concurrency for name, account in self.settings.accounts.items()}
        return Outlook(
            forecast=forecast(self.plan, self.settings.concurrency, caps),
            cost=totals(self.plan).cost,
            spent=self.costs.spent,
            spent_unpriced=sum(self.costs.unpriced.values()),
            budget=self.settings.budget,
        )

    def budget(self) -> Budget:
        """The budget of one run over this plan, with what the manifest has cost before."""
        blind = {PROVIDERS[name].UNIT for name in self.costs.unpriced if name in PROVIDERS}
        return Budget(self.settings.budget, self.costs.spent, blind)

    def narrowed(self, entries: Iterable[PlanEntry]) -> Planned:
        """The same with these entries for a plan."""
        return replace(self, plan=Plan(entries=list(entries)))


def must_be_read(planned: Planned) -> None:
    """Raise ManifestError where the results manifest may tell what is paid for and cannot be read.

    That is so as soon as there is a job of which the ledger knows nothing that it would submit.
    """
    if planned.unread and any(entry.action is Action.SUBMIT for entry in planned.plan.entries):
        hint = "mend it, or move it away if nothing in it was paid for"
        raise ManifestError(
            [replace(problem, warning=False, hint=hint) for problem in planned.unread]
        )
