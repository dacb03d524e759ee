"""The tasks of one provider that are watched: told of together by its list, as far as that is good.

Whether there is a list, and whether it is right and in time, turns out as the run goes: what
`/creations` says of single tasks is the measure.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from runner.engine import polling, retry
from runner.engine.paces import Pace
from runner.engine.rollcall import Answer, Line, call, portions
from runner.engine.seats import ENDED, MISSES, RUNNING, Seat
from runner.model import TaskStatus

TROUBLES = 3
"""So many questions in a row without an answer, and the list is left alone for a while."""
REST_S = 60.0
GRACE_S = 1.0
"""The list may learn of an end so much later than `/creations`, or by a tenth of the time that
the task takes; later than that it is behind."""
COMMA_TRIES = 3


class Roll:
    """One provider's watched tasks.

    Until the list has told of a first end, the task that has been watched for longest is asked
    after by itself as well, so that a list that never tells is found out soon.
    """

    def __init__(
        self, line: Line | None, rng: random.Random, complain: Callable[[str], None]
    ) -> None:
        """`line`: the way to the list, None where the provider has none.

        `complain` is told why a list is given up.
        """
        self._line = line
        self._random = rng
        self._complain = complain
        self._seats: dict[str, Seat] = {}
        self._missed: set[str] = set()
        """Those that the list has left out too often: how many is asked before every question."""
        self._owed: dict[str, float] = {}
        """Tasks that have ended, to the time by which the list must have told so."""
        self.vouched = False
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
    def seat(self, task_id: str, began: float, pace: Pace) -> Iterator[Seat]:
        """Have a task on the roll that was submitted at the loop's time `began`."""
        seat = self._seats[task_id] = Seat(self, task_id, began, pace)
        self._missed.discard(task_id)
        self._hurry(seat)
        try:
            yield seat
        finally:
            # A provider that gives one id to two submissions has two who watch it.
            if self._seats.get(task_id) is seat:
                del self._seats[task_id]
                self._missed.discard(task_id)

    @property
    def active(self) -> bool:
        """Whether the list is of use at the moment."""
        resting = asyncio.get_running_loop().time() < self._resting_until
        return self._line is not None and not resting

    @property
    def alone(self) -> int:
        """How many tasks are asked after one by one."""
        return len(self._missed if self.active else self._seats)

    def tries(self, seat: Seat) -> bool:
        """Whether this task is the one that tries the list."""
        return not self._proven and seat is next(iter(self._seats.values()), None)

    def compare(self, seat: Seat, told: TaskStatus | None, asked: TaskStatus) -> None:
        """Hold what the list told of a task, if anything, against the task's own query."""
        if told is None and asked.state in RUNNING and seat.listed_under_way:
            self.vouched = True
        if told is not None and asked.state in RUNNING:
            self._give_up(f"it says that task {seat.task_id} has ended, which it has not")
        elif told is None and asked.state in ENDED and not seat.alone:
            timing = seat.pace.timing
            grace_s = max(GRACE_S, timing.median_s / 10 if timing else 0.0)
            self._owed[seat.task_id] = asyncio.get_running_loop().time() + grace_s

    # -------------------------------------------------------------------------------- rounds

    async def keep_asking(self) -> None:
        """Ask the list as often as is worth it; returns when it has been given up."""
        while self._line is not None:
            await self._wait()
            await self._round(self._line)
            self._plan_next()

    async def _round(self, line: Line) -> None:
        """Ask after everybody once, in as many questions at a time as it takes."""
        asked = list(portions([*self._seats, *(self._owed.keys() - self._seats.keys())]))
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

    def _hurry(self, seat: Seat) -> None:
        """A newcomer may be worth a question before the next one is due."""
        now = asyncio.get_running_loop().time()
        # As if it had been asked after when it was submitted: a task of an earlier run is due.
        due = max(now, seat.began + polling.next_round([(0.0, seat.pace.timing)]))
        if due < self._due and not self._troubles:
            self._due = due
            self._sooner.set()

    def _plan_next(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._troubles:
            wait_s = max(self._resting_until - now, retry.backoff(self._troubles - 1, self._random))
        elif self._seats:
            wait_s = polling.next_round(
                (now - seat.began, seat.pace.timing) for seat in self._seats.values()
            )
        else:
            wait_s = GRACE_S if self._owed else math.inf
        self._due = now + wait_s

    async def _ask(self, line: Line, portion: list[str]) -> None:
        now = asyncio.get_running_loop().time()
        answer = await call(line, portion, commas=self._commas)
        if len(portion) > 1 and len(answer.known) <= 1 and not answer.trouble:
            answer = await self._respelled(line, portion, answer)
        self._take(portion, answer, now)

    async def _respelled(self, line: Line, portion: list[str], answer: Answer) -> Answer:
        """One row for many ids: they may have to be written otherwise."""
        if self._comma_tries == COMMA_TRIES:
            return answer
        self._comma_tries += 1
        other = await call(line, portion, commas=not self._commas)
        if len(other.known) <= len(answer.known):
            return answer
        self._commas = not self._commas
        return other

    # ------------------------------------------------------------------------------- answers

    def _take(self, portion: list[str], answer: Answer, asked_at: float) -> None:
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
            if (seat := self._seats.get(task_id)) is not None:
                known = task_id in answer.known
                seat.listed(answer.over.get(task_id), known=known, at=asked_at)
                (self._missed.add if seat.misses >= MISSES else self._missed.discard)(task_id)
        if answer.strangers and len(answer.known) < len(portion):
            self._give_up("it tells of other tasks than it was asked for")

    def _trouble(self, answer: Answer) -> None:
        self._troubles += 1
        if answer.hopeless:
            self._leave()
        elif self._troubles >= TROUBLES:
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
        for seat in self._seats.values():
            seat.tell(None)
