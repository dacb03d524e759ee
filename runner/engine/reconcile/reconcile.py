"""Reconcile: settles submissions of unknown fate: adopted, to be sent again, or left to the user.

A submission is sent again only where its absence is proven, or where the user takes the risk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from runner.engine.context import Context
from runner.engine.download.reuse import ledger_files
from runner.engine.download.urls import record_success
from runner.engine.job_run import Ended, HasTask, JobRun, Phase, RetryLater
from runner.engine.outcomes import ended
from runner.engine.reconcile.match import Absent, Adopted, Unclear
from runner.engine.reconcile.search import find_verdict
from runner.engine.submit.prepare import intent_afterwards
from runner.ledger.changes import Intend, OverBudget, Settle, Stale, Store, Supersede
from runner.model.events import Step
from runner.model.outcomes import State
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import Billed, ErrorClass, JobError
from runner.model.tasks import Attempt, AttemptState
from runner.providers.registry import is_searchable

_UNKNOWN_FATE = "unknown_fate"
_MOST_SHOWN = 10
_ABSENT = "the provider's list shows that it did not arrive"


async def reconcile(
    context: Context, job_run: JobRun, attempt: Attempt
) -> HasTask | RetryLater | Ended:
    """Find out what became of the submission of `attempt`, and record it.

    `RetryLater`: the provider proves that there is no task, or the user takes the risk
    (`on_ambiguous: resubmit`). `Ended`: it stays ambiguous, with what is known of it.
    """
    job_run.settle()
    # The answers of a provider that is out prove nothing.
    breaker = context.breakers[job_run.operation.provider]
    # The next run looks again, where there is anything to look in.
    can_search = is_searchable(job_run.operation)
    outage_code = ReasonCode.SEARCH_PENDING if can_search else ReasonCode.AS_ERROR
    await breaker.recovered()
    if breaker.state.is_open:
        unclear = Unclear(reason=f"its task was not looked for: {breaker.outage_reason()}")
        return await _leave_open(context, job_run, attempt, unclear, outage_code)
    verdict = await find_verdict(context, attempt, job_run.operation)
    if isinstance(verdict, Unclear):  # the provider's own words may quote a key
        verdict = replace(verdict, reason=context.redacted(verdict.reason))
    takes_risk = context.settings.on_ambiguous == "resubmit"
    match verdict:
        case Adopted():
            return await _take_task(context, job_run, attempt, verdict)
        case Absent():
            error = _error("absent", _ABSENT, Billed.NO)
            await _record_state(context, attempt, AttemptState.NOT_SENT, error)
            return _retry_now(context, job_run, _ABSENT)
        case Unclear() if takes_risk and not context.stopping.is_set():
            return await _resubmit_at_risk(context, job_run, attempt, verdict)
        case _:
            code = outage_code if breaker.is_out else ReasonCode.AS_ERROR
            return await _leave_open(context, job_run, attempt, verdict, code)


def _retry_now(context: Context, job_run: JobRun, text: str = "") -> RetryLater:
    if text:
        context.emit(Step.RETRYING, job_run.entry.job.id, text)
    job_run.submit_again()
    return RetryLater(delay_s=0.0)


async def _resubmit_at_risk(
    context: Context, job_run: JobRun, attempt: Attempt, verdict: Unclear
) -> RetryLater:
    # Superseded, not deleted: what it may have cost stays in the budget.
    change = Supersede(number=attempt.number, at=context.stamp(), only_undecided=True)
    if isinstance(await context.ledger.commit(change), Stale):
        # Another run settled it: the next intent returns its attempt.
        return _retry_now(context, job_run)
    return _retry_now(context, job_run, f"sent again at your risk (on_ambiguous): {verdict.reason}")


async def _leave_open(
    context: Context,
    job_run: JobRun,
    attempt: Attempt,
    verdict: Unclear,
    code: ReasonCode = ReasonCode.AS_ERROR,
) -> Ended:
    error = _error(_UNKNOWN_FATE, verdict.reason, Billed.UNKNOWN)
    # The error of the submission itself explains more than what an earlier search found.
    if attempt.error is not None and attempt.error.code != _UNKNOWN_FATE:
        error = attempt.error
        code = ReasonCode.UNKNOWN_FATE if code is ReasonCode.AS_ERROR else code
    if attempt.state is AttemptState.INTENT:
        await _record_state(context, attempt, AttemptState.AMBIGUOUS, error)
    job_run.task = replace(job_run.task, id=attempt.task.id)
    text = verdict.reason
    if verdict.candidates and attempt.task.id is None:
        text += f" (candidates: {_some(verdict.candidates)})"
    return Ended(outcome=ended(job_run, State.AMBIGUOUS, reason=Reason(code, text), error=error))


def _some(task_ids: Sequence[str]) -> str:
    """The ids, and of very many only the first ones."""
    more = len(task_ids) - _MOST_SHOWN
    return ", ".join(task_ids[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


async def _take_task(
    context: Context, job_run: JobRun, attempt: Attempt, found: Adopted
) -> HasTask | RetryLater:
    """Record the task that was found; where another run was faster, go on with what it recorded."""
    settle = Settle(
        number=attempt.number,
        state=AttemptState.SUBMITTED,
        at=context.stamp(),
        task_id=found.task_id,
        seed=found.seed,
        credits=found.credits,
    )
    result = await context.ledger.commit(settle)
    if isinstance(result, Stale):
        if result.attempt.task.id is None:
            return _retry_now(context, job_run)
        job_run.take_over(result.attempt)
        return HasTask()
    task = replace(
        attempt.task,
        id=found.task_id,
        seed=attempt.task.seed or attempt.intent.seed,
        submitted_at=attempt.task.submitted_at or attempt.intent.at,
    )
    job_run.find(attempt, task.learn(found.seed, found.credits))
    context.emit(Step.SUBMITTED, job_run.entry.job.id, f"found task {found.task_id}")
    return HasTask()


async def adopt(context: Context, job_run: JobRun) -> int:
    """Record in the ledger a task that only an earlier results manifest knows; its number there.

    If the ledger has learned of the request since the plan was made, its attempt counts instead.
    Raises LedgerError.
    """
    intent = intent_afterwards(context, job_run)
    result = await context.ledger.commit(
        Intend(run=context.run, intent=intent, task_id=job_run.task.id)
    )
    assert not isinstance(result, OverBudget)  # no headroom is asked for
    if not isinstance(result, int):
        job_run.take_over(result.attempt)
        return result.attempt.number
    job_run.number = result
    if job_run.phase is Phase.SUCCEEDED:
        await record_success(context, job_run)
        evidence = job_run.entry.evidence
        if evidence is not None and evidence.files:
            # A file that comes back to its place is recognized by its digest.
            files = ledger_files(context, evidence.files)
            await context.ledger.commit(Store(number=result, files=files))
    return result


async def _record_state(
    context: Context, attempt: Attempt, state: AttemptState, error: JobError
) -> None:
    # Where another run has settled it first (`Stale`), the next intent returns what it recorded.
    settle = Settle(number=attempt.number, state=state, at=context.stamp(), error=error)
    await context.ledger.commit(settle)


def _error(code: str, message: str, billed: Billed) -> JobError:
    return JobError(code=code, message=message, class_=ErrorClass.TRANSIENT, billed=billed)
