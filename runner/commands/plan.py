"""A checked manifest, the ledger and earlier results in; settings and a plan out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from runner.commands.evidence import evidence_of
from runner.commands.load import Manifest, manifests_of, uncollected
from runner.commands.options import Options
from runner.commands.output import announce, print_json
from runner.commands.paths import ProjectPaths
from runner.commands.plan_inputs import History
from runner.commands.session import Planned, facts_of, settings_of
from runner.engine.download.place import find, relative
from runner.errors.exits import Exit
from runner.hashing import HashCache
from runner.ledger import Realm, open_ledger, realm_of
from runner.model import AttemptState, Job, StoredFile
from runner.model.plans import Action
from runner.planning.plan import PlanInputs, PlanOptions, make_plan
from runner.planning.selection import Selection, select
from runner.progress import stages
from runner.providers.registry import was_refused_for_now
from runner.results import read_results
from runner.settings import Settings
from runner.terminal import plan_view
from runner.terminal.plan_view import plan_text

V = TypeVar("V")


@uncollected()
def plan_manifest(manifest: Manifest, options: Options, *, submit: bool = True) -> Planned:
    """Decide what happens to every job of one manifest; reads the ledger, asks nobody.

    Without `submit` the plan is for a verb that sends nothing, see `Wish`. The accounts of the
    result have no keys yet: a plan needs none, see `with_keys`. Raises LedgerError, UsageError,
    ProviderError.
    """
    places = ProjectPaths.of(manifest.path, options)
    settings = settings_of(manifest, options, {} if options.emulate else facts_of(manifest))
    jobs = manifest.jobs
    realms = _by_realm(manifest, settings)
    present = functools.cache(lambda file: _present(file, places, manifest.hashes))
    with (
        stages(options.progress, options.environ) as stage,
        manifest.hashes,
        open_ledger(places.ledger, read_only=True) as ledger,
    ):
        stage.begin("reading the ledger")
        history = History(manifest, settings, options, ledger)
        placed = _placed(places)
        attempts = _union(ledger.latest(prints, realm, placed) for realm, prints in realms.items())
        ids = {job.id for job in jobs}
        earlier = read_results(
            places.results,
            skip=lambda job, fingerprint: job in ids and fingerprint in attempts,
        )
        known = PlanInputs(
            attempts=attempts,
            evidence=evidence_of(earlier, realms, attempts, ledger),
            alive=ledger.alive,
            present=present,
            estimate=history.estimate,
            expected_s=history.expected_s,
            changes=history.changes,
        )
        selection = _selection(jobs, options, known)
        meant = _meant(jobs, selection)
        wish = PlanOptions(
            selected=selection.ids if selection else None,
            retry_failed=options.retry_failed,
            forced=meant if options.force else (),
            submit=submit,
            download=settings.download,
        )
        plan, costs = make_plan(stage.each("planning", jobs), known, wish), history.costs
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
        unread=earlier.diagnostics,
        removed=earlier.removed(ids),
        warnings=[*manifest.warnings, *earlier.diagnostics],
    )


def _by_realm(manifest: Manifest, settings: Settings) -> dict[Realm, list[str]]:
    """The fingerprints on each side of the loopback border, which results never cross."""
    realms = {name: realm_of(account.base_url) for name, account in settings.accounts.items()}
    found: dict[Realm, list[str]] = {}
    for job in manifest.jobs:
        provider = manifest.operations[job.operation].provider
        realm = realms.get(provider, "loopback")  # without an account: the emulator
        found.setdefault(realm, []).append(job.fingerprint)
    return found


def _placed(places: ProjectPaths) -> Callable[[str], str]:
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


def _selection(jobs: Sequence[Job], options: Options, known: PlanInputs) -> Selection | None:
    if not options.select and not options.exclude:
        return None
    states = {job.id: state for job in jobs if (state := _state(job, known))}
    return select(jobs, select=options.select, exclude=options.exclude, states=states)


def _state(job: Job, known: PlanInputs) -> str | None:
    """What `state:NAME` selects by: what the ledger knows, or else the results manifest."""
    if attempt := known.attempts.get(job.fingerprint):
        return "pending" if was_refused_for_now(attempt) else _STATES[attempt.state]
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


def _present(file: StoredFile, places: ProjectPaths, hashes: HashCache) -> bool:
    return find(places.base / file.path, file.sha256, places.archive, hashes) is not None


def plan(options: Options, *, detailed_exitcode: bool = False) -> Exit:
    """Show what a run would do, and why; sends nothing, writes nothing, needs no key."""
    options.check()
    options = replace(options, dry=True)
    manifests = manifests_of(options)
    planned = [plan_manifest(manifest, options) for manifest in manifests]
    if options.as_json:
        print_json(
            [plan_view.plan_record(str(p.manifest.path), p.plan, p.outlook) for p in planned]
        )
    for one in planned:
        announce(one)
        if not options.as_json:
            print(plan_text(str(one.manifest.path), one.plan, one.outlook))
    entries = (entry for one in planned for entry in one.plan.entries)
    work = any(entry.action is Action.SUBMIT for entry in entries)
    return Exit.TO_SUBMIT if detailed_exitcode and work else Exit.OK
