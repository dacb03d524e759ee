"""Carries out a plan: opens its session, runs its jobs, writes its results; prints nothing."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from typing import TypeAlias

from runner.commands.folders import prepare_folders
from runner.commands.manifest_plan import ManifestPlan
from runner.commands.session import TOOL, RunSession
from runner.engine.context import Context
from runner.engine.download.place import keep_copy
from runner.engine.run import Batch
from runner.engine.stop_conditions import StopReason
from runner.errors import Exit, Failure, LedgerError, OutputError, leaves, worst
from runner.file_names import relative
from runner.model.events import Observer
from runner.model.outcomes import Outcome, State
from runner.model.plans import Action, Plan, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.providers.registry import PROVIDERS
from runner.results.rows import Header
from runner.results.write import write_results
from runner.timestamps import stamp_now

SignalHandler: TypeAlias = Callable[[signal.Signals], None]
Interruptions: TypeAlias = Callable[[SignalHandler, SignalHandler], AbstractContextManager[None]]
"""Calls the first handler, on the running event loop, for each interruption within its context; the
second one for an interruption after it, when the batch has ended and is being cleaned up."""

NOTHING_SUBMITTED = StopReason(
    reason=Reason(ReasonCode.COLLECT_ONLY, "only `vidu-run run` submits"), exit=Exit.OK
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """What came of carrying out a plan."""

    code: Exit
    batch: Batch
    failures: Sequence[Failure]
    """The known errors that ended it early, or by which something could not be written."""
    written: bool
    """Whether the results manifest has the batch's outcomes."""
    began: str
    """UTC, RFC 3339."""
    seconds: float


def carry_out(
    planned: ManifestPlan,
    watcher: Observer,
    interruptions: Interruptions,
    *,
    collect_only: bool = False,
    write: bool = True,
) -> Executed:
    """Carry out the plan. Blocks, with an event loop of its own.

    The results manifest is written whatever happens, also before a defect is raised, unless
    `write` is false. What ended the run early (the ledger, the disk) is part of what is returned.
    With `collect_only` nothing is submitted and each task is asked for once.
    """
    if collect_only:
        planned = replace(
            planned.with_entries(map(_as_collected, planned.plan.entries)),
            settings=replace(planned.settings, on_ambiguous="ask"),  # never submits a second time
        )
    started, began = time.monotonic(), stamp_now()
    ended: _EndedBatch | None = None
    try:
        with (
            planned.manifest.hashes,
            RunSession.open(planned, collect_only=collect_only) as session,
        ):
            prepare_folders(planned, results=write)
            if write:
                _keep_damaged(planned)
            batch = _BatchRun(
                session=session,
                watcher=watcher,
                interruptions=interruptions,
                began=began,
                stops=_collecting_stops(planned) if collect_only else {},
                write=write,
            )
            ended = session.act(batch.run, batch.watcher)
    except LedgerError as error:
        if ended is None:
            raise
        ended.failures.append(error)  # only the end of this run is missing from the ledger
    codes = [session.exit_code, *(failure.exit for failure in ended.failures)]
    return Executed(
        code=worst([*codes, *map(_code_of_signal, ended.late_signals)]),
        batch=ended.batch,
        failures=ended.failures,
        written=ended.written,
        began=began,
        seconds=time.monotonic() - started,
    )


def _collecting_stops(planned: ManifestPlan) -> dict[str, StopReason]:
    """Why a verb that only collects submits nothing: a run could not either, or it is the verb."""
    return {**dict.fromkeys(PROVIDERS, NOTHING_SUBMITTED), **planned.budget_stops()}


