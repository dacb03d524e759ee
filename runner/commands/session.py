"""Opens what a verb needs to act on a plan: accounts, a run record, HTTP and pollers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from runner import __version__
from runner.commands.manifest_plan import ManifestPlan, networked
from runner.commands.manifest_settings import setting_sources, used_providers
from runner.engine.context import Context, redacted
from runner.engine.job_run import JobRun
from runner.engine.ledger_client import LedgerClient
from runner.engine.monitor import Monitor
from runner.engine.net.client import CONNECT_LIMIT_S, HttpClient
from runner.engine.net.pacing import Rate
from runner.engine.net.resolve import UnusableProxy, check_proxy
from runner.engine.poll.list_poller import ListPoller
from runner.engine.poll.list_query import ListEndpoint
from runner.engine.poll.timing import DurationStatsByKind
from runner.engine.reconcile.reconcile import adopt
from runner.engine.submit.breaker import breakers_for
from runner.errors import Exit, Failure, ProviderError, UsageError
from runner.ledger.changes import realm_of
from runner.ledger.group_commit import GroupCommit
from runner.ledger.location import open_ledger
from runner.ledger.protocol import Ledger
from runner.ledger.rescue import RescueFile, rescue_path
from runner.ledger.state_folder import make_state_folder
from runner.limits import SPARE_THREADS, require_files, require_threads, started_pool
from runner.model.events import Event, Observer, Step
from runner.model.plans import PlanEntry
from runner.model.requests import Account
from runner.planning.estimates import Kind, Learned, learn
from runner.providers.registry import PROVIDERS, TASK_LISTS
from runner.settings.accounts import emulated_accounts, read_accounts

TOOL = f"vidu-run {__version__}"

T = TypeVar("T")

_FILES = 40
"""Open at once, but for the jobs in flight: the ledger twice, and downloads, with two for each."""
_EMULATED_FILES = 52
"""The same with an emulator in this process."""


@dataclass(slots=True, kw_only=True)
class RunSession:
    """One run of a verb, on record in the manifest's ledger. Made by `open`."""

    planned: ManifestPlan
    """Its settings have the accounts of every provider that is asked for something."""
    collect_only: bool
    """Ask for each task once; do not wait for it to end."""
    run: str
    """The ledger's id of this run."""
    ledger: Ledger
    """For the thread that opened it."""
    group_commit: GroupCommit
    rescue: RescueFile
    exit_code: Exit = Exit.OK
    """What the ledger records when the session ends without an error."""

    @classmethod
    @contextmanager
    def open(
        cls, planned: ManifestPlan, *, collect_only: bool = False, keys: bool = True
    ) -> Iterator[RunSession]:
        """Start the emulator if asked, find the keys, open the ledger and record the run there.

        Without `keys` no provider can be asked for anything. Raises ProviderError where a key is
        missing or must not be used, UsageError, LedgerError. A known error that ends the block is
        recorded with its own code.
        """
        paths, emit = planned.paths, planned.options.emit
        with (
            _accounts(planned, keys=keys) as accounts,
            # After the keys: it writes.
            open_ledger(paths.location, on_wait=emit, away_s=planned.settings.outage_s) as ledger,
        ):
            make_state_folder(paths.state)  # a shared ledger is elsewhere
            run, code = ledger.begin_run(paths.name, TOOL), Exit.DEFECT  # until it is known
            try:
                with (
                    GroupCommit(
                        paths.location,
                        emit,
                        away_s=planned.settings.outage_s,
                        refusal=ledger.refusal,
                    ) as group_commit,
                    # Opened before it is needed: a full disk allows no new file.
                    closing(RescueFile(rescue_path(paths.rescue, run))) as rescue,
                ):
                    named = {
                        name: replace(account, name=ledger.account_name(account))
                        for name, account in accounts.items()
                    }
                    settings = replace(planned.settings, accounts=named)
                    session = cls(
                        planned=replace(planned, settings=settings),
                        collect_only=collect_only,
                        run=run,
                        ledger=ledger,
                        group_commit=group_commit,
                        rescue=rescue,
                    )
                    yield session
                code = session.exit_code
            except Failure as error:
                code = error.exit
                raise
            finally:
                ledger.hurry()  # without the record of its end, the run counts as dead soon
                ledger.end_run(run, code)

    def act(
        self, action: Callable[[Context], Coroutine[Any, Any, T]], watcher: Observer | None = None
    ) -> T:
        """Run `action` on an event loop of its own, connected to the providers. Blocks.

        Events go to `watcher`, to nobody without one.
        """

        async def connected() -> T:
            asyncio.get_running_loop().set_default_executor(started_pool())
            stopping, shown = asyncio.Event(), watcher or Observer()
            async with self._client(stopping, shown) as http:
                return await action(self._context(http, shown, stopping))

        return asyncio.run(connected())

    def _client(self, stopping: asyncio.Event, watcher: Observer) -> HttpClient:
        settings, options = self.planned.settings, self.planned.options
        monitor = Monitor(
            settings=settings,
            observer=watcher,
            redacted=partial(redacted, settings),
            stopping=stopping,
            verbose=options.verbose,
        )
        return HttpClient(
            # A proxy that the environment names does not reach the emulator on loopback.
            trust_env=not options.emulate,
            # An address that does not answer must not outlast the outage that it is.
            connect_timeout_s=min(CONNECT_LIMIT_S, max(1.0, settings.outage_s)),
            report=monitor.report,
        )

    def _context(self, http: HttpClient, watcher: Observer, stopping: asyncio.Event) -> Context:
        planned, settings = self.planned, self.planned.settings
        rng = random.Random()  # noqa: S311 - spreads, guards nothing
        rates = {name: Rate(settings.poll_rate) for name in settings.accounts}
        pollers = {
            name: ListPoller(_endpoint(account, name, http, rates[name]), rng, _warn(watcher, name))
            for name, account in settings.accounts.items()
        }
        return Context(
            settings=settings,
            operations=planned.manifest.operations,
            providers=PROVIDERS,
            manifest=planned.paths.name,
            run=self.run,
            base=planned.paths.base,
            outputs=planned.outputs,
            archive=planned.paths.archive,
            ledger=LedgerClient(self.group_commit),
            rescue=self.rescue,
            hashes=planned.manifest.hashes,
            http=http,
            rates=rates,
            pollers=pollers,
            durations=DurationStatsByKind(self._learned()),
            breakers=breakers_for(settings, http, rates),
            budget=planned.budget(),
            observer=watcher,
            alive=self.ledger.alive,
            may_send=self.ledger.may_send,
            refusal=self.ledger.refusal,
            random=rng,
            stopping=stopping,
            collect_only=self.collect_only,
            detach=planned.options.detach and not self.collect_only,
        )

    def _learned(self) -> dict[Kind, Learned]:
        """What earlier runs teach about the kinds of tasks that this one will wait for."""
        found: dict[Kind, Learned] = {}
        for name in sorted({entry.job.operation for entry in networked(self.planned)}):
            operation = self.planned.manifest.operations[name]
            if (account := self.planned.settings.accounts.get(operation.provider)) is not None:
                found |= learn(operation, self.ledger.past_tasks(name, realm_of(account.base_url)))
        return found


