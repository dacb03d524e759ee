"""Shutdown: ends a batch early without losing the answer to a submission, and counts failures."""

from __future__ import annotations

import asyncio
import signal
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from runner.engine.context import Context
from runner.engine.job_run import JobRun, Phase, StopReason
from runner.engine.submit.submit import SHARED_CODES
from runner.errors import Exit, plural
from runner.model import ErrorClass, Outcome, Reason, ReasonCode, State, Step

ANSWER_WAIT_S = 15.0
"""How long an interruption waits for the answers of submissions that have left."""


class Shutdown:
    """Ends a batch early: for a signal, an unusable ledger or a defect."""

    def __init__(self, context: Context, job_runs: Mapping[str, JobRun]) -> None:
        """`job_runs`: job id to its run, of the jobs under way."""
        self._context = context
        self._job_runs = job_runs
        self.workers: list[asyncio.Task[None]] = []
        """Each is named after the job that it works on."""
        self.interrupted_by: signal.Signals | None = None
        self.errors: list[Exception] = []
        """What ended the batch, other than a signal."""

    def interrupt(self, number: signal.Signals) -> None:
        """Submit nothing more and wait for answers; the second time, do not wait for them."""
        if self.interrupted_by is not None:
            self._cut()
            return
        self.interrupted_by = number
        waiting = self._stop()
        text = "nothing more is submitted; tasks under way are left to the next run"
        if waiting:
            text = (
                f"waiting up to {ANSWER_WAIT_S:g} s for the answers to "
                f"{plural(waiting, 'submission')}; Ctrl-C again stops waiting"
            )
        self._context.emit(Step.INTERRUPTED, "", text)

    def fail(self, error: Exception) -> None:
        """End the run because of an error, but wait for the answers to submissions."""
        self.errors.append(error)
        self._stop()

    def _stop(self) -> int:
        """Cancel every worker that does not wait for an answer; return how many do wait."""
        posting = {job for job, run in self._job_runs.items() if run.phase is Phase.POSTING}
        if not self._context.stopping.is_set():
            self._context.stopping.set()
            me = asyncio.current_task()
            for worker in self.workers:
                if worker.get_name() not in posting and worker is not me:
                    worker.cancel()
            asyncio.get_running_loop().call_later(ANSWER_WAIT_S, self._cut)
        # A submission that has not left in full cannot have arrived.
        return len(posting) - self._context.http.abort_unsent()

    def _cut(self) -> None:
        for worker in self.workers:
            worker.cancel()


SHARED_LIMIT = 3
"""So many different requests refused with one shared code: the account is the cause."""


@dataclass(slots=True, kw_only=True)
class StopConditions:
    """Counts failures and refusals, and records why nothing more is submitted."""

    max_failures: int | None = None
    by_provider: dict[str, StopReason] = field(default_factory=dict)
    everywhere: StopReason | None = None
    _failures: int = 0
    _refused: defaultdict[tuple[str, str], set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def of(self, provider: str) -> StopReason | None:
        """Why nothing more is submitted to that provider; None while it goes on."""
        return self.everywhere or self.by_provider.get(provider)

    def all(self) -> list[StopReason]:
        """Every stop, that of the whole run first."""
        return [*([self.everywhere] if self.everywhere else []), *self.by_provider.values()]

    def reasons(self) -> list[Reason]:
        """Why each provider, or the whole run, was stopped."""
        whole = [self.everywhere.reason] if self.everywhere else []
        return whole + [
            Reason(stop.reason.code, f"{provider}: {stop.reason}")
            for provider, stop in self.by_provider.items()
        ]

    def note(self, provider: str, outcome: Outcome, stop: StopReason | None) -> None:
        """Count an outcome; `stop` is why its provider gets no more submissions."""
        if stop is not None:
            self.by_provider.setdefault(provider, stop)
        if outcome.state is not State.FAILED or outcome.error is None:
            return
        self._failures += 1
        if self.max_failures is not None and self._failures >= self.max_failures:
            reason = Reason(ReasonCode.STOPPED, f"{plural(self._failures, 'job')} failed")
            self.everywhere = self.everywhere or StopReason(reason=reason, exit=Exit.JOBS_FAILED)
        shared = outcome.error.code in SHARED_CODES or outcome.error.class_ is ErrorClass.AUTH
        if shared:
            refused = self._refused[provider, outcome.error.code]
            refused.add(outcome.job.fingerprint)
            if len(refused) >= SHARED_LIMIT:
                text = f"{outcome.error.code} for {len(refused)} different requests"
                reason = Reason(ReasonCode.STOPPED, f"{text}: {outcome.error.message}")
                stop = StopReason(reason=reason, exit=Exit.PROVIDER)
                self.by_provider.setdefault(provider, stop)