def _keep_damaged(planned: ManifestPlan) -> None:
    """Keep a copy of a results manifest that nobody could read and this run will replace."""
    # With `-o` the unreadable one may be that beside the manifest, which stays.
    path = str(planned.paths.results)
    if not any(each.location and each.location.path == path for each in planned.unreadable):
        return
    # It may name results of others, or of jobs that are no longer in the manifest.
    kept = keep_copy(planned.paths.results, planned.paths.archive, planned.manifest.hashes)
    if kept is not None:
        message = f"{planned.paths.results}: replaced; the damaged file is kept as {kept}"
        planned.options.emit(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class _EndedBatch:
    """A batch that has ended, one way or another."""

    batch: Batch
    failures: list[Failure]
    """The known errors that ended it early, or by which something could not be written."""
    written: bool
    """Whether the results manifest has the batch's outcomes."""
    late_signals: Sequence[signal.Signals]
    """Signals that came when the batch had ended and was being cleaned up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _BatchRun:
    """Runs one batch and writes its results, handling interruptions until that is done."""

    session: RunSession
    watcher: Observer
    interruptions: Interruptions
    began: str
    stops: Mapping[str, StopReason]
    """Provider to why nothing is submitted to it from the start on."""
    write: bool

    async def run(self, context: Context) -> _EndedBatch:
        failures: list[Failure] = []
        late_signals: list[signal.Signals] = []
        unwritten: OutputError | None = None
        defects: BaseExceptionGroup[Exception] | None = None
        session = self.session
        batch = Batch(context, _executable(session.planned))
        batch.stop_conditions.by_provider.update(self.stops)
        handlers = batch.shutdown.interrupt, late_signals.append
        with self.interruptions(*handlers), ExitStack() as at_exit:
            self.watcher.start(session.planned.plan)
            at_exit.callback(self.watcher.stop)
            try:
                await batch.run(self._write)
            except ExceptionGroup as group:
                # A known error is reported; a defect is raised, but only after the writing.
                known, defects = group.split(Failure)
                failures = [e for e in leaves(known) if isinstance(e, Failure)] if known else []
            async for code in _exit_codes(batch, failures):  # twice if a signal changed the code
                session.exit_code = Exit.DEFECT if defects else code
                try:
                    self._write(batch.outcomes(), session.exit_code)
                    unwritten = None
                except OutputError as error:
                    unwritten = error
        if defects:
            raise defects from unwritten  # the crash log has both
        if unwritten:
            failures.append(_with_recovery_hint(unwritten, batch.outcomes(), failures))
            session.exit_code = _exit_code(batch, failures)
        return _EndedBatch(
            batch=batch, failures=failures, written=unwritten is None, late_signals=late_signals
        )

    def _write(self, outcomes: Collection[Outcome], code: Exit | None = None) -> None:
        """Write the results manifest; `code` is None while the run goes on."""
        if not self.write:  # `status --refresh` asks about a part of the jobs only
            return
        planned = self.session.planned
        header = Header(
            manifest=relative(planned.manifest.path, planned.paths.base),
            sha256=planned.manifest.document.sha256,
            run=self.session.run,
            tool=TOOL,
            started_at=self.began,
            finished_at=None if code is None else stamp_now(),
            exit_code=code,
            marks=_marks(planned),
        )
        write_results(planned.paths.results, header, outcomes, planned.removed)


def _marks(planned: ManifestPlan) -> dict[str, str] | None:
    """The marks file that took part, as the results record it."""
    marks = planned.manifest.marks
    if marks is None:
        return None
    return {"path": relative(marks.path, planned.paths.base), "sha256": marks.sha256}


def _executable(planned: ManifestPlan) -> Plan:
    """The plan without decisions that only an earlier results manifest asks for."""
    # It has too little of such a submission to look for its task: the job stays undecided, or is
    # submitted again where the user accepts the risk.
    resubmit = planned.settings.on_ambiguous == "resubmit"
    action = Action.SUBMIT if resubmit else Action.SKIP

    def executable(entry: PlanEntry) -> PlanEntry:
        unknown = entry.action is Action.DECIDE and entry.attempt is None
        return replace(entry, action=action) if unknown else entry

    return Plan(entries=list(map(executable, planned.plan.entries)))


_TURNS = 3
"""Turns of the event loop in which a signal reaches its handler."""


async def _exit_codes(batch: Batch, failures: Sequence[Failure]) -> AsyncIterator[Exit]:
    """The code to write the results with; a second one if a signal came during the writing."""
    while True:
        interrupted_by = batch.shutdown.interrupted_by
        yield _exit_code(batch, failures)
        # Writing blocks the loop. The signal's number is read in one turn, handled in the next.
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        if batch.shutdown.interrupted_by is interrupted_by:
            return


EXIT_CODES = {
    State.SUCCEEDED: Exit.OK,
    State.SKIPPED: Exit.OK,  # the job that it needs has its own code
    State.FAILED: Exit.JOBS_FAILED,
    State.AMBIGUOUS: Exit.DECISION,
    State.PENDING: Exit.INCOMPLETE,
}
_BUDGET_CODES = (ReasonCode.OVER_BUDGET, ReasonCode.UNPRICED)


def code_of(outcome: Outcome) -> Exit:
    """The exit code of one job, by its state and its reason."""
    by_budget = outcome.reason is not None and outcome.reason.code in _BUDGET_CODES
    return Exit.BUDGET if by_budget else EXIT_CODES[outcome.state]


def _exit_code(batch: Batch, failures: Sequence[Failure]) -> Exit:
    """The worst of the outcomes, a stopped provider, known errors and an interruption."""
    codes = {code_of(outcome) for outcome in batch.outcomes() if is_selected(outcome)}
    codes |= {failure.exit for failure in failures}
    codes |= {stop.exit for stop in batch.stop_conditions.all()}
    if batch.shutdown.interrupted_by is not None:
        codes.add(_code_of_signal(batch.shutdown.interrupted_by))
    return worst(codes)


def _code_of_signal(number: signal.Signals) -> Exit:
    return Exit.INTERRUPTED if number is signal.SIGINT else Exit.TERMINATED


def is_selected(outcome: Outcome) -> bool:
    """Whether the job is one that the user has selected, or that one of those needs."""
    return outcome.reason is None or outcome.reason.code is not ReasonCode.NOT_SELECTED


def _with_recovery_hint(
    error: OutputError, outcomes: Collection[Outcome], failures: Sequence[Failure]
) -> OutputError:
    """The error with a hint that nothing paid for is lost, if that is so."""
    in_ledger = not any(isinstance(failure, LedgerError) for failure in failures)
    if not in_ledger or not any(outcome.task.id for outcome in outcomes):
        return error
    recovery = "nothing is lost: the ledger has what was paid for"
    hint = f"{error.hint}; {recovery}" if error.hint else recovery
    return OutputError(error.message, hint=hint)


def _as_collected(entry: PlanEntry) -> PlanEntry:
    """The entry for a verb that only collects."""
    if entry.action is Action.SUBMIT:  # NOTHING_SUBMITTED stops it
        return entry
    # What is paid for needs no other job any more.
    job = replace(entry.job, draft=replace(entry.job.draft, needs=()))
    # Looking for a submission of unknown fate may end in sending it again: left to a run.
    action = Action.SKIP if entry.action is Action.DECIDE else entry.action
    return replace(entry, job=job, action=action)