def accounts_with_keys(planned: ManifestPlan) -> Mapping[str, Account]:
    """The account of every provider that the plan asks for something.

    Raises ProviderError, with the line to copy, where a key is missing or must not be used, or
    where the provider can only be reached by a proxy that this program cannot use.
    """
    asked = {entry.job.operation for entry in networked(planned)}
    sources = setting_sources(planned.manifest, planned.options)
    accounts = read_accounts(sources, used_providers(planned.manifest, asked), keys=True)
    for name, account in accounts.items():
        _check_proxy(name, account)
    return accounts


def proxy_warning(planned: ManifestPlan) -> str | None:
    """What to print where files could be paid for, but not fetched from other hosts."""
    if planned.options.emulate or not (planned.settings.download and networked(planned)):
        return None
    try:
        check_proxy("https://files.invalid")  # only answers show which hosts have the files
    except UnusableProxy as error:
        consequence = "files of other hosts than the providers' may stay unfetched"
        return f"warning: {error}: {consequence}\n  hint: name an http proxy there, or unset it"
    return None


def _check_proxy(provider: str, account: Account) -> None:
    try:
        check_proxy(account.base_url)
    except UnusableProxy as error:
        message = f"{provider} cannot be reached: {error}; nothing was sent"
        raise ProviderError(message, hint=error.hint) from error


def check_limits(planned: ManifestPlan) -> None:
    """Raise UsageError if the system allows this process too few files or threads for the plan.

    Where it allows few, the process may be slower.
    """
    at_once = min(planned.settings.concurrency, len(networked(planned)))
    files, each, threads = _FILES, 1, SPARE_THREADS + 1
    if planned.options.emulate:  # the other end of each connection is in this process as well
        files, each, threads = _EMULATED_FILES, 2, 2 * threads
    may_raise = not planned.options.hosted
    require_files(files + each * at_once, least=files + each, may_raise=may_raise)
    require_threads(threads)


@contextmanager
def _accounts(planned: ManifestPlan, *, keys: bool) -> Iterator[Mapping[str, Account]]:
    """The user's accounts, or those at an emulator that lives as long as this context.

    The emulator's tasks are kept beside the ledger, so that a later rehearsal can re-attach to
    them. Raises ProviderError as `accounts_with_keys` does, UsageError if an operation needs a
    package that is not installed, LedgerError if nothing can be kept.
    """
    if not planned.options.emulate:
        yield accounts_with_keys(planned) if keys else planned.settings.accounts
        return
    # Late: its server and its renderers take long to load, and most runs need neither.
    from runner.emulator.options import EmulatorOptions, missing_extra
    from runner.emulator.server import run_emulator

    missing = missing_extra({entry.job.operation for entry in planned.plan.entries})
    if missing is not None:
        raise UsageError(missing)
    # Before the emulator writes beside it: the ledger makes their folder, or reports why it cannot.
    open_ledger(planned.paths.ledger, on_wait=planned.options.emit).close()
    options = EmulatorOptions(
        time_scale=planned.options.scale,
        # A rehearsal of many jobs at once is not to wait for its number alone.
        concurrency=max(EmulatorOptions().concurrency, planned.settings.concurrency),
        state_dir=planned.paths.emulator,
    )
    with run_emulator(options) as url:
        used = used_providers(planned.manifest)
        yield emulated_accounts(url, used, planned.manifest.providers)


async def add_to_ledger(context: Context, entry: PlanEntry) -> int:
    """Add what only an earlier results manifest has to the ledger; its number there."""
    return await adopt(context, JobRun.of(entry, context.operations[entry.job.operation]))


def _endpoint(account: Account, name: str, http: HttpClient, rate: Rate) -> ListEndpoint | None:
    """The provider's list of tasks; None where it has no such list."""
    api = TASK_LISTS.get(name)
    return ListEndpoint(api=api, account=account, http=http, rate=rate) if api else None


def _warn(watcher: Observer, provider: str) -> Callable[[str], None]:
    return lambda why: watcher.event(Event(step=Step.RETRYING, job="", text=f"{provider}: {why}"))
