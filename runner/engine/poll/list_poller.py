"""The tasks of one provider that are watched: told of together by its list, as far as that is good.

Whether there is a list, and whether it is right and in time, turns out as the run goes: what
`/creations` says of single tasks is the measure.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

from runner.engine.net.client import Http
from runner.engine.net.pacing import Rate, backoff, query
from runner.engine.poll import schedule
from runner.engine.poll.schedule import DurationStats
from runner.model import Account, TaskState, TaskStatus
from runner.providers.base import ListFailure
from runner.providers.registry import TaskListApi

MOST = 100
"""Tasks asked after at once: a page of Vidu's list."""
LONGEST = 6000
"""Characters of ids in one question; servers commonly take 8 KiB of address and headers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEndpoint:
    """The way to one provider's list."""

    lister: TaskListApi
    account: Account
    http: Http
    rate: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReply:
    """What the list said."""

    known: Collection[str] = ()
    """Of the tasks asked after, those it tells of."""
    over: Mapping[str, TaskStatus] = field(default_factory=dict)
    """Of these, by id, those that have ended or say so."""
    strangers: int = 0
    """Rows of tasks that were not asked after."""
    trouble: str = ""
    """Why this is no answer; empty when it is one."""
    hopeless: bool = False
    """With `trouble`: there is no list at this address, or not for this key."""


async def query_tasks(
    line: ListEndpoint, task_ids: Sequence[str], *, commas: bool = False
) -> ListReply:
    """Ask after these tasks, at most `MOST`, and read on until all are found or the pages end.

    A page that brings nothing new is the last: pages need not end, nor be of the size asked for.
    The documentation does not say how several ids are written: as a repeated name, or with
    `commas` in one.
    """
    named = [",".join(task_ids)] if commas else task_ids
    asked, known, over = frozenset(task_ids), set[str](), dict[str, TaskStatus]()
    strangers, page = 0, None
    while True:
        request = line.lister.list_tasks(line.account, task_ids=named, page=page)
        states = await query(line.http, line.rate, request, line.lister.read_states)
        if isinstance(states, ListFailure):
            return ListReply(trouble=states.error, hopeless=states.permanent)
        told = {*states.active, *states.ended}
        fresh = (told & asked) - known
        known |= fresh
        over |= {task_id: states.ended[task_id] for task_id in fresh & states.ended.keys()}
        strangers += len(told - asked)
        page = states.next_page
        if page is None or not fresh or len(known) == len(asked):
            return ListReply(known=known, over=over, strangers=strangers)


def portions(task_ids: Iterable[str]) -> Iterator[list[str]]:
    """As many ids as one question holds at a time."""
    portion, length = list[str](), 0
    for task_id in task_ids:
        length += len(task_id) + len("&task_ids=")
        if portion and (len(portion) == MOST or length > LONGEST):
            yield portion
            portion, length = [], len(task_id)
        portion.append(task_id)
    if portion:
        yield portion


MISSES = 2
"""So often missing in the list, a task is asked after by itself."""

ENDED = frozenset({TaskState.SUCCEEDED, TaskState.FAILED})
RUNNING = frozenset({TaskState.WAITING, TaskState.RUNNING})


class PollerView(Protocol):
    """What a seat must know of the roll that it is on."""

    @property
    def active(self) -> bool:
        """Whether the list is of use at the moment."""

    trusted: bool
    """It has been right about a task under way."""

    def tries(self, subscription: Subscription) -> bool:
        """Whether this task is the one that tries the list."""

    def compare(
        self, subscription: Subscription, told: TaskStatus | None, asked: TaskStatus
    ) -> None:
        """Hold what the list told of a task, if anything, against the task's own query."""


