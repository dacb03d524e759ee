"""The built-in emulator: beside one run, or served to anybody."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from runner.commands.session import Planned, facts_of
from runner.documents import load
from runner.documents.files import read_text
from runner.emulator.faults.script import Rule, parse_faults
from runner.emulator.options import Options, missing_extra
from runner.emulator.server import Emulator, serve
from runner.error_handler import emit
from runner.errors import Exit, Location, ManifestError, UsageError
from runner.ledger import open_ledger
from runner.operations import load_operations
from runner.settings import emulated_accounts


@contextmanager
def emulated(planned: Planned) -> Iterator[Planned]:
    """The plan with its accounts at an emulator that lives as long as this context.

    The emulator runs in a thread and on a loop of its own; its tasks are kept beside the ledger,
    so that a later rehearsal can re-attach to them. Raises UsageError when an operation needs
    something that is not installed, LedgerError where nothing can be kept.
    """
    lacking = missing_extra({entry.job.operation for entry in planned.plan.entries})
    if lacking is not None:
        raise UsageError(lacking)
    # Before the emulator writes beside it: the ledger makes their folder, or says why it cannot.
    open_ledger(planned.places.ledger, on_wait=emit).close()
    options = Options(
        time_scale=planned.options.scale,
        concurrency=max(Options().concurrency, planned.settings.concurrency),
        state_dir=planned.places.emulator,
    )
    with Emulator(options) as emulator:
        accounts = emulated_accounts(
            emulator.url, facts_of(planned.manifest), planned.manifest.providers
        )
        yield replace(planned, settings=replace(planned.settings, accounts=accounts))


def serve_emulator(
    *,
    port: int,
    time_scale: float,
    concurrency: int,
    credits_: int | None,
    keys: tuple[str, ...],
    state_dir: Path | None,
    faults: Path | None,
) -> None:
    """Serve both APIs on loopback until SIGINT or SIGTERM; the address goes to standard output.

    `faults` is a fault script. Raises UsageError where it is wrong.
    """
    options = Options(
        time_scale=time_scale,
        concurrency=concurrency,
        credits=Options().credits if credits_ is None else credits_,
        keys=frozenset(keys) or None,
        state_dir=state_dir,
        faults=read_script(faults) if faults else (),
    )
    lacking = missing_extra(load_operations())
    if lacking is not None:
        emit(f"warning: {lacking}")
    key = keys[0] if keys else "any-text"
    serve(options, port, lambda url: _announce(url, key))


def read_script(path: Path) -> tuple[Rule, ...]:
    """The rules of a fault script (YAML or JSON); raises UsageError with the file's name."""
    try:
        script = load(read_text(path)[0], path=str(path), names=frozenset({"on"}))
    except ManifestError as error:
        first, *others = error.diagnostics
        raise UsageError(
            first.message, hint=first.hint, location=first.location, others=others
        ) from None
    try:
        return parse_faults(script)
    except UsageError as error:
        raise UsageError(
            error.message, hint=error.hint, location=Location(path=str(path))
        ) from None


def _announce(url: str, key: str) -> None:
    print(f"Vidu and ModelVerse are emulated at {url} (Ctrl-C ends it). For any client:\n")
    for name in ("VIDU", "MODELVERSE"):
        print(f"  export {name}_BASE_URL={url} {name}_API_KEY={key}")
    sys.stdout.flush()


def emulate(
    *,
    port: int,
    time_scale: float,
    concurrency: int,
    credits: int | None,  # noqa: A002 - the flag's name
    key: tuple[str, ...],
    state_dir: Path | None,
    faults: Path | None = None,
) -> Exit:
    """Serve both APIs on loopback until interrupted."""
    serve_emulator(
        port=port,
        time_scale=time_scale,
        concurrency=concurrency,
        credits_=credits,
        keys=key,
        state_dir=state_dir,
        faults=faults,
    )
    return Exit.OK
