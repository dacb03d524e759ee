"""Plans one manifest: reads its settings, the ledger and earlier results, decides for each job."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runner.commands.job_facts import empty_selection, select_jobs, state_in
from runner.commands.load import Manifest, read_manifests, without_collection
from runner.commands.manifest_settings import project_paths, setting_sources, used_providers
from runner.commands.options import Options, ProjectPaths
from runner.commands.plan_inputs import History, select_evidence, unexplained_changes
from runner.commands.results_files import read_earlier_results
from runner.engine.download.place import find_file, is_lfs_pointer, output_errors
from runner.engine.stop_conditions import StopReason
from runner.engine.submit.budget import Budget
from runner.engine.submit.budget_stops import budget_stops
from runner.errors import Diagnostic, ManifestError, merge, plural
from runner.file_names import locale_hint, located, relative
from runner.ledger.costs import Costs
from runner.ledger.location import open_ledger
from runner.model.jobs import Job
from runner.model.operations import OFF_PEAK
from runner.model.outcomes import Outcome, State
from runner.model.plans import Action, Plan, PlanEntry
from runner.model.requests import JobError
from runner.model.tasks import KIND_OF, StoredFile
from runner.planning.chained import ResultFiles, find_unusable
from runner.planning.forecast import forecast
from runner.planning.off_peak import (
    HourPrices,
    OffPeakCount,
    count_submissions,
    hour_prices,
    is_off_peak,
)
from runner.planning.plan import PlanInputs, PlanOptions, make_plan, totals, undecided
from runner.progress.stages import stages
from runner.providers.registry import PROVIDERS, is_searchable
from runner.settings.settings import Settings, read_settings
from runner.terminal.budget_hint import BudgetHint, budget_hint
from runner.terminal.plan_view import Outlook


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestPlan:
    """One manifest with its settings and the plan for its jobs."""

    manifest: Manifest
    options: Options
    paths: ProjectPaths
    settings: Settings
    """Its accounts have no keys: planning needs none."""
    plan: Plan
    costs: Costs
    """What the manifest has cost so far, according to its ledger."""
    removed: list[Mapping[str, Any]]
    """Rows of the earlier results manifest whose jobs are no longer in the manifest."""
    warnings: Sequence[Diagnostic]
    """About the manifest and the earlier results manifest."""
    unreadable: Sequence[Diagnostic]
    """Why the earlier results manifest cannot be read; empty if it can, or does not exist."""
    added: Sequence[str]
    """Ids of jobs that are included only because selected jobs need their results."""
    selected: frozenset[str]
    """Ids of the jobs that the user selected, without the added ones."""
    present: Callable[[StoredFile], bool]
    """Whether that file exists with its digest; remembers each answer."""
    state: Callable[[Job], str]
    """The state of a job's last run, by which `state:NAME` selects."""
    empty: Diagnostic | None
    """Why no job is selected, and what there is; None where there are some."""
    collects: bool
    """Whether it was made for a verb that submits nothing."""

    @property
    def outputs(self) -> Path:
        """The folder of this manifest's files."""
        return self.settings.outputs.joinpath(*self.paths.below_outputs)

    @property
    def outlook(self) -> Outlook:
        """The time and money that the plan takes."""
        caps = {name: account.concurrency for name, account in self.settings.accounts.items()}
        return Outlook(
            forecast=forecast(self.plan, self.settings.concurrency, caps),
            cost=totals(self.plan).cost,
            earlier=self.costs,
            budget=self.settings.budget,
            prices=self._prices(),
            off_peak=self.off_peak,
            stopped=[f"{name}: {stop.reason}" for name, stop in self.budget_stops().items()],
            budget_hint=self.budget_hint(),
        )

    @property
    def off_peak(self) -> OffPeakCount | None:
        """What is submitted off-peak, and what is not; None where the run does not ask for it."""
        return count_submissions(self.plan.entries) if self.settings.off_peak else None

    def off_peak_flag(self, left: Iterable[Outcome]) -> list[str]:
        """`--off-peak`, if any job that is left without a result would cost more without it.

        A verb that only collects has no such flag, but may collect for a run that had it.
        """
        asked = {job.id: job for job in self.manifest.jobs}
        if not (self.options.off_peak or (self.collects and self._is_under_way_off_peak(asked))):
            return []
        needs_flag = (
            OFF_PEAK in self.manifest.operations[outcome.job.operation].unhashed
            and OFF_PEAK not in asked[outcome.job.id].parameters
            for outcome in left
            if outcome.state is State.FAILED or outcome.task.id is None
        )
        return ["--off-peak"] if any(needs_flag) else []

    def _is_under_way_off_peak(self, asked: Mapping[str, Job]) -> bool:
        """Whether a flag of an earlier run has made a task wait for idle hours."""
        return any(
            is_off_peak(entry.job) and OFF_PEAK not in asked[entry.job.id].parameters
            for entry in self.plan.entries
            if entry.action is Action.ATTACH
        )

    def _prices(self) -> dict[str, HourPrices]:
        """Job id to both prices, of the submissions that have a choice."""
        operations = self.manifest.operations
        both = ((e, hour_prices(e, operations[e.job.operation])) for e in self.plan.entries)
        return {entry.job.id: prices for entry, prices in both if prices}

    def budget(self) -> Budget:
        """The budget of one run over this plan, with what the manifest has cost so far."""
        # In such a unit the sum of what was spent is only a lower bound.
        blind = {PROVIDERS[name].UNIT for name in self.costs.unpriced if name in PROVIDERS}
        return Budget(self.settings.budget, self.costs.spent, blind)

    def budget_stops(self) -> dict[str, StopReason]:
        """Why the budget lets a run submit nothing, by provider."""
        return budget_stops(self.plan, self.budget(), self.manifest.operations)

    def budget_hint(self) -> BudgetHint | None:
        """What the budget has to be for all submissions; None where it is enough."""
        submits = (entry for entry in self.plan.entries if entry.action is Action.SUBMIT)
        prices = ((PROVIDERS[entry.job.provider].UNIT, entry.estimate) for entry in submits)
        return budget_hint(self.settings.budget, self.costs.spent, prices)

    def with_entries(self, entries: Iterable[PlanEntry]) -> ManifestPlan:
        """The same plan with these entries only."""
        return replace(self, plan=Plan(entries=list(entries)))

    def selected_with(self, action: Action) -> list[PlanEntry]:
        """The entries of selected jobs that have this action."""
        return [
            entry
            for entry in self.plan.entries
            if entry.action is action and entry.job.id in self.selected
        ]

    def check_earlier_results(self) -> None:
        """Raise ManifestError if earlier results that may name paid work are unreadable."""
        # It may as soon as the plan submits a job, for then the ledger knows nothing of that job.
        if self.unreadable and any(e.action is Action.SUBMIT for e in self.plan.entries):
            hint = "repair it, or move it away if nothing in it was paid for"
            errors = [replace(problem, warning=False, hint=hint) for problem in self.unreadable]
            raise ManifestError([*self.manifest.warnings, *errors])

    def check_file_names(self) -> None:
        """Raise ManifestError if files cannot be named as their jobs are, in this locale."""
        self._check_outputs_name()
        self._check_kinds()
        hints = {e.job.id: locale_hint(self.outputs / e.job.id) for e in self._to_be_fetched()}
        wrong = [e for e in self._to_be_fetched() if hints[e.job.id]]
        if wrong:
            first, more = wrong[0].job, len(wrong) - 1
            text = f'job "{first.id}": its file cannot be named so in this locale'
            problem = Diagnostic(
                message=f"{text}, nor can {plural(more, 'other')}" if more else text,
                hint=hints[first.id],
                location=self.manifest.locate(first),
            )
            raise ManifestError([*self.manifest.warnings, problem])

    def _check_kinds(self) -> None:
        """Raise ManifestError if a job is named as the file beside another one's result is."""
        kinds = [kind for name in self.settings.keep if (kind := KIND_OF[name])]
        ids = {entry.job.id.casefold(): entry.job.id for entry in self.plan.entries}
        problems = [
            Diagnostic(
                message=f'its file is named as the {kind} file of job "{ids[owner]}" (run.keep)',
                hint="give one of them another id",
                location=self.manifest.locate(entry.job),
                job=entry.job.id,
            )
            for kind in kinds
            for entry in self.plan.entries
            if (owner := entry.job.id.casefold().removesuffix(f".{kind}")) in ids
            and owner != entry.job.id.casefold()
        ]
        if problems:
            raise ManifestError([*self.manifest.warnings, *problems])

    def _check_outputs_name(self) -> None:
        hint = locale_hint(self.outputs) if self._to_be_fetched() else None
        if hint:
            problem = Diagnostic(
                message=f'run.outputs "{self.settings.outputs}" cannot be named in this locale',
                hint=hint,
                location=self.manifest.document.locate(("run", "outputs")),
            )
            raise ManifestError([*self.manifest.warnings, problem])

    def _to_be_fetched(self) -> list[PlanEntry]:
        """The entries whose files are to be written."""
        return [e for e in self.plan.entries if self.settings.download and not e.is_idle]


