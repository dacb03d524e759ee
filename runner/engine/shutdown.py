"""A batch brought to its end before its time, without losing an answer that is due."""

from __future__ import annotations

import asyncio
import signal
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from runner.engine.context import Context, JobRun, StopReason
from runner.engine.submit.submit import SHARED_CODES
from runner.errors import Exit, plural
from runner.model import ErrorClass, Outcome, Reason, ReasonCode, State, Step

ANSWER_WAIT_S = 15.0
"""How long an interruption waits for the answers of submissions that have left."""


class Shutdown:
    """What ends a batch early: a signal, the ledger, a defect."""

    def __init__(self, context: Context, job_runner: Mapping[str, JobRun]) -> None:
        """`flights`: job id to its way so far, of the jobs under way."""
        self._context = context
        self._job_runner = job_runner
        self.workers: list[asyncio.Task[None]] = []
        """Who carries jobs; each is named after the one that it carries."""
        self.interrupted_by: signal.Signals | None = None
        self.errors: list[Exception] = []
        """What ended the batch of our own accord."""

    def interrupt(self, number: signal.Signals) -> None:
        """Submit nothing more and wait for answers that are due; the second time, cut them too."""
        if self.interrupted_by is not None:
            self._cut()
            return
        self.interrupted_by = number
        waiting = self._stop()
        text = "nothing more is submitted; tasks under way are left to the next run"
        if waiting:
            text = (
                f"waiting up to {ANSWER_WAIT_S:g} s for the answers to {waiting} submission"
                f"{'s' * (waiting != 1)}; Ctrl-C again cuts them"
            )
        self._context.emit(Step.INTERRUPTED, "", text)

    def fail(self, error: Exception) -> None:
        """End the run for a reason of our own, but not the submissions that have left."""
        self.errors.append(error)
        self._stop()

    def _stop(self) -> int:
        """Let no worker go on but those that wait for the answer to a submission; their number.

        What has not left in full is called back: nothing has arrived of it.
        """
        posting = {job for job, job_run in self._job_runner.items() if job_run.posting}
        if not self._context.stopping.is_set():
            self._context.stopping.set()
            me = asyncio.current_task()
            for worker in self.workers:
                if worker.get_name() not in posting and worker is not me:
                    worker.cancel()
            asyncio.get_running_loop().call_later(ANSWER_WAIT_S, self._cut)
        return len(posting) - self._context.http.abort_unsent()

    def _cut(self) -> None:
        for worker in self.workers:
            worker.cancel()


SHARED_LIMIT = 3
"""So many different requests refused with one of the shared codes speak of the account."""


@dataclass(slots=True, kw_only=True)
class StopConditions:
    """What has been stopped so far."""

    max_failures: int | None = None
    by_provider: dict[str, StopReason] = field(default_factory=dict)
    everywhere: StopReason | None = None
    _failures: int = 0
    _refused: defaultdict[tuple[str, str], set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def of(self, provider: str) -> StopReason | None:
        """Why nothing more is submitted to that provider; None when it goes on."""
        return self.everywhere or self.by_provider.get(provider)

    def all(self) -> list[StopReason]:
        """Every halt, those of the whole run first."""
        return [*([self.everywhere] if self.everywhere else []), *self.by_provider.values()]

    def reasons(self) -> list[Reason]:
        """Why each provider, or the whole run, was stopped."""
        whole = [self.everywhere.reason] if self.everywhere else []
        return whole + [
            Reason(stop.reason.code, f"{provider}: {stop.reason}")
            for provider, stop in self.by_provider.items()
        ]

    def note(self, provider: str, outcome: Outcome, stop: StopReason | None) -> None:
        """Take one ending into account."""
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
