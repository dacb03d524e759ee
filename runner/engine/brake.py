"""A batch brought to its end before its time, without losing an answer that is due."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping

from runner.engine.context import Context, Flight
from runner.model import Step

ANSWER_WAIT_S = 15.0
"""How long an interruption waits for the answers of submissions that have left."""


class Brake:
    """What ends a batch early: a signal, the ledger, a defect."""

    def __init__(self, context: Context, flights: Mapping[str, Flight]) -> None:
        """`flights`: job id to its way so far, of the jobs under way."""
        self._context = context
        self._flights = flights
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
        self._context.tell(Step.INTERRUPTED, "", text)

    def fail(self, error: Exception) -> None:
        """End the run for a reason of our own, but not the submissions that have left."""
        self.errors.append(error)
        self._stop()

    def _stop(self) -> int:
        """Let no worker go on but those that wait for the answer to a submission; their number.

        What has not left in full is called back: nothing has arrived of it.
        """
        posting = {job for job, flight in self._flights.items() if flight.posting}
        if not self._context.stopping.is_set():
            self._context.stopping.set()
            me = asyncio.current_task()
            for worker in self.workers:
                if worker.get_name() not in posting and worker is not me:
                    worker.cancel()
            asyncio.get_running_loop().call_later(ANSWER_WAIT_S, self._cut)
        return len(posting) - self._context.http.recall()

    def _cut(self) -> None:
        for worker in self.workers:
            worker.cancel()