def plan_manifests(
    options: Options, *, submit: bool = True, complete: bool = False
) -> list[ManifestPlan]:
    """Read and plan every manifest of the command line; raises every known error."""
    options.check()
    return [
        plan_manifest(manifest, options, submit=submit, complete=complete)
        for manifest in read_manifests(options)
    ]


def plan_manifest(
    manifest: Manifest, options: Options, *, submit: bool = True, complete: bool = False
) -> ManifestPlan:
    """Decide what happens to every job of one manifest. Reads the ledger, sends nothing.

    `submit` is false for a verb that only collects results; see `PlanOptions` for both. Raises
    LedgerError, UsageError, ProviderError.
    """
    with without_collection(options):
        return _planned(manifest, options, submit=submit, complete=complete)


def _planned(manifest: Manifest, options: Options, *, submit: bool, complete: bool) -> ManifestPlan:
    paths = project_paths(manifest, options)
    # A rehearsal has no accounts until its emulator runs.
    used = {} if options.emulate else used_providers(manifest)
    settings = read_settings(setting_sources(manifest, options), used)
    jobs = manifest.jobs

    @functools.cache  # several jobs may share a file
    def find(file: StoredFile) -> Path | None:
        path = located(file.path, paths.base)
        with output_errors(path, "make it readable, then run again"):
            return find_file(path, file.sha256, paths.archive, manifest.hashes)

    def present(file: StoredFile) -> bool:
        return find(file) is not None

    place = ResultFiles(
        base=paths.base,
        has_results=settings.has_results,
        hashes=manifest.hashes,
        find=find,
    )

    def unusable(job: Job, made: Mapping[str, PlanEntry]) -> JobError | None:
        return find_unusable(job, manifest.operations[job.operation], made, place)

    def pointer(file: StoredFile) -> bool:
        return is_lfs_pointer(located(file.path, paths.base), file.sha256)

    with (
        stages(options.progress, options.environ) as stage,
        manifest.hashes,
        open_ledger(paths.location, read_only=True) as ledger,
    ):
        stage.begin("reading the ledger")
        history = History(manifest, settings, options, ledger, paths.name)
        realms = history.by_realm(lambda job: job.fingerprint)
        to_results = _path_converter(paths)
        attempts = {
            fingerprint: attempt
            for realm, fingerprints in realms.items()
            for fingerprint, attempt in ledger.latest(fingerprints, realm, to_results).items()
        }
        ids, requests = {job.id for job in jobs}, {job.fingerprint for job in jobs}
        # Where the ledger has an attempt, a row proves nothing more.
        earlier = read_earlier_results(
            manifest.path,
            options,
            skip=lambda job, fingerprint: job in ids and fingerprint in attempts,
        )
        inputs = PlanInputs(
            attempts=attempts,
            evidence=select_evidence(earlier, realms, attempts, ledger),
            alive=ledger.alive,
            present=present,
            pointer=pointer,
            recorded={each.job for each in earlier.evidence if each.fingerprint not in requests},
            estimate=history.estimate,
            expected_s=history.expected_s,
            limit_s=history.limit_s,
            changes=history.changes,
            operations=manifest.operations,
            find_unusable=unusable,
            replaced=manifest.replaced,
        )
        selection = select_jobs(manifest, options, inputs)
        selected = selection.ids.difference(selection.added)
        plan_options = PlanOptions(
            selected=selection.ids,
            retry_failed=options.retry_failed,
            forced=selected if options.force else (),
            submit=submit,
            download=settings.download,
            keep=frozenset(settings.keep),
            complete=complete,
            off_peak=settings.off_peak,
        )
        plan = make_plan(stage.each("planning", jobs), inputs, plan_options)
        costs = history.costs  # computed on access, which the closed ledger would refuse
    empty = None if selection.ids else empty_selection(manifest, options, inputs)
    problems = merge(undecided(plan))
    if submit and any(not problem.warning for problem in problems):
        raise ManifestError([*manifest.warnings, *problems])
    return ManifestPlan(
        manifest=manifest,
        options=options,
        paths=paths,
        settings=settings,
        plan=plan,
        costs=costs,
        added=selection.added,
        selected=selected,
        present=present,
        state=functools.partial(state_in, inputs),
        collects=not submit,
        empty=empty,
        unreadable=earlier.diagnostics,
        removed=earlier.removed(ids),
        warnings=[
            *([empty] if empty else []),
            *manifest.warnings,
            *(replace(problem, warning=True) for problem in problems),
            *earlier.diagnostics,
            *unexplained_changes(plan, earlier, manifest),
        ],
    )


def networked(planned: ManifestPlan) -> list[PlanEntry]:
    """The entries for which a provider has to be asked for something."""

    def is_networked(entry: PlanEntry) -> bool:
        if entry.action is not Action.DECIDE:
            return entry.action in (Action.SUBMIT, Action.ATTACH, Action.FETCH)
        # A submission of unknown fate is sent again, or looked for where the provider shows tasks.
        operation = planned.manifest.operations[entry.job.operation]
        is_sought = entry.attempt is not None and is_searchable(operation)
        return is_sought or planned.settings.on_ambiguous == "resubmit"

    return [entry for entry in planned.plan.entries if is_networked(entry)]


def _path_converter(paths: ProjectPaths) -> Callable[[str], str]:
    """Converts a file's path in the ledger into its path in the results manifest."""
    # The ledger's are relative to its own folder: there may be several results manifests (`-o`).

    @functools.cache  # a handful of folders for any number of files
    def folder(name: str) -> str:
        return relative(paths.state / name, paths.base)

    def convert(path: str) -> str:
        name, _, file = path.rpartition("/")
        return file if folder(name) == "." else f"{folder(name)}/{file}"

    return convert
