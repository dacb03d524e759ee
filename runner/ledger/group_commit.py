"""Changes in from any thread, one commit for all that wait, futures resolved once it is durable."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

from runner.errors import LedgerError
from runner.ledger.changes import Change, Intend, Result
from runner.ledger.errors import moved_error
from runner.ledger.store import Ledger, open_ledger

PATIENCE_S = 0.01
"""How long a change that need not be written soon waits for others to share their commit."""

_Item: TypeAlias = "tuple[Change, Future[Result]]"


class GroupCommit:
    """A thread with a ledger of its own that groups changes; a context manager that closes it.

    A change that was submitted is written, also when nobody waits for it any longer.
    """

    def __init__(self, path: Path, on_wait: Callable[[str], None] | None = None):
        """Open the ledger at `path`; raises `LedgerError` when it cannot be used.

        `waiting` is told what is waited for where that takes long.
        """
        self._ledger: Ledger = open_ledger(path, on_wait=on_wait)
        self._waiting: queue.SimpleQueue[tuple[_Item, bool] | None] = queue.SimpleQueue()
        self._door = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="ledger journal")
        self._thread.start()

    @property
    def path(self) -> Path:
        """Where the ledger lies; what is asked of it is asked by readers of their own."""
        return self._ledger.path

    @property
    def commits(self) -> int:
        """How many commits were made so far."""
        return self._ledger.commits

    def submit(self, change: Change, *, soon: bool = True) -> Future[Result]:
        """Have `change` written; the future resolves, in the journal's thread, once it is durable.

        It fails with `LedgerError` when it could not be written; others still may be. Where the
        ledger was moved or deleted, what is under way is still written, but no new intent. A
        change that need not be written `soon` waits for company, `PATIENCE_S` at most.
        """
        future: Future[Result] = Future()
        # Running at once: a cancelled waiter must not take a task id back.
        future.set_running_or_notify_cancel()
        with self._door:  # nothing gets in behind the end mark, where nobody would write it
            if self._closed:
                raise RuntimeError("the journal is closed")
            self._waiting.put(((change, future), soon))
        return future

    def close(self) -> None:
        """Write all that waits, then end the thread; blocks until that is done."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _work(self) -> None:
        with self._ledger:
            open_ = True
            while open_:
                group, open_ = self._next()
                if admitted := self._admitted(group):
                    self._write(admitted)

    def _next(self) -> tuple[list[_Item], bool]:
        """Everything that waits, at least one item; and whether more may come."""
        group: list[_Item] = []
        waiting = self._waiting.get()
        until = time.monotonic() + PATIENCE_S
        while waiting is not None:
            item, soon = waiting
            group.append(item)
            until = 0.0 if soon else until
            try:
                waiting = self._waiting.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return group, True
        return group, False

    def _admitted(self, group: Sequence[_Item]) -> Sequence[_Item]:
        """The group without new intents where the ledger is no longer in its place."""
        intents = [item for item in group if isinstance(item[0], Intend)]
        if not intents or self._ledger.in_place:
            return group
        for _, future in intents:
            future.set_exception(moved_error(self.path))
        return [item for item in group if not isinstance(item[0], Intend)]

    def _write(self, group: Sequence[_Item]) -> None:
        try:
            results = self._ledger.apply([change for change, _ in group])
        except LedgerError as error:
            for _, future in group:
                future.set_exception(LedgerError(error.message, hint=error.hint))
        except Exception as error:  # noqa: BLE001 - whoever waits gets it; the thread must go on
            self._write_apart(group, error)
        else:
            for (_, future), result in zip(group, results, strict=True):
                future.set_result(result)

    def _write_apart(self, group: Sequence[_Item], error: Exception) -> None:
        """One change of the group is malformed: the others are written all the same."""
        if len(group) == 1:
            group[0][1].set_exception(error)
        else:
            for item in group:
                self._write([item])
