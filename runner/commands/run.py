"""One planned manifest in; its jobs run, its results written, its exit code out."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from runner.commands.connect import TOOL, RunRecord, on_record, surrounded
from runner.commands.load import Manifest, manifests_of
from runner.commands.options import Options
from runner.commands.output import announce
from runner.commands.paths import ProjectPaths
from runner.commands.plan import plan_manifest
from runner.commands.session import Planned, must_be_read, with_keys
from runner.engine.context import StopReason
from runner.engine.download.place import folder, relative
from runner.engine.run import Batch
from runner.error_handler import emit
from runner.errors import Exit, Failure, LedgerError, OutputError, UsageError, worst
from runner.model import Observer, Outcome, ReasonCode, State
from runner.progress import observer
from runner.results import Header, write_results
from runner.terminal import summary
from runner.terminal.summary import RunSummary, RunTotals
from runner.timestamps import stamp_now


def run_planned(
    planned: Planned, *, stop: StopReason | None = None, written: bool = True
) -> tuple[Exit, RunSummary]:
    """Run what is planned; its exit code, and what there is to tell.

    The results manifest is written whatever happens, also before a defect is raised; not at all
    if `written` is false. What else ended the run early (the ledger, the disk) is told with the
    rest. With `halt` nothing is submitted from the start on, for that reason.
    """
    started, began = time.monotonic(), stamp_now()
    if planned.speaking and planned.settings.download:
        # Before anything is paid for: where files cannot be written, nothing is ordered.
        folder(planned.settings.outputs, *planned.places.below_outputs)
    ended: _Ended | None = None
    try:
        with planned.manifest.hashes, on_record(planned) as record:
            ended = asyncio.run(_batch(planned, record, began, stop, written=written))
    except LedgerError as error:
        if ended is None:
            raise
        ended.failures.append(error)  # all that it does not have is that this run has ended
    told = _summary(planned, ended, began, time.monotonic() - started)
    codes = [record.code, *(failure.exit for failure in ended.failures)]
    return worst([*codes, *map(_code_of_signal, ended.late)]), told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """A batch that has ended, one way or another."""

    batch: Batch
    failures: list[Failure]
    """What ended it before its time or could not be written, as far as such things are known."""
    written: bool
    """Whether the results manifest is as it was to be."""
    late: Sequence[signal.Signals]
    """What came to end the program when this run had ended and was being cleared away."""


async def _batch(
    planned: Planned, record: RunRecord, began: str, stop: StopReason | None, *, written: bool
) -> _Ended:
    """Run the batch and write its results, with the signals in hand until that is done."""

    def write(outcomes: Sequence[Outcome], code: Exit | None = None) -> None:
        if written:
            _write(planned, outcomes, record.run, began, code=code)

    looker = observer(planned.options.progress, planned.options.environ)
    failures: list[Failure] = []
    late: list[signal.Signals] = []
    unwritten: OutputError | None = None
    defects: BaseExceptionGroup[Exception] | None = None
    async with surrounded(planned, record, looker) as context:
        batch = Batch(context, planned.carried)
        batch.stop_conditions.everywhere = stop
        with _signals(batch.shutdown.interrupt, late.append), _looking(looker, planned):
            try:
                await batch.run(write)
            except ExceptionGroup as group:
                known, defects = group.split(Failure)
                failures = list(_leaves(known)) if known else []
            async for code in _codes(batch, failures):
                record.code = Exit.DEFECT if defects else code
                try:
                    write(batch.outcomes(), record.code)
                    unwritten = None
                except OutputError as error:
                    unwritten = error
    if defects:
        raise defects from unwritten
    if unwritten:
        failures.append(_with_reassurance(unwritten, batch.outcomes(), failures))
        record.code = exit_code(batch, failures)
    return _Ended(batch=batch, failures=failures, written=unwritten is None, late=late)


async def _codes(batch: Batch, failures: Sequence[Failure]) -> AsyncIterator[Exit]:
    """The code to write the results with; another one when a signal came while they were written.

    Writing blocks the loop: nobody hears of the signal before.
    """
    while True:
        heard = batch.shutdown.interrupted_by
        yield exit_code(batch, failures)
        # The signal's number is read in one turn of the loop, and acted on in the next.
        for _ in range(TURNS):
            await asyncio.sleep(0)
        if batch.shutdown.interrupted_by is heard:
            return


def _with_reassurance(
    error: OutputError, outcomes: Sequence[Outcome], failures: Sequence[Failure]
) -> OutputError:
    """That the results cannot be written, and that nothing is lost by it where that is so."""
    kept = not any(isinstance(failure, LedgerError) for failure in failures)
    if not kept or not any(outcome.task.id for outcome in outcomes):
        return error
    solace = "nothing is lost: the ledger has what was paid for"
    return OutputError(error.message, hint=f"{error.hint}; {solace}" if error.hint else solace)


TURNS = 3
"""Of the event loop, in which a signal that has come reaches its handler."""


@contextmanager
def _looking(looker: Observer, planned: Planned) -> Iterator[None]:
    """Have the onlooker start with the plan, and stop whatever happens."""
    looker.start(planned.plan)
    try:
        yield
    finally:
        looker.stop()


@contextmanager
def _signals(
    handle: Callable[[signal.Signals], None], late: Callable[[signal.Signals], None]
) -> Iterator[None]:
    """Let `handle` have what ends a program from outside, a closed terminal included.

    `late` has the first that comes afterwards, until the loop is closed: an exception would leave
    connections open. The next one ends the program at once.
    """
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def last(number: signal.Signals) -> None:
        for each in numbers:
            loop.remove_signal_handler(each)
        late(number)

    for number in numbers:
        loop.add_signal_handler(number, handle, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.add_signal_handler(number, last, number)


def _write(
    planned: Planned,
    outcomes: Sequence[Outcome],
    run: str,
    began: str,
    *,
    code: Exit | None,
) -> None:
    """Write the results manifest; `code` is None while the run goes on."""
    header = Header(
        manifest=relative(planned.manifest.path, planned.places.base),
        sha256=planned.manifest.document.sha256,
        run=run,
        tool=TOOL,
        started_at=began,
        finished_at=None if code is None else stamp_now(),
        exit_code=code,
    )
    write_results(planned.places.results, header, outcomes, planned.removed)


def exit_code(batch: Batch, failures: Sequence[Failure]) -> Exit:
    """The code that the outcomes, a stopped provider and an interruption come to."""
    codes = {code_of(outcome.state) for outcome in batch.outcomes() if _is_meant(outcome)}
    codes |= {failure.exit for failure in failures}
    codes |= {stop.exit for stop in batch.stop_conditions.all()}
    if batch.shutdown.interrupted_by is not None:
        codes.add(_code_of_signal(batch.shutdown.interrupted_by))
    return worst(codes)


def _code_of_signal(number: signal.Signals) -> Exit:
    return Exit.INTERRUPTED if number is signal.SIGINT else Exit.TERMINATED


def code_of(state: State) -> Exit:
    """The code that a job in that state comes to."""
    return _BY_STATE[state]


_BY_STATE = {
    State.SUCCEEDED: Exit.OK,
    State.SKIPPED: Exit.OK,  # lost with another, which has its own code
    State.FAILED: Exit.JOBS_FAILED,
    State.AMBIGUOUS: Exit.DECISION,
    State.PENDING: Exit.INCOMPLETE,
}


def _is_meant(outcome: Outcome) -> bool:
    return outcome.reason is None or outcome.reason.code is not ReasonCode.NOT_SELECTED


def _summary(planned: Planned, ended: _Ended, began: str, seconds: float) -> RunSummary:
    tally = RunTotals(began=began)
    for outcome in ended.batch.outcomes():
        if _is_meant(outcome):
            tally.add(outcome)
        else:
            tally.unselected += 1
    return RunSummary(
        manifest=str(planned.manifest.path),
        tally=tally,
        place_of=planned.manifest.locate,
        errors=list(dict.fromkeys(str(failure) for failure in ended.failures)),
        seconds=seconds,
        results=str(planned.places.results),
        written=ended.written,
        files=f"{planned.outputs}/",
        flags=planned.options.same_place(),
        stopped=ended.batch.stop_conditions.reasons(),
    )


def _leaves(group: BaseExceptionGroup[Failure]) -> Iterator[Failure]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def run(options: Options) -> Exit:
    """Make what the manifests ask for, one manifest after the other.

    Everything that can be wrong with any of them (problems, keys, addresses) is told before
    anything is sent for the first.
    """
    from runner.commands.connect import within_reach
    from runner.commands.recover import recover_rescued

    options.check()
    if options.force and not (options.select or options.yes):
        raise UsageError(
            "--force pays again for results that are there",
            hint="name the jobs with --select, or add --yes to mean all of them",
        )
    manifests = manifests_of(options)
    for ledger in dict.fromkeys(ProjectPaths.of(each.path, options).ledger for each in manifests):
        for line in recover_rescued(ledger):
            emit(line)
    _settle_beforehand(manifests, options)
    # What is set aside is submitted by a plain run; what failed is to be tried again as well.
    options = replace(options, force=False, retry_failed=options.retry_failed or options.force)
    codes: list[Exit] = []
    for manifest in manifests:
        # Planned again: the run before may have made what this one asks for.
        planned = plan_manifest(manifest, options)
        with within_reach(planned) as ready:
            code, told = run_planned(ready)
        emit(summary.summary(told))
        codes.append(code)
        if code in (Exit.INTERRUPTED, Exit.TERMINATED):
            break
    return worst(codes)


def _settle_beforehand(manifests: Sequence[Manifest], options: Options) -> None:
    """Tell what is planned and have it agreed to; the plans themselves are not kept."""
    from runner.commands.confirm import confirm
    from runner.commands.force import set_aside

    plans = [plan_manifest(manifest, options) for manifest in manifests]
    for planned in plans:
        announce(planned)
        must_be_read(planned)
        if not options.emulate:
            with_keys(planned)
        confirm(planned)
    for planned in plans:
        set_aside(planned)
