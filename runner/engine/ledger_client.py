"""Ledger client: awaits a run's changes to the ledger on its event loop.

The group-commit thread wakes the loop once for all changes of one commit.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TypeAlias

from runner.ledger.changes import Change, Result
from runner.ledger.group_commit import GroupCommit
from runner.ledger.location import LedgerLocation

_Written: TypeAlias = tuple[asyncio.Future[Result], Future[Result]]


class LedgerClient:
    """Connects the event loop on which it is created with a ledger's group commit."""

    def __init__(self, group_commit: GroupCommit) -> None:
        self._group_commit = group_commit
        self._loop = asyncio.get_running_loop()
        self._written: deque[_Written] = deque()

    @property
    def location(self) -> LedgerLocation:
        """Where the ledger is, for connections that only read."""
        return self._group_commit.location

    def enqueue(self, change: Change, *, soon: bool = True) -> asyncio.Future[Result]:
        """Have a change written, whether or not anybody waits for it.

        The future is done once the change is durable; it fails with `LedgerError`. `soon`: see
        `GroupCommit.submit`.
        """
        waiter: asyncio.Future[Result] = self._loop.create_future()
        future = self._group_commit.submit(change, soon=soon)
        future.add_done_callback(partial(self._on_written, waiter))
        return waiter

    async def commit(self, change: Change) -> Result:
        """Write a change and wait until it is durable; raises LedgerError."""
        # The waiter may be cancelled, the change must not be.
        return await asyncio.shield(self.enqueue(change))

    def _on_written(self, waiter: asyncio.Future[Result], future: Future[Result]) -> None:
        """Called in the thread of the group commit, for each change."""
        self._written.append((waiter, future))
        if len(self._written) == 1:  # otherwise a wake-up is already on its way
            # The group commit outlives the loop; once that is closed, nobody waits any longer.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._set_results)

    def _set_results(self) -> None:
        while self._written:
            waiter, future = self._written.popleft()
            if waiter.cancelled():
                continue
            if (error := future.exception()) is not None:
                waiter.set_exception(error)
                waiter.exception()  # or asyncio logs it where nobody waits
            else:
                waiter.set_result(future.result())
