"""One planned manifest in; its jobs run, its results written, its exit code out."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from runner import __version__
from runner.engine.context import Context
from runner.engine.files import folder, relative
from runner.engine.gate import gates
from runner.engine.http import Http
from runner.engine.limits import Rate
from runner.engine.run import Batch
from runner.errors import Exit, Failure, worst
from runner.ledger import Journal, Rescue, open_ledger
from runner.model import Outcome, State
from runner.pipeline.planned import Planned
from runner.progress import observer
from runner.providers.registry import PROVIDERS
from runner.report.text import Told
from runner.results import Header, write_results

TOOL = f"vidu-run {__version__}"


def run_planned(planned: Planned) -> tuple[Exit, Told]:
    """Run what is planned; its exit code, and what there is to tell.

    The results manifest is written whatever happens. Raises the Failure that ended the run
    early (the ledger, the disk) after that.
    """
    started, began = time.monotonic(), _now()
    if planned.speaking and planned.settings.download:
        # Before anything is paid for: where files cannot be written, nothing is ordered.
        folder(planned.settings.outputs, *planned.places.below_outputs)
    with open_ledger(planned.places.ledger) as ledger:
        run = ledger.begin_run(planned.manifest.path.name, TOOL)
        batch: Batch | None = None
        code = Exit.DEFECT
        try:
            with Journal(planned.places.ledger) as journal, _rescue(planned, run) as rescue:
                batch, failures = asyncio.run(_batch(planned, run, journal, rescue, began))
            code = exit_code(batch, failures)
            _write(planned, batch.outcomes(), run, began, finished=_now(), code=code)
        finally:
            ledger.end_run(run, code)
    if failures:
        raise failures[0]
    return code, _told(planned, batch, time.monotonic() - started)


async def _batch(
    planned: Planned, run: str, journal: Journal, rescue: Rescue, began: str
) -> tuple[Batch, list[Failure]]:
    """Run the batch; what ended it early comes back as a value, for the results come first."""
    settings = planned.settings
    looker = observer(planned.options.progress, planned.options.environ)
    async with Http(trust_env=not planned.options.emulate) as http:
        context = Context(
            settings=settings,
            operations=planned.manifest.operations,
            providers=PROVIDERS,
            manifest=planned.manifest.path.name,
            run=run,
            base=planned.places.base,
            outputs=planned.outputs,
            archive=planned.places.archive,
            journal=journal,
            rescue=rescue,
            http=http,
            rates={name: Rate(settings.poll_rate) for name in settings.accounts},
            observer=looker,
            random=random.Random(),  # noqa: S311 - spreads retries, guards nothing
            stopping=asyncio.Event(),
            gates=gates(settings, PROVIDERS, http),
        )
        batch = Batch(context, planned.plan)
        looker.start(planned.plan)
        failures: list[Failure] = []
        try:
            await batch.run(lambda so_far: _write(planned, so_far, run, began))
        except* Failure as group:
            failures = list(_leaves(group))
        finally:
            looker.stop()
    return batch, failures


@contextmanager
def _rescue(planned: Planned, run: str) -> Iterator[Rescue]:
    rescue = Rescue(planned.places.state / f"rescue-{run}.jsonl")
    try:
        yield rescue
    finally:
        rescue.close()


def _write(
    planned: Planned,
    outcomes: Sequence[Outcome],
    run: str,
    began: str,
    *,
    finished: str | None = None,
    code: Exit | None = None,
) -> None:
    header = Header(
        manifest=relative(planned.manifest.path, planned.places.base),
        sha256=planned.manifest.document.sha256,
        run=run,
        tool=TOOL,
        started_at=began,
        finished_at=finished,
        exit_code=code,
    )
    write_results(planned.places.results, header, outcomes, planned.removed)


def exit_code(batch: Batch, failures: Sequence[Failure]) -> Exit:
    """The code that the outcomes, a stopped provider and an interruption come to."""
    codes = {_BY_STATE[outcome.state] for outcome in batch.outcomes()}
    codes |= {failure.exit for failure in failures}
    codes |= {halt.exit for halt in batch.stops.all()}
    if batch.interrupted_by is not None:
        hard = batch.interrupted_by is signal.SIGTERM
        codes.add(Exit.TERMINATED if hard else Exit.INTERRUPTED)
    return worst(codes)


_BY_STATE = {
    State.SUCCEEDED: Exit.OK,
    State.SKIPPED: Exit.OK,  # not selected, or lost with another that has its own code
    State.FAILED: Exit.JOBS_FAILED,
    State.AMBIGUOUS: Exit.DECISION,
    State.PENDING: Exit.INCOMPLETE,
}


def _told(planned: Planned, batch: Batch, seconds: float) -> Told:
    outcomes = batch.outcomes()
    return Told(
        manifest=str(planned.manifest.path),
        outcomes=outcomes,
        places={
            outcome.job.id: planned.manifest.place_of(outcome.job)
            for outcome in outcomes
            if outcome.state is not State.SUCCEEDED
        },
        seconds=seconds,
        results=str(planned.places.results),
        files=f"{planned.outputs}/",
        stopped=batch.stops.told(),
    )


def _leaves(group: BaseExceptionGroup[Failure]) -> Iterator[Failure]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