class Subscription:
    """One watched task."""

    def __init__(self, desk: PollerView, task_id: str, began: float, pace: DurationStats) -> None:
        self.task_id = task_id
        self.began = began
        self.pace = pace
        self.asked_at = self.under_way_at = began
        """When there was a last answer about it, and one by which it was under way, by the loop's
        time; at first as if its submission had told both."""
        self.misses = 0
        """How often in a row the list has left it out."""
        self._view = desk
        self.listed_under_way = False
        """The list has said that it is under way."""
        self._curious = False
        """Its watcher also wants to know that it is under way."""
        self._news: asyncio.Future[TaskStatus | None] | None = None

    @property
    def polled_singly(self) -> bool:
        """Whether nobody else can be relied on to tell of this task."""
        return not self._view.active or self.misses >= MISSES

    async def wait(self, alone_s: float, listed_s: float) -> TaskStatus | None:
        """What the list says of the task's end; None when it is to be asked after by itself.

        That is after `listed_s`, or after `alone_s` where there is no list to rely on.
        """
        loop = asyncio.get_running_loop()
        start = loop.time()
        if not self.polled_singly:
            within_s = alone_s if self._view.tries(self) else listed_s
            status = await self._next_news(within_s)
            if status is not None or loop.time() - start >= within_s:
                return status
        await asyncio.sleep(max(0.0, start + alone_s - loop.time()))
        return None

    async def now(self, within_s: float) -> TaskStatus | None:
        """How the task is by the list's next word on it; None where that is not to be had.

        That it is under way is taken from a list only that has been seen to be up to date.
        """
        if self.polled_singly:
            return None
        self._curious = True
        status = await self._next_news(within_s)
        running = status is not None and status.state in RUNNING
        return status if self._view.trusted or not running else None

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

    def observe(self, told: TaskStatus | None, asked: TaskStatus) -> None:
        """Hold what the list told against the answer of the task's own query."""
        self.asked_at = asyncio.get_running_loop().time()
        if asked.state in RUNNING:
            self.under_way_at = self.asked_at
        self._view.compare(self, told, asked)


FAILURES = 3
"""So many questions in a row without an answer, and the list is left alone for a while."""
REST_S = 60.0
GRACE_S = 1.0
"""The list may learn of an end so much later than `/creations`, or by a tenth of the time that
the task takes; later than that it is behind."""
COMMA_TRIES = 3


