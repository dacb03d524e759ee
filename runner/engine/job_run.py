"""One entry of a plan, done as planned: made, found, watched, shared or left as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from runner.engine.adopt import adopt
from runner.engine.context import Context, Ending, JobRun, Later, StopReason
from runner.engine.download.collect import shelve
from runner.engine.outcomes import credits_of, ended, interrupted, settled, shared, unstarted
from runner.engine.poll.watch import watch
from runner.engine.reconcile.decide import decide
from runner.engine.schedule import Schedule
from runner.engine.shutdown import StopConditions
from runner.engine.submit.budget import Admission, Order, order_of, refusal
from runner.engine.submit.prefetch import Prefetcher
from runner.engine.submit.submit import submit
from runner.errors import Exit
from runner.ledger import Full, Taken
from runner.model import Action, Attempt, AttemptState, Outcome, PlanEntry, State, Step

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
        stops: StopConditions,
        ahead: Prefetcher,
        outcomes: Mapping[str, Outcome],
    ) -> None:
        """`outcomes`: job id to its end, of the jobs that have ended by now."""
        self._context = context
        self._schedule = schedule
        self._stops = stops
        self._ahead = ahead
        self._outcomes = outcomes
        self.flights: dict[str, JobRun] = {}
        """Job id to its way so far."""

    async def fly(self, entry: PlanEntry) -> Ending | Later | None:
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
                flight = await self._flight(entry)
                if flight.known:
                    return None
                # Without a task id another run is submitting it: try, and the ledger will tell.
                return await (self._watch(flight) if flight.task_id else self._submit(entry))

    async def _flight(self, entry: PlanEntry) -> JobRun:
        """The record of the job's way; a job that was put off goes on with the one it has."""
        if entry.job.id not in self.flights:
            operation = self._context.operations[entry.job.operation]
            self.flights[entry.job.id] = JobRun.of(entry, operation)
            flight = self.flights[entry.job.id]
            if entry.evidence is not None and flight.task_id is not None:
                await adopt(self._context, flight)
        return self.flights[entry.job.id]

    async def _decide(self, entry: PlanEntry) -> Ending | Later | None:
        """Settle what an earlier run left open; once it is proven absent, submit."""
        assert entry.attempt is not None
        flight = await self._flight(entry)
        if flight.tries:  # settled as not sent, this is its next turn
            return await self._submit(entry)
        provider = flight.operation.provider
        if provider not in self._context.settings.accounts:
            return Ending(outcome=settled(entry))
        return await self._settle(flight, entry.attempt)

    async def _submit(self, entry: PlanEntry) -> Ending | Later | None:
        provider = self._context.operations[entry.job.operation].provider
        if (halt := self._stops.of(provider)) is not None:
            # After as many failures as allowed: their code is the run's, not "incomplete".
            skipped = halt.exit is Exit.JOBS_FAILED
            outcome = unstarted(entry, f"not submitted: {halt.reason}", skipped=skipped)
            return Ending(outcome=outcome)
        flight = await self._flight(entry)
        order = order_of(entry, flight.operation, self._context.provider(flight.operation))
        match await self._admission(order):
            case Admission.CEILING | Admission.UNPRICED:
                halt = StopReason(reason=refusal(self._context.budget, order), exit=Exit.BUDGET)
                outcome = unstarted(entry, f"not submitted: {halt.reason}")
                return Ending(outcome=outcome, halt=halt)
            case Admission.NOW:
                result = await submit(self._context, flight, self._ahead, self._outcomes)
        match result:
            case None:
                self._schedule.widen(flight.operation.provider)
                self._context.budget.price(entry.job.id, credits_of(flight.credits))
                return await self._watch(flight)
            case Taken(attempt=attempt):
                self._context.budget.settle(entry.job.id, None, kept=False)  # the other run pays
                return await self._join(flight, attempt)
            case Full():
                return await self._beside(flight, order, result)
            case Ending(outcome=Outcome(state=State.AMBIGUOUS, error=error)):
                attempt = flight.attempt(self._context.run, AttemptState.AMBIGUOUS, error)
                return await self._settle(flight, attempt)
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

    async def _beside(self, flight: JobRun, order: Order, full: Full) -> Ending | Later:
        """Ask the budget again, which knows now what the manifest's other runs have cost.

        While they live, what they make may still tell its price.
        """
        self._context.budget.elsewhere(full.spent)
        for run in full.unpriced:
            if await asyncio.to_thread(self._context.alive, run):
                return self._wait_for(run, flight, "is making something of unknown price")
        if full.unpriced:
            self._context.budget.blind(order.unit)
        return Later(delay_s=0.0)

    async def _join(self, flight: JobRun, attempt: Attempt) -> Ending | Later | None:
        """Go on with what another run has made, or is making, of the same request."""
        if attempt.task_id is not None and attempt.state in _MADE:
            flight.take_over(attempt)
            return None if flight.known else await self._watch(flight)
        alive = await asyncio.to_thread(self._context.alive, attempt.run)
        if attempt.state is AttemptState.INTENT and alive:
            return self._wait_for(attempt.run, flight, "is submitting the same")
        return await self._settle(flight, attempt)

    def _wait_for(self, run: str, flight: JobRun, doing: str) -> Ending | Later:
        """Leave the job until the other run has done that, within the job's own time limit."""
        now, limit_s = asyncio.get_running_loop().time(), self._context.settings.timeout_s
        if flight.others_since is None:
            flight.others_since = now
            text = f"waiting for another run ({run}), which {doing}"
            self._context.tell(Step.RETRYING, flight.entry.job.id, text)
        if now - flight.others_since <= limit_s:
            return Later(delay_s=OTHERS_S)
        reason = f"waited {limit_s:g} s for another run ({run}), which {doing} and still lives"
        return Ending(outcome=ended(flight, State.PENDING, reason=reason))

    async def _settle(self, flight: JobRun, attempt: Attempt) -> Ending | Later | None:
        flight.unsure = True
        result = await decide(self._context, flight, attempt)
        flight.unsure = False
        flight.tries += isinstance(result, Later)
        return await self._watch(flight) if result is None else result

    async def _watch(self, flight: JobRun) -> Ending | None:
        if flight.known:
            return None
        if self._context.stopping.is_set():
            return Ending(outcome=interrupted(flight))
        return await watch(self._context, flight)

    async def _share(self, entry: PlanEntry) -> Ending:
        assert entry.share is not None
        original = self._outcomes[entry.share]
        files = await shelve(self._context, entry, original.files)
        return Ending(outcome=shared(entry, original, files))
