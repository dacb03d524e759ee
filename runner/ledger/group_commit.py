"""Group commit: one thread writes changes from any thread, many of them in one commit."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Self, TypeAlias

from runner.errors import LedgerError
from runner.ledger.changes import Change, Intend, Result
from runner.ledger.location import LedgerLocation, open_ledger
from runner.ledger.protocol import Ledger

_Item: TypeAlias = "tuple[Change, Future[Result]]"


class GroupCommit:
    """A thread with a ledger of its own; a context manager that closes it.

    A submitted change is written even when nobody waits for it any longer.
    """

    def __init__(
        self,
        location: LedgerLocation,
        on_wait: Callable[[str], None] | None = None,
        *,
        patience_s: float = 0.01,
        away_s: float = 0.0,
        refusal: Callable[[], LedgerError | None] | None = None,
    ):
        """Open the ledger at `location`; raises `LedgerError` when it cannot be used.

        `on_wait` receives a message when the wait for another process gets long. `patience_s` is
        how long a change that is not urgent waits for others to share its commit.
        """
        self.location = location
        """Where the ledger is; other threads read it through a ledger of their own."""
        self._patience_s = patience_s
        self._ledger: Ledger = open_ledger(location, on_wait=on_wait, away_s=away_s)
        self._refusal = refusal or self._ledger.refusal
        self._queue: queue.SimpleQueue[tuple[_Item, bool] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="ledger group commit")
        self._thread.start()

    def submit(self, change: Change, *, soon: bool = True) -> Future[Result]:
        """Queue a change; the future resolves, in the writing thread, once the change is durable.

        It fails with `LedgerError` if the change could not be written. If the ledger refuses
        new intents, they fail, while changes of submitted attempts are still written. A change
        that is not needed `soon` waits a moment for others.
        """
        future: Future[Result] = Future()
        # Running from the start: a cancelled waiter must not take a task id back.
        future.set_running_or_notify_cancel()
        with self._lock:  # nothing may follow the end mark: it would never be written
            if self._closed:
                raise RuntimeError("the group commit is closed")
            self._queue.put(((change, future), soon))
        return future

    def close(self) -> None:
        """Write everything that is queued, then end the thread; blocks until then.

        A ledger that is away is waited for no more than a few seconds.
        """
        self._ledger.hurry()
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        with self._ledger:
            more = True
            while more:
                group, more = self._next_group()
                if accepted := self._reject_intents(group):
                    self._write(accepted)

    def _next_group(self) -> tuple[list[_Item], bool]:
        """Everything in the queue, at least one item; and whether more may come."""
        group: list[_Item] = []
        queued = self._queue.get()
        until = time.monotonic() + self._patience_s
        while queued is not None:
            item, soon = queued
            group.append(item)
            until = 0.0 if soon else until  # then only what is queued already
            try:
                queued = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return group, True
        return group, False

    def _reject_intents(self, group: Sequence[_Item]) -> Sequence[_Item]:
        """The group, without new intents if the ledger refuses them."""
        intents = [item for item in group if isinstance(item[0], Intend)]
        refusal = self._refusal() if intents else None
        if refusal is None:
            return group
        _fail(intents, refusal)
        return [item for item in group if not isinstance(item[0], Intend)]

    def _write(self, group: Sequence[_Item]) -> None:
        try:
            results = self._ledger.apply([change for change, _ in group])
        except LedgerError as error:
            _fail(group, error)
        except Exception as error:  # noqa: BLE001 - the waiter gets it; the thread must go on
            if len(group) == 1:
                group[0][1].set_exception(error)
                return
            # One by one, so that only the malformed change of the group fails.
            for item in group:
                self._write([item])
        else:
            for (_, future), result in zip(group, results, strict=True):
                future.set_result(result)


def _fail(group: Sequence[_Item], error: LedgerError) -> None:
    for _, future in group:
        # One for each: a raised exception collects tracebacks.
        future.set_exception(LedgerError(error.message, hint=error.hint))
