"""Runs: `run` and `arun` submit what is new, collect what is paid for, and write the results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from runner.api.manifests import Manifest, loaded
from runner.api.observers import Observer, Watcher
from runner.api.plans import Plan
from runner.api.results import Results
from runner.api.settings import AnyPath, RunSettings, options_of

if TYPE_CHECKING:
    from runner.api.background import Background, Interruption


def run(
    manifest: Manifest | AnyPath,
    *,
    observer: Observer | None = None,
    **settings: Unpack[RunSettings],
) -> Results:
    """Make what the manifest asks for; returns once all of it is made, given up or left for later.

    `manifest`: one that was loaded, or what `load` takes. Settings: see `RunSettings`. Nothing is
    asked: what would cost more than `confirm_above` raises UsageError unless `yes` is given.

    It may be called where an event loop is running: the work is done in a thread. Jobs that failed
    raise nothing, see `Results.exit`. A KeyboardInterrupt is raised once nothing more is submitted,
    the answers to submissions under way are there (15 s at most; a second one stops waiting), and
    everything is on record. Raises ManifestError, UsageError, ProviderError, LedgerError and
    OutputError before anything is sent, and what the observer raises.
    """
    return _background(manifest, observer, settings).result()


async def arun(
    manifest: Manifest | AnyPath,
    *,
    observer: Observer | None = None,
    **settings: Unpack[RunSettings],
) -> Results:
    """The same as `run`, as a coroutine. The work is done in a thread, beside the running loop.

    A cancellation is what a KeyboardInterrupt is to `run`: CancelledError is raised again once
    everything is on record.
    """
    return await _background(manifest, observer, settings).aresult()


def _background(
    source: Manifest | AnyPath, observer: Observer | None, settings: Mapping[str, Any]
) -> Background[Results]:
    from runner.api.background import Background  # late: who only loads manifests needs no asyncio

    return Background(lambda interruption: _run(source, observer, settings, interruption))


def _run(
    source: Manifest | AnyPath,
    observer: Observer | None,
    settings: Mapping[str, Any],
    interruption: Interruption,
) -> Results:
    # Late: everything that talks to providers.
    from runner.commands.carry_out import carry_out
    from runner.commands.run import agreed_plans, check_force

    manifest = loaded(source, settings)
    messages: list[str] = []
    options = options_of(manifest.path, settings, RunSettings, emit=messages.append)
    check_force(options)
    (planned,) = agreed_plans([manifest.checked(options)], options)
    interruption.check()
    plan = Plan.of(planned)
    watcher = Watcher(observer, plan, interruption.request)
    executed = carry_out(planned, watcher, interruption.connected)
    if watcher.error is not None:
        raise watcher.error
    return Results.of(planned, executed, messages)
