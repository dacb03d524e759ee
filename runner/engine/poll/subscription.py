"""Subscription: one watched task, and what its provider's list and its own status report of it."""

from __future__ import annotations

import asyncio
from typing import Protocol

from runner.engine.poll.list_query import ListReply
from runner.engine.poll.timing import DurationStats
from runner.model.requests import TaskState, TaskStatus

ENDED = frozenset({TaskState.SUCCEEDED, TaskState.FAILED})
RUNNING = frozenset({TaskState.WAITING, TaskState.RUNNING})

MAX_MISSES = 2  # in a row; then the task is polled singly
QUEUED_S = 1.0  # a task that waits for longer does not wait for its turn in an idle provider
PATIENT_GAP_S = 15.0  # between two questions about a task that may wait for days, while it waits


class _PollerView(Protocol):
    """What a watched task needs of its provider's `ListPoller`."""

    trusted: bool
    seen_waiting: asyncio.Event

    @property
    def active(self) -> bool: ...
    @property
    def watched(self) -> int: ...
    def tests_list(self, subscription: Subscription) -> bool: ...
    def compare(
        self, subscription: Subscription, listed: TaskStatus | None, polled: TaskStatus
    ) -> None: ...


class Subscription:
    """One watched task. Times are the loop's."""

    def __init__(
        self,
        poller: _PollerView,
        task_id: str,
        started_at: float,
        durations: DurationStats,
        *,
        listed: bool = True,
        is_patient: bool = False,
    ) -> None:
        """`is_patient`: it may wait at its provider for days, however idle that is."""
        self.task_id = task_id
        self.listed = listed
        """The list may be asked for it."""
        self.submitted_at = started_at
        self.started_at = started_at
        """When it was submitted, or last known to wait for a place at its provider."""
        self.durations = durations
        self.answered_at = self.running_at = started_at
        """When the last answer about it was asked for, and the last by which it was running; at
        first its submission stands for both."""
        self._checked_at = started_at
        self.is_waiting = False
        """By the last answer, nobody works on it yet."""
        self._is_patient = is_patient
        self.misses = 0
        """How often in a row the list has left it out."""
        self.was_listed_running = False
        self._poller = poller
        self._wants_running = False
        """Its watcher waits for any state, not only for the end."""
        self._update: asyncio.Future[TaskStatus | None] | None = None

    @property
    def waits_long(self) -> bool:
        """Whether it waits now, and may do so for days."""
        return self._is_patient and self.is_waiting

    @property
    def polled_singly(self) -> bool:
        """Whether the list cannot be relied on to report its end."""
        return not self.listed or not self._poller.active or self.misses >= MAX_MISSES

    async def wait(self, single_s: float, listed_s: float) -> TaskStatus | None:
        """Wait for the list to report the end; None when the task is to be asked for by itself.

        That is after `listed_s`, or after `single_s` where the list cannot be relied on.
        """
        loop = asyncio.get_running_loop()
        start = loop.time()
        if not self.polled_singly:
            within_s = single_s if self._poller.tests_list(self) else listed_s
            status = await self._next_update(within_s)
            if status is not None or loop.time() - start >= within_s:
                return status
        # The list was given up during the wait, or has left this task out: poll it singly.
        await asyncio.sleep(max(0.0, start + single_s - loop.time()))
        return None

    async def now(self, within_s: float) -> TaskStatus | None:
        """Return the state that the list reports next; None where it is not reliable.

        That a task is running is believed only of a list that was seen to be up to date.
        """
        if self.polled_singly:
            return None
        self._wants_running = True
        status = await self._next_update(within_s)
        is_running = status is not None and status.state in RUNNING
        return status if self._poller.trusted or not is_running else None

    async def _next_update(self, within_s: float) -> TaskStatus | None:
        self._update = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within_s):
                return await self._update
        except TimeoutError:
            return None
        finally:
            self._update = None

    def may_queue(self, each_s: float) -> bool:
        """Whether it is enough that the list reports it as waiting: hundreds of tasks may queue.

        They are all asked for singly once in `each_s` for each watched task.
        """
        due = self._checked_at + each_s * self._poller.watched
        is_listed = not self.polled_singly and not self._poller.tests_list(self)
        return self.is_waiting and is_listed and asyncio.get_running_loop().time() < due

    def take(self, reply: ListReply, asked_at: float) -> None:
        """Take in what an answer of the list, asked for at `asked_at`, reports of this task."""
        status = reply.ended.get(self.task_id)
        if status is None and asked_at < self.answered_at:
            return  # overtaken by a later answer
        if self.task_id not in reply.known:
            self.misses += 1
        else:
            self.misses, self.answered_at = 0, asked_at
            self._note_waiting(asked_at, is_waiting=self.task_id in reply.waiting)
            if status is None:
                self.running_at, self.was_listed_running = asked_at, True
                if self._wants_running:
                    status = TaskStatus(task_id=self.task_id, state=TaskState.RUNNING)
        if status is not None or self.misses == MAX_MISSES:
            self.wake(status)

    def wake(self, status: TaskStatus | None) -> None:
        """Give the watcher a state, or None where the list is of no more use to it."""
        if self._update is not None and not self._update.done():
            self._update.set_result(status)

    def observe(self, listed: TaskStatus | None, polled: TaskStatus, asked_at: float) -> None:
        """Compare what the list reported, if anything, with the answer for the task by itself."""
        self.answered_at = self._checked_at = asked_at
        if polled.state in RUNNING:
            self.running_at = self.answered_at
            self._note_waiting(asked_at, is_waiting=polled.state is TaskState.WAITING)
        self._poller.compare(self, listed, polled)

    def _note_waiting(self, asked_at: float, *, is_waiting: bool) -> None:
        """Count its time from here on while it waits: tasks take as long wherever they queued."""
        self.is_waiting = is_waiting
        # What waits for idle hours shows nothing of the account's places.
        if is_waiting and not self._is_patient and asked_at >= self.submitted_at + QUEUED_S:
            self._poller.seen_waiting.set()
        if is_waiting and asked_at > self.started_at:
            self.started_at = asked_at
            self.durations.waited(self.task_id, asked_at)
