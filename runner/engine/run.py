"""Batch: carries out a plan under one TaskGroup, down to an outcome for each job."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, assert_never

from runner.engine.capacity import Capacity
from runner.engine.context import Context
from runner.engine.download.collect import collect
from runner.engine.job_run import Ended, JobRun, Phase, Queued, RetryLater, Succeeded
from runner.engine.job_runner import JobRunner
from runner.engine.outcome_store import OutcomeStore, StoredOutcomes
from runner.engine.outcomes import blocked, interrupted, shared
from runner.engine.schedule import Schedule
from runner.engine.stop_conditions import StopConditions
from runner.engine.submit.preconnect import Preconnector
from runner.engine.submit.prepare import Prefetcher
from runner.errors import OutputError, plural
from runner.model.events import Step
from runner.model.outcomes import Outcome, State
from runner.model.plans import Plan
from runner.providers.registry import TASK_LISTS
from runner.timestamps import span

FETCHERS = 8
"""Downloads at once; they hold no place in flight."""
CHECKPOINT_S = 60.0
"""How often a long run writes its results manifest."""
ANSWER_WAIT_S = 15.0
"""How long an interruption waits for the answers of submissions that have left."""


@dataclass(slots=True)
class Shutdown:
    """Ends a batch early: for a signal, an unusable ledger or a defect."""

    context: Context
    job_runs: Mapping[str, JobRun]
    """Job id to its run, of the jobs under way."""
    workers: list[asyncio.Task[None]] = field(default_factory=list)
    """Each is named after the job that it works on."""
    interrupted_by: signal.Signals | None = None
    errors: list[Exception] = field(default_factory=list)
    """What ended the batch, other than a signal."""

    def interrupt(self, number: signal.Signals) -> None:
        """Submit nothing more and wait for answers; the second time, do not wait for them."""
        if self.interrupted_by is not None:
            self._cut()
            return
        self.interrupted_by = number
        waiting = self._stop()
        text = "nothing more is submitted; tasks under way are left to the next run"
        if waiting:
            text = (
                f"waiting up to {ANSWER_WAIT_S:g} s for the answers to "
                f"{plural(waiting, 'submission')}; Ctrl-C again stops waiting"
            )
        self.context.emit(Step.INTERRUPTED, "", text)

    def fail(self, error: Exception) -> None:
        """End the run because of an error, but wait for the answers to submissions."""
        self.errors.append(error)
        self._stop()

    def _stop(self) -> int:
        """Cancel every worker that does not wait for an answer; return how many do wait."""
        posting = {job for job, run in self.job_runs.items() if run.phase is Phase.POSTING}
        if not self.context.stopping.is_set():
            self.context.stopping.set()
            me = asyncio.current_task()  # a worker that reports its own error ends by itself
            for worker in self.workers:
                if worker.get_name() not in posting and worker is not me:
                    worker.cancel()
            asyncio.get_running_loop().call_later(ANSWER_WAIT_S, self._cut)
        # A submission that has not left in full cannot have arrived.
        return len(posting) - self.context.http.abort_unsent()

    def _cut(self) -> None:
        for worker in self.workers:
            worker.cancel()


class Batch:
    """One run over one plan.

    As many workers as places in flight pull jobs that are ready. Jobs whose tasks have succeeded go
    to the fetchers, so that a download never keeps a place. A waiting job has no asyncio task.
    """

    def __init__(self, context: Context, plan: Plan) -> None:
        self._context = context
        self._plan = plan
        self._to_fetch: asyncio.Queue[tuple[int, JobRun]] = asyncio.Queue()
        self._queued: asyncio.Queue[tuple[int, JobRun]] = asyncio.Queue()
        self._queue_is_reported = False
        """Index in the plan and run of jobs whose tasks have succeeded."""
        self._changed = asyncio.Condition()
        self.spent = context.budget.spent
        """Unit to what the manifest has cost, or may have, without the jobs under way."""
        self.stop_conditions = StopConditions(max_failures=context.settings.max_failures)
        """Why nothing more is submitted, to a provider or at all."""
        settings = context.settings
        own = {name: each.concurrency for name, each in settings.accounts.items()}
        # Reused results need a lane as well, of providers that this run has no account for.
        caps = {name: own.get(name) or settings.concurrency for name in context.providers}
        most = settings.concurrency if context.detach else None
        self._schedule = Schedule(plan.entries, caps, most=most)
        self._store = OutcomeStore(plan.entries, self._schedule.numbers, context.archive.parent)
        prefetcher = Prefetcher(context, self._schedule.upcoming)
        self._runner = JobRunner(
            context, self._schedule, self.stop_conditions, prefetcher, self._store.of
        )
        self.shutdown = Shutdown(context, self._runner.job_runs)
        """Ends the batch early."""

    async def run(self, checkpoint: Callable[[Collection[Outcome]], None]) -> None:
        """Run every job to its end, or to where an interruption leaves it; see `outcomes`.

        `checkpoint` is called in a thread, about once a minute, with the outcomes so far. Raises an
        `ExceptionGroup` of what ended the batch early (a ledger that cannot be written, a defect),
        after the answers to submissions under way are on record; `outcomes` has them.
        """
        async with asyncio.TaskGroup() as helpers:
            services = [
                *(self._fetch() for _ in range(FETCHERS)),
                self._follow_queued(),
                self._runner.prefetcher.keep_building(),
                Preconnector(self._context, self._schedule).keep_connecting(),
                *(poller.keep_polling() for poller in self._context.pollers.values()),
                *(each.keep_within() for each in self._capacities()),
                self._write_checkpoints(checkpoint),
            ]
            running = [helpers.create_task(self._guarded(service)) for service in services]
            await self._run_workers()
            for task in running:  # by now they wait for what never comes
                task.cancel()
        if self.shutdown.errors:
            raise ExceptionGroup("the batch ended early", self.shutdown.errors)

    def _capacities(self) -> list[Capacity]:
        """One for each provider that shows how much its account works on."""
        context = self._context
        names = [name for name in context.settings.accounts if name in TASK_LISTS]
        return [Capacity(context, self._schedule, name, self._wake_workers) for name in names]

    def outcomes(self) -> StoredOutcomes:
        """One outcome for every job, in the plan's order, as things are now."""
        under_way = self._runner.job_runs.items()
        return self._store.snapshot({job: interrupted(run) for job, run in under_way})

    # ------------------------------------------------------------------------------- workers

    async def _run_workers(self) -> None:
        count = min(self._context.settings.concurrency, len(self._plan.entries))
        async with asyncio.TaskGroup() as workers:
            # No job has the name of an idle worker: ids contain no spaces.
            self.shutdown.workers = [
                workers.create_task(self._work(), name=f"worker {n}") for n in range(count)
            ]

    async def _work(self) -> None:
        while (number := await self._next()) is not None:
            await self._guarded(self._run_job(number))

    async def _next(self) -> int | None:
        """The next job to run; None when there will be no more."""
        loop = asyncio.get_running_loop()
        async with self._changed:
            while not self._is_over():
                if self._context.detach and self._schedule.close_full_lanes():
                    self._changed.notify_all()
                if (number := self._schedule.take(loop.time())) is not None:
                    return number
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(self._schedule.due()):
                        await self._changed.wait()
        return None

    def _is_over(self) -> bool:
        all_ended = self._store.count == len(self._plan.entries)
        return all_ended or self._context.stopping.is_set()

    async def _run_job(self, number: int) -> None:
        """Run one job as long as it holds a place in flight."""
        entry = self._plan.entries[number]
        job = entry.job.id
        if (worker := asyncio.current_task()) is not None:
            worker.set_name(job)  # `Shutdown` spares workers whose submission is out
        lane = self._schedule.lane(entry.job.provider)
        generation = lane.generation  # before the submission leaves, see `Lane.on_overload`
        result = None
        try:
            result = await self._runner.run(entry)
        finally:
            if isinstance(result, Ended) and result.keeps_place:
                self._schedule.hold(number)
            else:
                self._schedule.release(number)
        match result:
            case Succeeded() | Ended():
                await self._made(number, result)
            case Queued():
                self._queued.put_nowait((number, self._runner.job_runs[job]))
                self._report_queue()
                await self._wake_workers(0)
            case RetryLater():
                # While it is put off, its reservation would keep others out.
                self._context.budget.settle(job, None, kept=False)
                if result.too_many_tasks:
                    lane.on_overload(generation)
                    lane.is_closed = self._context.detach  # nobody waits for a place
                delay_s = 0.0 if lane.is_closed else result.delay_s
                self._schedule.delay(number, asyncio.get_running_loop().time() + delay_s)
                await self._wake_workers(1)
            case _:
                assert_never(result)

    async def _made(self, number: int, result: Succeeded | Ended) -> None:
        """Go on with a job whose task has ended, or is given up."""
        if isinstance(result, Ended):
            await self._end(number, result)
        else:
            job = self._plan.entries[number].job.id
            self._to_fetch.put_nowait((number, self._runner.job_runs[job]))

    async def _follow_queued(self) -> None:
        """Wait for the tasks that hold no place in flight, each by itself."""
        async with asyncio.TaskGroup() as following:
            while True:
                number, job_run = await self._queued.get()
                following.create_task(self._guarded(self._follow(number, job_run)))

    async def _follow(self, number: int, job_run: JobRun) -> None:
        await self._made(number, await self._runner.follow(job_run))

    def _report_queue(self) -> None:
        """Once, when nothing else is left to wait for: how the tasks can be collected later."""
        job_runs, queued = self._runner.job_runs, self._runner.queued
        is_all = queued and len(job_runs) == len(queued) and self._schedule.is_idle
        if self._queue_is_reported or not is_all:
            return
        self._queue_is_reported = True
        longest_s = max(job_runs[job].entry.limit_s or 0.0 for job in queued)
        tasks = plural(len(queued), "task")
        text = f"waiting only for {tasks} that may take up to {span(longest_s)}"
        advice = "Ctrl-C leaves them to the provider, and `vidu-run fetch` collects them later"
        self._context.emit(Step.RETRYING, "", f"{text}: {advice}")

    async def _fetch(self) -> None:
        while True:
            await self._guarded(self._collect(*await self._to_fetch.get()))

    async def _collect(self, number: int, job_run: JobRun) -> None:
        await self._end(number, await collect(self._context, job_run))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - raised by `run`, once no answer is lost
            self.shutdown.fail(error)

    # ---------------------------------------------------------------------------------- ends

    async def _end(self, number: int, end: Ended) -> None:
        """Keep how a job ended, and what follows for those that need it."""
        outcome = end.outcome
        self._put(number, outcome)
        self._context.budget.settle(outcome.job.id, outcome.task.actual, kept=outcome.paid)
        self.stop_conditions.note(outcome, end.stop)
        freed = 0
        if outcome.state is State.SUCCEEDED:
            freed = self._schedule.succeed(number)
        else:
            for dependent, upstream in self._schedule.fail(number):
                self._put(dependent, self._blocked(dependent, upstream))
        # Nothing is left to wait for where nothing more is submitted.
        freed += self._schedule.end_delays(
            lambda provider: self.stop_conditions.of(provider) is not None
        )
        self._report_queue()
        await self._wake_workers(freed)

    def _blocked(self, number: int, upstream: int) -> Outcome:
        """The outcome of a job that never starts because a job that it needs has no result."""
        entry, needed = self._plan.entries[number], self._store.at(upstream)
        assert needed is not None
        return shared(entry, needed, ()) if entry.share else blocked(entry, needed)

    def _put(self, number: int, outcome: Outcome) -> None:
        self._store.put(number, outcome)
        self._runner.job_runs.pop(outcome.job.id, None)
        self._context.emit(Step.ENDED, outcome.job.id, str(outcome.reason or ""), outcome)

    async def _wake_workers(self, ready: int) -> None:
        """Wake as many workers as there is new work for, or all of them at the end."""
        async with self._changed:
            if self._is_over():
                self._changed.notify_all()
            else:
                self._changed.notify(ready + 1)  # one more for the place that was left

    async def _write_checkpoints(self, checkpoint: Callable[[Collection[Outcome]], None]) -> None:
        loop, wait_s = asyncio.get_running_loop(), CHECKPOINT_S
        while True:
            await asyncio.sleep(wait_s)
            began = loop.time()
            try:
                await asyncio.to_thread(checkpoint, self.outcomes())
            except OutputError as error:  # raised again by the last write; what is paid for goes on
                self._context.emit(Step.RETRYING, "", error.message)
            # 100,000 rows take seconds to write: at most a tenth of the time goes into that.
            wait_s = max(CHECKPOINT_S, 10 * (loop.time() - began))
