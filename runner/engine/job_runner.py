"""Job runner: takes one entry of a plan through its steps, up to its outcome or its files.

What happens after a POST without an answer: `submit` records the attempt as ambiguous and returns
`Unanswered`; `JobRunner._reconcile` then looks for the task before the job goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from runner.engine.context import Context
from runner.engine.download.reuse import reuse_files
from runner.engine.job_run import (
    Ended,
    HasTask,
    JobRun,
    Phase,
    Queued,
    RetryLater,
    Succeeded,
    TaskOrigin,
    Unanswered,
)
from runner.engine.outcomes import (
    as_left,
    ended,
    interrupted,
    left,
    settled,
    shared,
    undecided,
    unstarted,
)
from runner.engine.poll.watch import watch
from runner.engine.reconcile.reconcile import adopt, reconcile
from runner.engine.schedule import Schedule
from runner.engine.stop_conditions import StopConditions
from runner.engine.submit.budget import Admission, Order, order_of, priced
from runner.engine.submit.budget_stops import budget_stop
from runner.engine.submit.prepare import Prefetcher
from runner.engine.submit.submit import submit
from runner.errors import Exit
from runner.ledger.changes import OverBudget, Taken
from runner.model.events import Step
from runner.model.outcomes import Outcome, State
from runner.model.plans import Action, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.tasks import Attempt, AttemptState

BUDGET_WAIT_S = 0.2
"""How often a job asks the budget again whether there is room, or a price is known."""
OTHER_RUN_WAIT_S = 0.5
"""How often a job looks what another run has made of the same request."""
DETACHED_WAIT_S = 15.0
"""How long a run that waits for no result waits for another one's submission."""
MAX_QUEUED = 1000
"""So many tasks may wait at their providers without a place in flight; further ones hold theirs."""
JobEnd: TypeAlias = Succeeded | Queued | RetryLater | Ended
_NO_ROOM = Reason(ReasonCode.NO_ROOM, "not submitted: there is no room for more tasks now")
_HAS_TASK = frozenset({AttemptState.SUBMITTED, AttemptState.SUCCEEDED})


