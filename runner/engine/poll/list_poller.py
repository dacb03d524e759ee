"""List poller: watches many tasks by their provider's list, for as long as the list proves right.

Whether there is a list, and whether it is right and in time, shows during the run: the answers to
requests for single tasks are the measure. A list that is wrong or late is given up for good; its
tasks are then polled singly.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from runner.engine.net.pacing import backoff
from runner.engine.poll.list_query import ListEndpoint, ListReply, batches, query_tasks
from runner.engine.poll.subscription import ENDED, MAX_MISSES, PATIENT_GAP_S, RUNNING, Subscription
from runner.engine.poll.timing import DurationStats, Timing, next_list_poll
from runner.model.requests import TaskStatus
from runner.providers.base import ListFailure

MAX_FAILURES = 3  # requests in a row without an answer; then the list is paused
PAUSE_S = 60.0
# The list may report an end so much later than a request for the task itself does, or later by a
# tenth of the task's time.
GRACE_S = 1.0
MAX_UNANSWERED = 5  # requests for all tasks on their way at a time
COMMA_TRIES = 3  # a list that finds one task of many may just not have the others


class ListPoller:
    """The watched tasks of one provider, and what is known of its list.

    Until the list has reported a first end, the task watched for longest is polled singly as
    well, so that a list that never reports one is found out soon.
    """

    def __init__(
        self, endpoint: ListEndpoint | None, rng: random.Random, warn: Callable[[str], None]
    ) -> None:
        """`endpoint`: None where the provider has no list. `warn` gets why a list is given up."""
        self._endpoint = endpoint
        self._random = rng
        self._warn = warn
        self._subscriptions: dict[str, Subscription] = {}
        self._missed: set[str] = set()
        """Ids with `MAX_MISSES`; counted here because every poll asks for their number."""
        self._end_expected_by: dict[str, float] = {}
        """Ended tasks, by id, to the time by which the list must report the end."""
        self.trusted = False
        """A task that the list reported as running was, by its own status."""
        self._has_reported_end = False
        self.seen_waiting = asyncio.Event()
        """Set when a task still waits for a place at its provider, long after its submission."""
        self._commas = False
        self._comma_tries = 0
        self._failures = 0
        self._answers_well = False
        """Whether the latest request had an answer of the list."""
        self._failed_at = -math.inf
        self._paused_until = 0.0
        self._due = math.inf
        self._changed = asyncio.Event()
        self._unanswered = 0
        """Requests for all tasks without an answer."""

    # ------------------------------------------------------------------------- subscriptions

    @contextmanager
    def subscribe(
        self,
        task_id: str,
        started_at: float,
        durations: DurationStats,
        *,
        listed: bool = True,
        is_patient: bool = False,
    ) -> Iterator[Subscription]:
        """Watch a task that was submitted at the loop's time `started_at`.

        `listed`: the list may be asked for it; `is_patient`: it may wait at its provider for days.
        """
        subscription = Subscription(
            self, task_id, started_at, durations, listed=listed, is_patient=is_patient
        )
        self._subscriptions[task_id] = subscription
        (self._missed.discard if listed else self._missed.add)(task_id)
        self._poll_sooner_for(subscription)
        try:
            yield subscription
        finally:
            # A provider that gives one id to two submissions has two watchers of it.
            if self._subscriptions.get(task_id) is subscription:
                del self._subscriptions[task_id]
                self._missed.discard(task_id)

    @property
    def watched(self) -> int:
        """How many tasks are watched."""
        return len(self._subscriptions)

    def ages(self) -> Iterator[tuple[float, Timing | None]]:
        """The age of every watched task, with how long tasks of its kind take.

        Without those that wait for days: their ends are not near.
        """
        now = asyncio.get_running_loop().time()
        for each in self._subscriptions.values():
            if not each.waits_long:
                yield now - each.started_at, each.durations.timing

    @property
    def active(self) -> bool:
        """Whether the list is being asked at the moment."""
        paused = asyncio.get_running_loop().time() < self._paused_until
        return self._endpoint is not None and not paused

    @property
    def polled_singly(self) -> int:
        """How many tasks are polled singly."""
        return len(self._missed if self.active else self._subscriptions)

    def tests_list(self, subscription: Subscription) -> bool:
        """Whether this task is the one that is polled singly to test the list."""
        oldest = next((each for each in self._subscriptions.values() if each.listed), None)
        return not self._has_reported_end and subscription is oldest

    def compare(
        self, subscription: Subscription, listed: TaskStatus | None, polled: TaskStatus
    ) -> None:
        """Compare what the list reported of a task, if anything, with the task's own status."""
        if polled.state in RUNNING:
            if listed is not None:  # a wrong end would have the job collected too early
                self._give_up(f"it reports that task {subscription.task_id} has ended; it runs")
            elif subscription.was_listed_running:
                self.trusted = True
        elif listed is None and polled.state in ENDED and not subscription.polled_singly:
            timing = subscription.durations.timing
            grace_s = max(GRACE_S, timing.median_s / 10 if timing else 0.0)
            # The list was right to be silent if the task has ended just now.
            deadline = asyncio.get_running_loop().time() + grace_s
            self._end_expected_by[subscription.task_id] = deadline

    # ------------------------------------------------------------------------------- polling

    async def keep_polling(self) -> None:
        """Ask the list, as often as its tasks call for; return once it has been given up.

        The next request may leave before the answer to the last one is there: on a long way the
        gap between two questions would be a round trip otherwise.
        """
        async with asyncio.TaskGroup() as group:
            while await self._next_turn():
                group.create_task(self._poll_all())
                self._due = asyncio.get_running_loop().time() + self._next_wait_s()

    async def _next_turn(self) -> bool:
        """Wait until the list is due and few enough requests have no answer; False at its end."""
        while (endpoint := self._endpoint) is not None:
            # Not before the rate has a turn: the answer would only be older by the wait for it.
            due = max(self._due, endpoint.rate.next_at)
            is_due = due <= asyncio.get_running_loop().time()
            # Until it answers, and while it fails, it is asked by one request at a time.
            has_room = self._unanswered < (MAX_UNANSWERED if self._answers_well else 1)
            if is_due and has_room:
                return True
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due if has_room and due < math.inf else None):
                    await self._changed.wait()
        return False

    async def _poll_all(self) -> None:
        self._unanswered += 1
        try:
            async with asyncio.TaskGroup() as group:
                for batch in self._batches():
                    group.create_task(self._poll(batch))
        finally:
            self._unanswered -= 1
            self._changed.set()

    def _batches(self) -> Iterable[list[str]]:
        """What one poll asks for, request by request; nothing once the list was given up."""
        if self._endpoint is None:
            return ()
        listed = {name: None for name, each in self._subscriptions.items() if each.listed}
        return batches(listed | self._end_expected_by, self._endpoint.api.LIST_MAX)

    def _poll_sooner_for(self, subscription: Subscription) -> None:
        # As if it had been asked for at its submission: a task of an earlier run is due at once.
        wait_s = next_list_poll([(0.0, subscription.durations.timing)])
        due = max(asyncio.get_running_loop().time(), subscription.started_at + wait_s)
        if due < self._due and not self._failures:
            self._due = due
            self._changed.set()

    def _next_wait_s(self) -> float:
        now = asyncio.get_running_loop().time()
        if self._failures:
            return max(self._paused_until - now, backoff(self._failures - 1, self._random))
        if not self._subscriptions:
            return GRACE_S if self._end_expected_by else math.inf
        ages = list(self.ages())
        return next_list_poll(ages) if ages else PATIENT_GAP_S

    async def _poll(self, batch: list[str]) -> None:
        endpoint, asked_at = self._endpoint, asyncio.get_running_loop().time()
        if endpoint is None:  # given up before it was due, or because of another batch
            return
        reply = await query_tasks(endpoint, batch, commas=self._commas)
        if isinstance(reply, ListFailure):
            self._fail(reply, asked_at)
            return
        # One row for many ids: they may have to be written the other way.
        if len(batch) > 1 and len(reply.known) <= 1 and self._comma_tries < COMMA_TRIES:
            self._comma_tries += 1
            other = await query_tasks(endpoint, batch, commas=not self._commas)
            if isinstance(other, ListReply) and len(other.known) > len(reply.known):
                reply, self._commas = other, not self._commas
        self._take(batch, reply, asked_at)

    def _take(self, batch: list[str], reply: ListReply, asked_at: float) -> None:
        """Apply one answer to the tasks in it, and to what is known of the list."""
        self._failures, self._answers_well = 0, True
        for task_id in batch:
            if task_id in reply.ended:
                self._has_reported_end = True
                self._end_expected_by.pop(task_id, None)
            elif asked_at > self._end_expected_by.get(task_id, math.inf):
                self._give_up(f"it does not report that task {task_id} has ended")
            if (subscription := self._subscriptions.get(task_id)) is not None:
                subscription.take(reply, asked_at)
                is_missed = subscription.misses >= MAX_MISSES
                (self._missed.add if is_missed else self._missed.discard)(task_id)
        # Rows of other tasks alone do no harm: the list may ignore the ids and show everything.
        if reply.unrequested and len(reply.known) < len(batch):
            self._give_up("it reports other tasks than those asked for")

    def _fail(self, failure: ListFailure, asked_at: float) -> None:
        if asked_at < self._failed_at:  # on its way before the last failure: the same one
            return
        self._failures, self._answers_well = self._failures + 1, False
        self._failed_at = asyncio.get_running_loop().time()
        if failure.permanent:
            self._give_up("")
            return
        if self._failures >= MAX_FAILURES:
            self._paused_until = self._failed_at + PAUSE_S
            self._wake_all()
        self._due = self._failed_at + self._next_wait_s()

    def _give_up(self, reason: str) -> None:
        # Without a reason there is nothing to warn of: providers need not have a list.
        if self._endpoint is not None and reason:
            self._warn(f"its list of tasks cannot be used: {reason}; polling each task by itself")
        self._endpoint = None
        self._end_expected_by.clear()
        self._changed.set()
        self._wake_all()

    def _wake_all(self) -> None:
        for subscription in self._subscriptions.values():
            subscription.wake(None)
