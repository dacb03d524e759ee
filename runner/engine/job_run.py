"""One entry of a plan, done as planned: made, found, watched, shared or left as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from runner.engine.adopt import adopt
from runner.engine.context import Context, Ending, JobRun, Later, StopReason
from runner.engine.download.collect import shelve
from runner.engine.outcomes import ended, interrupted, settled, shared, unstarted
from runner.engine.poll.watch import watch
from runner.engine.reconcile.decide import decide
from runner.engine.schedule import Schedule
from runner.engine.shutdown import StopConditions
from runner.engine.submit.budget import Admission, Order, order_of, refusal
from runner.engine.submit.prefetch import Prefetcher
from runner.engine.submit.submit import submit
from runner.errors import Exit
from runner.ledger import OverBudget, Taken
from runner.model import (
    Action,
    Attempt,
    AttemptState,
    Outcome,
    PlanEntry,
    Reason,
    ReasonCode,
    State,
    Step,
)

PRICE_WAIT_S = 0.2
"""How often it is looked whether the budget has room again, or a price is known."""

OTHERS_S = 0.5
"""How often it is looked what another run makes of the same request."""

_MADE = frozenset({AttemptState.SUBMITTED, AttemptState.SUCCEEDED})


class JobRunner:
    """The jobs under way, and how each of them goes on."""

    def __init__(
        self,
        context: Context,
        schedule: Schedule,
        stop_conditions: StopConditions,
        prefetcher: Prefetcher,
        outcomes: Mapping[str, Outcome],
    ) -> None:
        """`outcomes`: job id to its end, of the jobs that have ended by now."""
        self._context = context
        self._schedule = schedule
        self._stop_conditions = stop_conditions
        self._prefetcher = prefetcher
        self._outcomes = outcomes
        self.job_runner: dict[str, JobRun] = {}
        """Job id to its way so far."""

    async def run(self, entry: PlanEntry) -> Ending | Later | None:
        """Do as planned; None when the task succeeded and only its files are missing."""
        match entry.action:
            case Action.SHARE:
                return await self._share(entry)
            case Action.REUSE:
                return Ending(outcome=settled(entry, await shelve(self._context, entry)))
            case Action.SKIP:
                return Ending(outcome=settled(entry))
            case Action.DECIDE:
                return await self._decide(entry)
            case Action.SUBMIT:
                return await self._submit(entry)
            case Action.ATTACH | Action.FETCH:
                job_run = await self._job_run(entry)
                if job_run.known:
                    return None
                # Without a task id another run is submitting it: try, and the ledger will tell.
                return await (self._watch(job_run) if job_run.task.id else self._submit(entry))

    async def _job_run(self, entry: PlanEntry) -> JobRun:
        """The record of the job's way; a job that was put off goes on with the one it has."""
        if entry.job.id not in self.job_runner:
            operation = self._context.operations[entry.job.operation]
            self.job_runner[entry.job.id] = JobRun.of(entry, operation)
            job_run = self.job_runner[entry.job.id]
            if entry.evidence is not None and job_run.task.id is not None:
                await adopt(self._context, job_run)
        return self.job_runner[entry.job.id]

    async def _decide(self, entry: PlanEntry) -> Ending | Later | None:
        """Settle what an earlier run left open; once it is proven absent, submit."""
        assert entry.attempt is not None
        job_run = await self._job_run(entry)
        if job_run.tries:  # settled as not sent, this is its next turn
            return await self._submit(entry)
        provider = job_run.operation.provider
        if provider not in self._context.settings.accounts:
            return Ending(outcome=settled(entry))
        return await self._settle(job_run, entry.attempt)

    async def _submit(self, entry: PlanEntry) -> Ending | Later | None:
        provider = self._context.operations[entry.job.operation].provider
        if (stop := self._stop_conditions.of(provider)) is not None:
            # After as many failures as allowed: their code is the run's, not "incomplete".
            skipped = stop.exit is Exit.JOBS_FAILED
            outcome = unstarted(entry, stop.not_submitted, skipped=skipped)
            return Ending(outcome=outcome)
        job_run = await self._job_run(entry)
        order = order_of(entry, job_run.operation, self._context.provider(job_run.operation))
        match admission := await self._admission(order):
            case Admission.CEILING | Admission.UNPRICED:
                over = admission is Admission.CEILING
                code = ReasonCode.OVER_BUDGET if over else ReasonCode.UNPRICED
                reason = Reason(code, refusal(self._context.budget, order))
                stop = StopReason(reason=reason, exit=Exit.BUDGET)
                outcome = unstarted(entry, stop.not_submitted)
                return Ending(outcome=outcome, stop=stop)
            case Admission.NOW:
                result = await submit(self._context, job_run, self._prefetcher, self._outcomes)
        match result:
            case None:
                self._schedule.limit_of(job_run.operation.provider).on_success()
                self._context.budget.price(entry.job.id, job_run.task.actual)
                return await self._watch(job_run)
            case Taken(attempt=attempt):
                self._context.budget.settle(entry.job.id, None, kept=False)  # the other run pays
                return await self._join(job_run, attempt)
            case OverBudget():
                return await self._beside(job_run, order, result)
            case Ending(outcome=Outcome(state=State.AMBIGUOUS, error=error)):
                attempt = job_run.attempt(self._context.run, AttemptState.AMBIGUOUS, error)
                return await self._settle(job_run, attempt)
        return result

    async def _admission(self, order: Order) -> Admission:
        """What the budget says, once it is no longer "wait".

        The job waits in its place: what it waits for is under way elsewhere, and the others that
        are ready would have to wait as well.
        """
        admission = self._context.budget.admit(order)
        while admission is Admission.WAIT:
            await asyncio.sleep(PRICE_WAIT_S)
            admission = self._context.budget.admit(order)
        return admission

    async def _beside(self, job_run: JobRun, order: Order, full: OverBudget) -> Ending | Later:
        """Ask the budget again, which knows now what the manifest's other runs have cost.

        While they live, what they make may still tell its price.
        """
        self._context.budget.update_spent(full.spent)
        for run in full.unpriced:
            if await asyncio.to_thread(self._context.alive, run):
                return self._wait_for(run, job_run, "is making something of unknown price")
        if full.unpriced:
            self._context.budget.mark_unpriced(order.unit)
        return Later(delay_s=0.0)

    async def _join(self, job_run: JobRun, attempt: Attempt) -> Ending | Later | None:
        """Go on with what another run has made, or is making, of the same request."""
        if attempt.task.id is not None and attempt.state in _MADE:
            job_run.take_over(attempt)
            return None if job_run.known else await self._watch(job_run)
        alive = await asyncio.to_thread(self._context.alive, attempt.run)
        if attempt.state is AttemptState.INTENT and alive:
            return self._wait_for(attempt.run, job_run, "is submitting the same")
        return await self._settle(job_run, attempt)

    def _wait_for(self, run: str, job_run: JobRun, doing: str) -> Ending | Later:
        """Leave the job until the other run has done that, within the job's own time limit."""
        now, limit_s = asyncio.get_running_loop().time(), self._context.settings.timeout_s
        if job_run.others_since is None:
            job_run.others_since = now
            text = f"waiting for another run ({run}), which {doing}"
            self._context.emit(Step.RETRYING, job_run.entry.job.id, text)
        if now - job_run.others_since <= limit_s:
            return Later(delay_s=OTHERS_S)
        text = f"waited {limit_s:g} s for another run ({run}), which {doing} and still lives"
        reason = Reason(ReasonCode.OTHER_RUN, text)
        return Ending(outcome=ended(job_run, State.PENDING, reason=reason))

    async def _settle(self, job_run: JobRun, attempt: Attempt) -> Ending | Later | None:
        job_run.unsure = True
        result = await decide(self._context, job_run, attempt)
        job_run.unsure = False
        job_run.tries += isinstance(result, Later)
        return await self._watch(job_run) if result is None else result

    async def _watch(self, job_run: JobRun) -> Ending | None:
        if job_run.known:
            return None
        if self._context.stopping.is_set():
            return Ending(outcome=interrupted(job_run))
        return await watch(self._context, job_run)

    async def _share(self, entry: PlanEntry) -> Ending:
        assert entry.share is not None
        original = self._outcomes[entry.share]
        files = await shelve(self._context, entry, original.files)
        return Ending(outcome=shared(entry, original, files))
