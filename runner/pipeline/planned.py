"""A checked manifest, the ledger and earlier results in; settings and a plan out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from runner.engine.budget import Budget
from runner.engine.files import find, relative
from runner.errors import ManifestError, Problem
from runner.ledger import Costs, Realm, open_ledger, realm_of
from runner.model import Action, AttemptState, Job, Plan, PlanEntry, StoredFile
from runner.pipeline.collecting import uncollected
from runner.pipeline.history import History
from runner.pipeline.options import Options
from runner.pipeline.places import Places
from runner.pipeline.reading import Manifest
from runner.planning import Known, Wish, make_plan, totals
from runner.progress import stages
from runner.providers.registry import LISTERS, PROVIDERS, put_off
from runner.report.plans import Outlook
from runner.results import read_evidence
from runner.selection import Selection, select
from runner.settings import ProviderFacts, Settings, Sources, read_settings
from runner.timing import forecast

V = TypeVar("V")

NETWORKED = frozenset({Action.SUBMIT, Action.ATTACH, Action.FETCH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Everything that is settled before anything is sent."""

    manifest: Manifest
    options: Options
    places: Places
    settings: Settings
    plan: Plan
    costs: Costs
    """What the manifest has cost in this ledger before."""
    removed: list[Mapping[str, Any]]
    """Rows of earlier results whose jobs are no longer in the manifest."""
    warnings: Sequence[Problem]
    """What is odd about the manifest, and about an earlier results manifest."""
    unread: Sequence[Problem]
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


@uncollected()
def plan_manifest(manifest: Manifest, options: Options, *, submit: bool = True) -> Planned:
    """Decide what happens to every job of one manifest; reads the ledger, asks nobody.

    Without `submit` the plan is for a verb that sends nothing, see `Wish`. The accounts of the
    result have no keys yet: a plan needs none, see `with_keys`. Raises LedgerError, UsageError,
    ProviderError.
    """
    places = Places.of(manifest.path, options)
    settings = _settings(manifest, options, {} if options.emulate else facts_of(manifest))
    jobs = manifest.jobs
    realms = _by_realm(manifest, settings)
    present = functools.cache(lambda file: _present(file, places))
    with (
        stages(options.progress, options.environ) as stage,
        open_ledger(places.ledger, read_only=True) as ledger,
    ):
        stage.begin("reading the ledger")
        history = History(manifest, settings, options, ledger)
        placed = _placed(places)
        attempts = _union(ledger.latest(prints, realm, placed) for realm, prints in realms.items())
        ids = {job.id for job in jobs}
        earlier = [
            read_evidence(
                places.results,
                realm=realm,
                needless=lambda job, fingerprint: job in ids and fingerprint in attempts,
            )
            for realm in realms
        ]
        known = Known(
            attempts=attempts,
            evidence=_union(one.evidence for one in earlier),
            alive=ledger.alive,
            present=present,
            estimate=history.estimate,
            expected_s=history.expected_s,
            changes=history.changes,
        )
        selection = _selection(jobs, options, known)
        meant = _meant(jobs, selection)
        wish = Wish(
            selected=selection.ids if selection else None,
            retry_failed=options.retry_failed,
            forced=meant if options.force else (),
            submit=submit,
            download=settings.download,
        )
        plan, costs = make_plan(stage.each("planning", jobs), known, wish), history.costs
    unread = earlier[0].problems if earlier else ()
    return Planned(
        manifest=manifest,
        options=options,
        places=places,
        settings=settings,
        plan=plan,
        costs=costs,
        added=selection.added if selection else (),
        meant=meant,
        present=present,
        unread=unread,
        removed=earlier[0].removed(ids) if earlier else [],
        warnings=[*manifest.warnings, *unread],
    )


def must_be_read(planned: Planned) -> None:
    """Raise ManifestError where the results manifest may tell what is paid for and cannot be read.

    That is so as soon as there is a job of which the ledger knows nothing that it would submit.
    """
    if planned.unread and any(entry.action is Action.SUBMIT for entry in planned.plan.entries):
        hint = "mend it, or move it away if nothing in it was paid for"
        raise ManifestError(
            [replace(problem, warning=False, hint=hint) for problem in planned.unread]
        )


def with_keys(planned: Planned) -> Planned:
    """The plan with a way into every provider that it has to speak to.

    Raises ProviderError, with the line to copy, where a key is missing or must not be used.
    """
    speaking = {entry.job.operation for entry in planned.speaking}
    facts = facts_of(planned.manifest, speaking)
    return replace(planned, settings=_settings(planned.manifest, planned.options, facts, keys=True))


def _settings(
    manifest: Manifest,
    options: Options,
    facts: Mapping[str, ProviderFacts],
    *,
    keys: bool = False,
) -> Settings:
    sources = Sources(
        run=manifest.run,
        providers=manifest.providers,
        environ=options.environment(),
        flags=options.flags(),
        base=manifest.path.parent,
        locate=manifest.document.place,
    )
    return read_settings(sources, facts, keys=keys)


def _by_realm(manifest: Manifest, settings: Settings) -> dict[Realm, list[str]]:
    """The fingerprints on each side of the loopback border, which results never cross."""
    realms = {name: realm_of(account.base_url) for name, account in settings.accounts.items()}
    found: dict[Realm, list[str]] = {}
    for job in manifest.jobs:
        provider = manifest.operations[job.operation].provider
        realm = realms.get(provider, "loopback")  # without an account: the emulator
        found.setdefault(realm, []).append(job.fingerprint)
    return found


def _placed(places: Places) -> Callable[[str], str]:
    """Turns the path of a file as the ledger has it into the one that the results manifest has.

    The ledger's start from its own folder, for there may be several results manifests (`-o`).
    """

    @functools.cache
    def folder(name: str) -> str:
        return relative(places.state / name, places.base)

    def placed(path: str) -> str:
        name, _, file = path.rpartition("/")
        return file if folder(name) == "." else f"{folder(name)}/{file}"

    return placed


def _union(parts: Iterable[Mapping[str, V]]) -> dict[str, V]:
    found: dict[str, V] = {}
    for part in parts:
        found |= part
    return found


def _selection(jobs: Sequence[Job], options: Options, known: Known) -> Selection | None:
    if not options.select and not options.exclude:
        return None
    states = {job.id: state for job in jobs if (state := _state(job, known))}
    return select(jobs, select=options.select, exclude=options.exclude, states=states)


def _state(job: Job, known: Known) -> str | None:
    """What `state:NAME` selects by: what the ledger knows, or else the results manifest."""
    if attempt := known.attempts.get(job.fingerprint):
        return "pending" if put_off(attempt) else _STATES[attempt.state]
    proof = known.evidence.get(job.fingerprint)
    return proof.state.value if proof else None


def _meant(jobs: Sequence[Job], selection: Selection | None) -> frozenset[str]:
    ids = selection.ids if selection else {job.id for job in jobs}
    return frozenset(ids) - frozenset(selection.added if selection else ())


_STATES = {
    AttemptState.INTENT: "ambiguous",
    AttemptState.NOT_SENT: "pending",
    AttemptState.REFUSED: "failed",
    AttemptState.AMBIGUOUS: "ambiguous",
    AttemptState.SUBMITTED: "pending",
    AttemptState.SUCCEEDED: "succeeded",
    AttemptState.FAILED: "failed",
}


def _present(file: StoredFile, places: Places) -> bool:
    return find(places.base / file.path, file.sha256, places.archive) is not None


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
