"""One watched task: its watcher's side of the list, which tells of many."""

from __future__ import annotations

import asyncio
from typing import Protocol

from runner.engine.paces import Pace
from runner.model import TaskState, TaskStatus

MISSES = 2
"""So often missing in the list, a task is asked after by itself."""

ENDED = frozenset({TaskState.SUCCEEDED, TaskState.FAILED})
RUNNING = frozenset({TaskState.WAITING, TaskState.RUNNING})


class Desk(Protocol):
    """What a seat must know of the roll that it is on."""

    @property
    def active(self) -> bool:
        """Whether the list is of use at the moment."""

    vouched: bool
    """It has been right about a task under way."""

    def tries(self, seat: Seat) -> bool:
        """Whether this task is the one that tries the list."""

    def compare(self, seat: Seat, told: TaskStatus | None, asked: TaskStatus) -> None:
        """Hold what the list told of a task, if anything, against the task's own query."""


class Seat:
    """One watched task."""

    def __init__(self, desk: Desk, task_id: str, began: float, pace: Pace) -> None:
        self.task_id = task_id
        self.began = began
        self.pace = pace
        self.asked_at = self.under_way_at = began
        """When there was a last answer about it, and one by which it was under way, by the loop's
        time; at first as if its submission had told both."""
        self.misses = 0
        """How often in a row the list has left it out."""
        self._desk = desk
        self.listed_under_way = False
        """The list has said that it is under way."""
        self._curious = False
        """Its watcher also wants to know that it is under way."""
        self._news: asyncio.Future[TaskStatus | None] | None = None

    @property
    def alone(self) -> bool:
        """Whether nobody else can be relied on to tell of this task."""
        return not self._desk.active or self.misses >= MISSES

    async def told(self, alone_s: float, listed_s: float) -> TaskStatus | None:
        """What the list says of the task's end; None when it is to be asked after by itself.

        That is after `listed_s`, or after `alone_s` where there is no list to rely on.
        """
        loop = asyncio.get_running_loop()
        start = loop.time()
        if not self.alone:
            within_s = alone_s if self._desk.tries(self) else listed_s
            status = await self._next_news(within_s)
            if status is not None or loop.time() - start >= within_s:
                return status
        await asyncio.sleep(max(0.0, start + alone_s - loop.time()))
        return None

    async def now(self, within_s: float) -> TaskStatus | None:
        """How the task is by the list's next word on it; None where that is not to be had.

        That it is under way is taken from a list only that has been seen to be up to date.
        """
        if self.alone:
            return None
        self._curious = True
        status = await self._next_news(within_s)
        running = status is not None and status.state in RUNNING
        return status if self._desk.vouched or not running else None

    async def _next_news(self, within_s: float) -> TaskStatus | None:
        """What is told within a time, if anything is."""
        self._news = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within_s):
                return await self._news
        except TimeoutError:
            return None
        finally:
            self._news = None

    def listed(self, status: TaskStatus | None, *, known: bool, at: float) -> None:
        """Take in a row of an answer that was asked for at the loop's time `at`.

        `status` is None where it tells of no end, `known` whether there is a row at all.
        """
        self.misses = 0 if known else self.misses + 1
        if known:
            self.asked_at = at
        if known and status is None:
            self.under_way_at, self.listed_under_way = at, True
            if self._curious:
                status = TaskStatus(task_id=self.task_id, state=TaskState.RUNNING)
        if status is not None or self.misses == MISSES:
            self.tell(status)

    def tell(self, status: TaskStatus | None) -> None:
        """Let the watcher know how the task is, or that the list is of no use to it."""
        if self._news is not None and not self._news.done():
            self._news.set_result(status)

    def heard(self, told: TaskStatus | None, asked: TaskStatus) -> None:
        """Hold what the list told against the answer of the task's own query."""
        self.asked_at = asyncio.get_running_loop().time()
        if asked.state in RUNNING:
            self.under_way_at = self.asked_at
        self._desk.compare(self, told, asked)
