"""What a run puts on record, awaited on its event loop: one wake for all that a commit wrote."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeAlias

from runner.ledger import Change, GroupCommit, Result

_Arrival: TypeAlias = tuple[asyncio.Future[Result], Future[Result]]


class LedgerClient:
    """The way from one event loop, which it must be made on, to the journal of a ledger."""

    def __init__(self, journal: GroupCommit) -> None:
        self._journal = journal
        self._loop = asyncio.get_running_loop()
        self._arrived: deque[_Arrival] = deque()

    @property
    def path(self) -> Path:
        """Where the ledger lies, for readers of their own."""
        return self._journal.path

    def put(self, change: Change, *, soon: bool = True) -> asyncio.Future[Result]:
        """Have a change written, whether or not anybody waits for it.

        Done, on this loop, once it is durable; fails with `LedgerError` where it could not be
        written. `soon`: as for `Journal.submit`.
        """
        waiter: asyncio.Future[Result] = self._loop.create_future()
        done = self._journal.submit(change, soon=soon)
        done.add_done_callback(partial(self._arrive, waiter))
        return waiter

    async def durable(self, change: Change) -> Result:
        """Have a change written and wait until it is on the disk; what came of it."""
        # Who waits may be cancelled; the change goes on.
        return await asyncio.shield(self.put(change))

    def _arrive(self, waiter: asyncio.Future[Result], done: Future[Result]) -> None:
        """Called in the journal's thread, for each change of a commit."""
        self._arrived.append((waiter, done))
        if len(self._arrived) == 1:  # otherwise the loop is awake already, and not yet through
            # The journal outlives the loop; once that is closed, nobody waits any longer.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._hand_over)

    def _hand_over(self) -> None:
        while self._arrived:
            waiter, done = self._arrived.popleft()
            if waiter.cancelled():
                continue
            if (error := done.exception()) is not None:
                waiter.set_exception(error)
                waiter.exception()  # whoever does not wait is not told by asyncio's log either
            else:
                waiter.set_result(done.result())