class ListPoller:
    """One provider's watched tasks.

    Until the list has told of a first end, the task that has been watched for longest is asked
    after by itself as well, so that a list that never tells is found out soon.
    """

    def __init__(
        self, line: ListEndpoint | None, rng: random.Random, complain: Callable[[str], None]
    ) -> None:
        """`line`: the way to the list, None where the provider has none.

        `complain` is told why a list is given up.
        """
        self._line = line
        self._random = rng
        self._complain = complain
        self._subscriptions: dict[str, Subscription] = {}
        self._missed: set[str] = set()
        """Those that the list has left out too often: how many is asked before every question."""
        self._owed: dict[str, float] = {}
        """Tasks that have ended, to the time by which the list must have told so."""
        self.trusted = False
        """A task's own query has borne out what the list said of a task under way."""
        self._proven = False
        self._commas = False
        self._comma_tries = 0
        self._troubles = 0
        self._resting_until = 0.0
        self._due = math.inf
        self._sooner = asyncio.Event()

    # ------------------------------------------------------------------------------ watchers

    @contextmanager
    def subscribe(self, task_id: str, began: float, pace: DurationStats) -> Iterator[Subscription]:
        """Have a task on the roll that was submitted at the loop's time `began`."""
        subscription = self._subscriptions[task_id] = Subscription(self, task_id, began, pace)
        self._missed.discard(task_id)
        self._hurry(subscription)
        try:
            yield subscription
        finally:
            # A provider that gives one id to two submissions has two who watch it.
            if self._subscriptions.get(task_id) is subscription:
                del self._subscriptions[task_id]
                self._missed.discard(task_id)

    @property
    def active(self) -> bool:
        """Whether the list is of use at the moment."""
        resting = asyncio.get_running_loop().time() < self._resting_until
        return self._line is not None and not resting

    @property
    def polled_singly(self) -> int:
        """How many tasks are asked after one by one."""
        return len(self._missed if self.active else self._subscriptions)

    def tries(self, subscription: Subscription) -> bool:
        """Whether this task is the one that tries the list."""
        return not self._proven and subscription is next(iter(self._subscriptions.values()), None)

    def compare(
        self, subscription: Subscription, told: TaskStatus | None, asked: TaskStatus
    ) -> None:
        """Hold what the list told of a task, if anything, against the task's own query."""
        if told is None and asked.state in RUNNING and subscription.listed_under_way:
            self.trusted = True
        if told is not None and asked.state in RUNNING:
            self._give_up(f"it says that task {subscription.task_id} has ended, which it has not")
        elif told is None and asked.state in ENDED and not subscription.polled_singly:
            timing = subscription.pace.timing
            grace_s = max(GRACE_S, timing.median_s / 10 if timing else 0.0)
            self._owed[subscription.task_id] = asyncio.get_running_loop().time() + grace_s

    # -------------------------------------------------------------------------------- rounds

    async def keep_asking(self) -> None:
        """Ask the list as often as is worth it; returns when it has been given up."""
        while self._line is not None:
            await self._wait()
            await self._round(self._line)
            self._plan_next()

    async def _round(self, line: ListEndpoint) -> None:
        """Ask after everybody once, in as many questions at a time as it takes."""
        asked = list(
            portions([*self._subscriptions, *(self._owed.keys() - self._subscriptions.keys())])
        )
        if len(asked) == 1:
            await self._ask(line, asked[0])
            return
        async with asyncio.TaskGroup() as questions:
            for portion in asked:
                questions.create_task(self._ask(line, portion))

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        while (wait_s := self._due - loop.time()) > 0:
            self._sooner.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if math.isinf(wait_s) else wait_s):
                    await self._sooner.wait()

    def _hurry(self, subscription: Subscription) -> None:
        """A newcomer may be worth a question before the next one is due."""
        now = asyncio.get_running_loop().time()
        # As if it had been asked after when it was submitted: a task of an earlier run is due.
        due = max(
            now, subscription.began + schedule.next_list_poll([(0.0, subscription.pace.timing)])
        )
        if due < self._due and not self._troubles:
            self._due = due
            self._sooner.set()

    def _plan_next(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._troubles:
            wait_s = max(self._resting_until - now, backoff(self._troubles - 1, self._random))
        elif self._subscriptions:
            wait_s = schedule.next_list_poll(
                (now - subscription.began, subscription.pace.timing)
                for subscription in self._subscriptions.values()
            )
        else:
            wait_s = GRACE_S if self._owed else math.inf
        self._due = now + wait_s

    async def _ask(self, line: ListEndpoint, portion: list[str]) -> None:
        now = asyncio.get_running_loop().time()
        answer = await query_tasks(line, portion, commas=self._commas)
        if len(portion) > 1 and len(answer.known) <= 1 and not answer.trouble:
            answer = await self._respelled(line, portion, answer)
        self._take(portion, answer, now)

    async def _respelled(
        self, line: ListEndpoint, portion: list[str], answer: ListReply
    ) -> ListReply:
        """One row for many ids: they may have to be written otherwise."""
        if self._comma_tries == COMMA_TRIES:
            return answer
        self._comma_tries += 1
        other = await query_tasks(line, portion, commas=not self._commas)
        if len(other.known) <= len(answer.known):
            return answer
        self._commas = not self._commas
        return other

    # ------------------------------------------------------------------------------- answers

    def _take(self, portion: list[str], answer: ListReply, asked_at: float) -> None:
        """What one answer means, for the tasks in it and for the list."""
        if answer.trouble:
            self._trouble(answer)
            return
        self._troubles = 0
        for task_id in portion:
            if task_id in answer.over:
                self._proven = True
                self._owed.pop(task_id, None)
            elif asked_at > self._owed.get(task_id, math.inf):
                self._give_up(f"it does not tell that task {task_id} has ended")
            if (subscription := self._subscriptions.get(task_id)) is not None:
                known = task_id in answer.known
                subscription.listed(answer.over.get(task_id), known=known, at=asked_at)
                (self._missed.add if subscription.misses >= MISSES else self._missed.discard)(
                    task_id
                )
        if answer.strangers and len(answer.known) < len(portion):
            self._give_up("it tells of other tasks than it was asked for")

    def _trouble(self, answer: ListReply) -> None:
        self._troubles += 1
        if answer.hopeless:
            self._leave()
        elif self._troubles >= FAILURES:
            self._resting_until = asyncio.get_running_loop().time() + REST_S
            self._let_go()

    def _give_up(self, why: str) -> None:
        """The list is wrong or behind: it is asked no more."""
        if self._line is not None:
            self._complain(f"its list of tasks is of no use: {why}; asking task by task")
        self._leave()

    def _leave(self) -> None:
        self._line = None
        self._owed.clear()
        self._let_go()

    def _let_go(self) -> None:
        for subscription in self._subscriptions.values():
            subscription.tell(None)
