"""A plan in; the ledger with a run on record, and all that asking providers takes, out."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass

from runner import __version__
from runner.commands.session import Planned, with_keys
from runner.engine.context import Context
from runner.engine.ledger_client import LedgerClient
from runner.engine.net.client import Http
from runner.engine.net.pacing import Rate
from runner.engine.poll.list_poller import ListPoller
from runner.engine.poll.list_query import ListEndpoint
from runner.engine.poll.schedule import DurationStatsByKind
from runner.engine.submit.breaker import breakers_for
from runner.error_handler import emit
from runner.errors import Exit, Failure
from runner.ledger import GroupCommit, Ledger, RescueFile, open_ledger, realm_of
from runner.ledger.rescue import rescue_path
from runner.ledger.run_locks import alive
from runner.model import Account, Event, Observer, Step
from runner.planning.estimates import Kind, Learned, learn
from runner.progress import observer
from runner.providers.registry import LISTERS, PROVIDERS

TOOL = f"vidu-run {__version__}"


@dataclass(slots=True, kw_only=True)
class RunRecord:
    """A verb's entry in the ledger, while it acts."""

    run: str
    """The id of this run."""
    ledger: Ledger
    """For the thread that opened it."""
    journal: GroupCommit
    rescue: RescueFile
    code: Exit = Exit.DEFECT
    """What the verb comes to, to be set before the record is closed."""


@contextmanager
def on_record(planned: Planned) -> Iterator[RunRecord]:
    """A run of this manifest in its ledger, ended with the record's code. Raises LedgerError.

    A known error that ends the block is on record with its own code.
    """
    places = planned.places
    with open_ledger(places.ledger, on_wait=emit) as ledger:
        run = ledger.begin_run(places.name, TOOL)
        code = Exit.DEFECT
        try:
            with GroupCommit(places.ledger, emit) as journal, _rescue(planned, run) as rescue:
                record = RunRecord(run=run, ledger=ledger, journal=journal, rescue=rescue)
                yield record
            code = record.code
        except Failure as error:
            code = error.exit
            raise
        finally:
            ledger.end_run(run, code)


@contextmanager
def _rescue(planned: Planned, run: str) -> Iterator[RescueFile]:
    rescue = RescueFile(rescue_path(planned.places.ledger, run))
    try:
        yield rescue
    finally:
        rescue.close()


@asynccontextmanager
async def surrounded(
    planned: Planned, record: RunRecord, looker: Observer | None = None
) -> AsyncIterator[Context]:
    """What the engine needs to act on this plan, with nobody looking on unless `looker` does."""
    settings, rng = planned.settings, random.Random()  # noqa: S311 - spreads, guards nothing
    watcher = looker or observer("none", planned.options.environ)
    rates = {name: Rate(settings.poll_rate) for name in settings.accounts}
    async with Http(trust_env=not planned.options.emulate) as http:
        pollers = {
            name: ListPoller(_line(account, name, http, rates[name]), rng, _warn(watcher, name))
            for name, account in settings.accounts.items()
        }
        yield Context(
            settings=settings,
            operations=planned.manifest.operations,
            providers=PROVIDERS,
            manifest=planned.places.name,
            run=record.run,
            base=planned.places.base,
            outputs=planned.outputs,
            archive=planned.places.archive,
            hashes=planned.manifest.hashes,
            ledger=LedgerClient(record.journal),
            rescue=record.rescue,
            http=http,
            rates=rates,
            pollers=pollers,
            durations=DurationStatsByKind(_past(planned, record.ledger)),
            breakers=breakers_for(settings, PROVIDERS, http, rates),
            budget=planned.budget(),
            observer=watcher,
            alive=lambda other: alive(planned.places.state, other),
            random=rng,
            stopping=asyncio.Event(),
            once=planned.once,
        )


def _line(account: Account, name: str, http: Http, rate: Rate) -> ListEndpoint | None:
    """The way to the provider's list of tasks; None where it has none."""
    lister = LISTERS.get(name)
    return ListEndpoint(api=lister, account=account, http=http, rate=rate) if lister else None


def _warn(watcher: Observer, provider: str) -> Callable[[str], None]:
    return lambda why: watcher.event(
        Event(step=Step.RETRYING, job="", text=f"{provider}: {why}"),
    )


def _past(planned: Planned, ledger: Ledger) -> dict[Kind, Learned]:
    """What earlier runs teach of the kinds of tasks that this one will wait for."""
    found: dict[Kind, Learned] = {}
    for name in sorted({entry.job.operation for entry in planned.speaking}):
        operation = planned.manifest.operations[name]
        if (account := planned.settings.accounts.get(operation.provider)) is not None:
            found |= learn(operation, ledger.past_tasks(name, realm_of(account.base_url)))
    return found


def within_reach(planned: Planned) -> AbstractContextManager[Planned]:
    """The plan with its providers within reach: at the emulator, or with the user's own keys.

    Raises ProviderError where a key is missing or must not be used.
    """
    if planned.options.emulate:
        from runner.commands.emulate import emulated

        return emulated(planned)
    return nullcontext(with_keys(planned))