@dataclass(slots=True)
class JobRunner:
    """Runs jobs, and holds the state of those under way."""

    context: Context
    schedule: Schedule
    stop_conditions: StopConditions
    prefetcher: Prefetcher
    outcome_of: Callable[[str], Outcome]
    """Job id to outcome, of the jobs that have ended by now and that others need."""
    job_runs: dict[str, JobRun] = field(default_factory=dict)
    """Job id to its state, of the jobs that have begun and not ended."""
    queued: set[str] = field(default_factory=set)
    """Ids of those whose tasks hold no place in flight."""
    left_queued: int = 0
    """How many of such tasks nobody waits for."""

    async def run(self, entry: PlanEntry) -> JobEnd:
        """Carry out the entry as planned. Raises LedgerError."""
        match entry.action:
            case Action.SHARE:
                return await self._share(entry)
            case Action.REUSE:
                known = entry.earlier
                files = await reuse_files(self.context, entry, known.files if known else ())
                return Ended(outcome=settled(entry, files))
            case Action.SKIP:
                return Ended(outcome=settled(entry))
            case Action.DECIDE:
                return await self._decide(entry)
            case Action.SUBMIT:
                return await self._submit(entry)
            case Action.ATTACH | Action.FETCH:
                job_run = await self._job_run(entry)
                # Without a task id another run is submitting it: the ledger decides who is first.
                waiting = job_run.phase is Phase.WAITING
                return await (self._submit(entry) if waiting else self._watch(job_run))

    async def _job_run(self, entry: PlanEntry) -> JobRun:
        """The state of the job; a job that was put off keeps the one it has."""
        if entry.job.id not in self.job_runs:
            operation = self.context.operations[entry.job.operation]
            job_run = self.job_runs[entry.job.id] = JobRun.of(entry, operation)
            if entry.evidence is not None and job_run.task.id is not None:
                await adopt(self.context, job_run)
        return self.job_runs[entry.job.id]

    async def _decide(self, entry: PlanEntry) -> JobEnd:
        """Settle what an earlier run left open; once that is proven absent, submit."""
        assert entry.attempt is not None
        job_run = await self._job_run(entry)
        if job_run.tries:  # settled as not sent before it was put off
            return await self._submit(entry)
        if await self._is_being_submitted(entry.attempt):  # a plan only looks, and is older
            return self._wait_for(entry.attempt.run, job_run, "is submitting the same request")
        # Without a list to look in, no key was asked for: only the user can decide.
        if job_run.operation.provider not in self.context.settings.accounts:
            return Ended(outcome=undecided(entry, job_run.operation))
        return await self._reconcile(job_run, entry.attempt)

    async def _submit(self, entry: PlanEntry) -> JobEnd:
        if (stopped := self._stopped(entry)) is not None:
            return stopped
        job_run = await self._job_run(entry)
        upstream = {need: self.outcome_of(need) for need in entry.job.draft.needs}
        entry = job_run.entry = priced(job_run.entry, self.context.operations, upstream)
        order = order_of(entry, job_run.operation, self.context.provider(job_run.operation))
        admission = await self._admission(order)
        if admission is not Admission.NOW:
            return self._over_budget(entry, order, admission)
        result = await submit(self.context, job_run, self.prefetcher, upstream)
        match result:
            case HasTask():
                # At once, not at the task's end: what it measures is room for submissions.
                self.schedule.lane(entry.job.provider).on_success()
                self.context.budget.price(entry.job.id, job_run.task.actual)
                return await self._watch(job_run)
            case Unanswered(error=error):
                # Never sent again before it is known what became of it.
                attempt = job_run.attempt(self.context.run, AttemptState.AMBIGUOUS, error)
                return await self._reconcile(job_run, attempt)
            case Taken(attempt=attempt):
                # The other run pays.
                self.context.budget.settle(entry.job.id, None, kept=False)
                return await self._join(job_run, attempt)
            case OverBudget():
                return await self._wait_for_budget(job_run, order, result)
            case RetryLater():
                return result
            case Ended(outcome=outcome):
                if outcome.state is State.FAILED and (
                    stop := self.stop_conditions.note_refusal(outcome)
                ):
                    # At once: the jobs that wait for the breaker would all be refused as well.
                    self.context.breakers[entry.job.provider].trip(stop)
                return result

    def _stopped(self, entry: PlanEntry) -> Ended | None:
        """The end of a job whose provider takes no more submissions in this run."""
        if (stop := self.stop_conditions.of(entry.job.provider)) is not None:
            # After `max_failures` the exit code is that of the failures, not "incomplete".
            skipped = stop.exit is Exit.JOBS_FAILED
            return Ended(outcome=unstarted(entry, stop.not_submitted, skipped=skipped))
        is_closed = self.schedule.lane(entry.job.provider).is_closed
        return Ended(outcome=unstarted(entry, _NO_ROOM)) if is_closed else None

    def _over_budget(self, entry: PlanEntry, order: Order, admission: Admission) -> Ended:
        stop = budget_stop(self.context.budget, order, admission)
        return Ended(outcome=unstarted(entry, stop.not_submitted), stop=stop)

    async def _admission(self, order: Order) -> Admission:
        """The budget's decision; never `Admission.WAIT`."""
        # The job keeps its place in flight: every other ready job would have to wait as well.
        admission = self.context.budget.admit(order)
        while admission is Admission.WAIT:
            await asyncio.sleep(BUDGET_WAIT_S)
            admission = self.context.budget.admit(order)
        return admission

    async def _wait_for_budget(
        self, job_run: JobRun, order: Order, over: OverBudget
    ) -> RetryLater | Ended:
        """Have the budget asked again, now that the cost of the manifest's other runs is known."""
        self.context.budget.spent_by_others = over.spent
        # As long as such a run lives, its submission may still get a price.
        for run in over.unpriced:
            if await asyncio.to_thread(self.context.alive, run):
                return self._wait_for(run, job_run, "is making something of unknown price")
        if over.unpriced:
            self.context.budget.unpriced.add(order.unit)
        return RetryLater(delay_s=0.0)

    async def _join(self, job_run: JobRun, attempt: Attempt) -> JobEnd:
        """Go on with what another run has made, or is making, of the same request."""
        if attempt.state in _HAS_TASK:
            job_run.take_over(attempt)
            return await self._watch(job_run)
        if await self._is_being_submitted(attempt):
            return self._wait_for(attempt.run, job_run, "is submitting the same request")
        return await self._reconcile(job_run, attempt)

    async def _is_being_submitted(self, attempt: Attempt) -> bool:
        """Whether another run, which is alive, may be about to send this attempt."""
        is_open = attempt.state is AttemptState.INTENT
        return is_open and await asyncio.to_thread(self.context.alive, attempt.run)

    def _wait_for(self, run: str, job_run: JobRun, doing: str) -> RetryLater | Ended:
        """Put the job off until the other run is done, within the job's own time limit."""
        now, limit_s = asyncio.get_running_loop().time(), self._limit_s(job_run.entry)
        if job_run.waiting_since is None:
            job_run.waiting_since = now
            text = f"waiting for another run ({run}), which {doing}"
            self.context.emit(Step.RETRYING, job_run.entry.job.id, text)
        if now - job_run.waiting_since <= limit_s:
            return RetryLater(delay_s=OTHER_RUN_WAIT_S)
        text = f"waited {limit_s:g} s for another run ({run}), which {doing} and is still alive"
        reason = Reason(ReasonCode.OTHER_RUN, text)
        return Ended(outcome=ended(job_run, State.PENDING, reason=reason))

    def _limit_s(self, entry: PlanEntry) -> float:
        limit_s = self.context.settings.limit_s(entry.limit_s)
        return min(limit_s, DETACHED_WAIT_S) if self.context.detach else limit_s

    async def _reconcile(self, job_run: JobRun, attempt: Attempt) -> JobEnd:
        """Find out what became of a submission, and go on with its task if there is one."""
        result = await reconcile(self.context, job_run, attempt)
        return await self._watch(job_run) if isinstance(result, HasTask) else result

    async def _watch(self, job_run: JobRun) -> JobEnd:
        if job_run.phase is Phase.SUCCEEDED:
            return Succeeded()
        if self.context.stopping.is_set():  # the worker was spared for an answer, now on record
            return Ended(outcome=interrupted(job_run))
        if self.context.detach:
            return await self._leave(job_run)
        if self._may_leave(job_run):
            self.queued.add(job_run.entry.job.id)
            return Queued()
        return await watch(self.context, job_run)

    async def _leave(self, job_run: JobRun) -> Succeeded | Ended:
        """Leave the task to its provider; one that was made before is asked for once."""
        if job_run.origin is TaskOrigin.THIS_RUN:
            result: Succeeded | Ended = Ended(outcome=left(job_run))
        else:
            result = await watch(self.context, job_run)
        if isinstance(result, Succeeded) or result.outcome.state is not State.PENDING:
            return result
        needs_place = not job_run.entry.may_queue or self.left_queued >= MAX_QUEUED
        self.left_queued += not needs_place
        return replace(result, outcome=as_left(result.outcome), keeps_place=needs_place)

    def _may_leave(self, job_run: JobRun) -> bool:
        """Whether the task is to be followed without a place in flight."""
        is_patient = job_run.entry.may_queue and not self.context.collect_only
        return is_patient and len(self.queued) < MAX_QUEUED

    async def follow(self, job_run: JobRun) -> Succeeded | Ended:
        """Wait for the end of a task that `run` has returned as queued."""
        try:
            return await watch(self.context, job_run)
        finally:
            self.queued.discard(job_run.entry.job.id)

    async def _share(self, entry: PlanEntry) -> Ended:
        assert entry.share is not None
        original = self.outcome_of(entry.share)
        files = await reuse_files(self.context, entry, original.files)
        return Ended(outcome=shared(entry, original, files))
