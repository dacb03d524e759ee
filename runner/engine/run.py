"""The whole batch: a plan in, an outcome for each of its jobs out, under one TaskGroup."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from runner.engine.context import Context, Ending, JobRun, Later, StopReason
from runner.engine.download.collect import collect
from runner.engine.job_run import JobRunner
from runner.engine.outcome_store import OutcomeStore, StoredOutcomes
from runner.engine.outcomes import interrupted, shared, without
from runner.engine.schedule import Schedule
from runner.engine.shutdown import Shutdown, StopConditions
from runner.engine.submit.prefetch import Prefetcher
from runner.errors import OutputError
from runner.model import Outcome, Plan, State, Step

FETCHERS = 8
"""Downloads at once; they hold no place in flight."""

CHECKPOINT_S = 60.0
"""How often a long run writes its results manifest."""


class Batch:
    """One run over one plan.

    As many workers as places in flight pull jobs that are ready; what they bring to an end is
    handed to the fetchers, so that a download never keeps a place. Nothing else is a task: a
    hundred thousand waiting jobs are a hundred thousand records.
    """

    def __init__(self, context: Context, plan: Plan) -> None:
        self._context = context
        self._plan = plan
        self._to_fetch: asyncio.Queue[JobRun] = asyncio.Queue()
        self._news = asyncio.Condition()
        self.stop_conditions = StopConditions(max_failures=context.settings.max_failures)
        """Why nothing more was submitted, to a provider or at all."""
        self._schedule = Schedule(
            plan.entries,
            providers={name: op.provider for name, op in context.operations.items()},
            caps={name: _cap(context, name) for name in context.providers},
        )
        self._ends = OutcomeStore(plan.entries, self._schedule.numbers, context.archive.parent)
        self._numbers: dict[str, int] = {}
        """Job id to its number in the plan, of the jobs that have begun and not ended."""
        self._prefetcher = Prefetcher(context, self._schedule.upcoming)
        self._under_way = JobRunner(
            context, self._schedule, self.stop_conditions, self._prefetcher, self._ends
        )
        self.shutdown = Shutdown(context, self._under_way.job_runner)
        """For who must end it early."""

    async def run(self, checkpoint: Callable[[Sequence[Outcome]], None]) -> None:
        """Bring every job to an end, or to where an interruption leaves it; see `outcomes`.

        `checkpoint` is called in a thread, about once a minute, with the outcomes so far.
        Raises an `ExceptionGroup` of what ended the batch before its time (a ledger that can't
        be written, a defect): after submissions that had left were answered and recorded. What
        was known until then is in `outcomes` all the same.
        """
        async with asyncio.TaskGroup() as beside:
            running = [beside.create_task(self._fetch()) for _ in range(FETCHERS)]
            lasting = [
                self._prefetcher.keep_building(),
                *(poller.keep_polling() for poller in self._context.pollers.values()),
                self._write_now_and_then(checkpoint),
            ]
            running += [beside.create_task(self._guarded(work)) for work in lasting]
            await self._work_together()
            for task in running:
                task.cancel()
        if self.shutdown.errors:
            raise ExceptionGroup("the batch ended before its time", self.shutdown.errors)

    def outcomes(self) -> StoredOutcomes:
        """One outcome for every job, in the plan's order, whatever state the run is in."""
        job_runner = self._under_way.job_runner
        return self._ends.snapshot(
            {self._numbers[job]: interrupted(job_run) for job, job_run in job_runner.items()}
        )

    # ------------------------------------------------------------------------------- workers

    async def _work_together(self) -> None:
        count = min(self._context.settings.concurrency, len(self._plan.entries))
        async with asyncio.TaskGroup() as workers:
            # Idle workers bear names that no job can have: ids hold no blanks.
            self.shutdown.workers = [
                workers.create_task(self._work(), name=f"worker {n}") for n in range(count)
            ]

    async def _work(self) -> None:
        while (number := await self._next()) is not None:
            try:
                await self._carry(number)
            except Exception as error:  # noqa: BLE001 - raised by `run`, once no answer is lost
                self.shutdown.fail(error)

    async def _next(self) -> int | None:
        """The next job to carry; None when there will be no more."""
        loop = asyncio.get_running_loop()
        async with self._news:
            while not self._over():
                if (number := self._schedule.take(loop.time())) is not None:
                    return number
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(self._schedule.due()):
                        await self._news.wait()
        return None

    def _over(self) -> bool:
        everything = self._ends.count == len(self._plan.entries)
        return everything or self._context.stopping.is_set()

    async def _carry(self, number: int) -> None:
        """One job as far as it holds a place in flight."""
        entry = self._plan.entries[number]
        job = entry.job.id
        self._numbers[job] = number
        _current_task().set_name(job)  # an interruption asks whose submission is out
        generation = self._schedule.limit(number).generation
        try:
            result = await self._under_way.run(entry)
        finally:
            self._schedule.release(number)
        match result:
            case Ending():
                await self._end(result.outcome, result.stop)
            case Later():
                self._context.budget.settle(job, None, kept=False)
                if result.narrow:
                    self._schedule.limit(number).on_overload(generation)
                loop = asyncio.get_running_loop()
                self._schedule.delay(number, loop.time() + result.delay_s)
                await self._tell_workers(1)
            case None:
                self._to_fetch.put_nowait(self._under_way.job_runner[job])

    async def _fetch(self) -> None:
        while True:
            try:
                ending = await collect(self._context, await self._to_fetch.get())
                await self._end(ending.outcome, ending.stop)
            except Exception as error:  # noqa: BLE001 - the same
                self.shutdown.fail(error)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the same
            self.shutdown.fail(error)

    # ---------------------------------------------------------------------------------- ends

    async def _end(self, outcome: Outcome, stop: StopReason | None = None) -> None:
        """Take down how a job ended, and what follows for those that wait for it."""
        job, number = outcome.job, self._numbers[outcome.job.id]
        self._note(number, outcome)
        self._context.budget.settle(job.id, outcome.task.actual, kept=outcome.paid)
        freed = 0
        self.stop_conditions.note(self._context.operations[job.operation].provider, outcome, stop)
        if outcome.state is State.SUCCEEDED:
            freed = self._schedule.succeed(number)
        else:
            for dependent, upstream in self._schedule.fail(number):
                self._note(dependent, self._lost(dependent, upstream))
        await self._tell_workers(freed)

    def _lost(self, number: int, upstream: int) -> Outcome:
        """The outcome of a job that never starts because another, which it needs, has no result."""
        entry, lost = self._plan.entries[number], self._ends.at(upstream)
        assert lost is not None
        return shared(entry, lost, ()) if entry.share else without(entry, lost)

    def _note(self, number: int, outcome: Outcome) -> None:
        self._ends.put(number, outcome)
        self._under_way.job_runner.pop(outcome.job.id, None)
        self._numbers.pop(outcome.job.id, None)
        self._context.emit(Step.ENDED, outcome.job.id, str(outcome.reason or ""), outcome)

    async def _tell_workers(self, ready: int) -> None:
        """Wake as many workers as there is new work for, or all of them at the end."""
        async with self._news:
            if self._over():
                self._news.notify_all()
            else:
                self._news.notify(ready + 1)

    async def _write_now_and_then(self, checkpoint: Callable[[Sequence[Outcome]], None]) -> None:
        loop, wait_s = asyncio.get_running_loop(), CHECKPOINT_S
        while True:
            await asyncio.sleep(wait_s)
            began = loop.time()
            try:
                await asyncio.to_thread(checkpoint, self.outcomes())
            except OutputError as error:  # the end will tell again; what is paid for goes on
                self._context.emit(Step.RETRYING, "", error.message)
            # A hundred thousand rows take seconds to write: not more than a tenth of the time.
            wait_s = max(CHECKPOINT_S, 10 * (loop.time() - began))


def _cap(context: Context, provider: str) -> int:
    """The most tasks in flight at a provider; one without an account is not asked for anything."""
    account = context.settings.accounts.get(provider)
    return (account and account.concurrency) or context.settings.concurrency


def _current_task() -> asyncio.Task[None]:
    task = asyncio.current_task()
    assert task is not None
    return task
