"""A submission of unknown fate is settled where it can be: adopted, sent again, or left open."""

from __future__ import annotations

from dataclasses import replace

from runner.engine.context import Context, Ending, JobRun, Later
from runner.engine.net import redaction
from runner.engine.outcomes import ended
from runner.engine.reconcile.match import Absent, Adopted, Unclear, Verdict
from runner.engine.reconcile.reconcile import reconcile
from runner.ledger import Settle, Stale, Supersede
from runner.model import (
    Attempt,
    AttemptState,
    Billed,
    ErrorClass,
    JobError,
    Reason,
    ReasonCode,
    State,
    Step,
)


async def decide(context: Context, job_run: JobRun, attempt: Attempt) -> Ending | Later | None:
    """Settle the fate of an attempt: None when its task is found and can be watched.

    `Later` means that it is settled as not sent and free to be submitted again, because the
    provider proved that there is no such task, or because the user wants to take the risk
    (`on_ambiguous: resubmit`). Otherwise it stays ambiguous, with what is known of it.
    """
    # As long as the provider is out, it can tell nothing.
    await context.breakers[job_run.operation.provider].recovered()
    verdict = _clean(await reconcile(context, attempt, job_run.operation), context)
    match verdict:
        case Adopted():
            return await _adopt(context, job_run, attempt, verdict)
        case Absent():
            error = _error("absent", verdict.reason, Billed.NO)
            await _settle(context, attempt, AttemptState.NOT_SENT, error)
            context.emit(Step.RETRYING, job_run.entry.job.id, f"did not arrive: {verdict.reason}")
            return Later(delay_s=0.0)
        case Unclear() if _risked(context):
            # Set aside, not forgotten: what it may have cost stays in the budget. Where another
            # run has found its task meanwhile, the next submission meets that.
            change = Supersede(number=attempt.number, at=context.stamp(), only_undecided=True)
            result = await context.ledger.commit(change)
            if isinstance(result, Stale):
                return Later(delay_s=0.0)
            text = f"sent again at your risk (on_ambiguous): {verdict.reason}"
            context.emit(Step.RETRYING, job_run.entry.job.id, text)
            return Later(delay_s=0.0)
        case Unclear():
            code = ReasonCode.AS_ERROR
            error = _error(_UNKNOWN_FATE, verdict.reason, Billed.UNKNOWN)
            if attempt.error is not None and attempt.error.code != _UNKNOWN_FATE:
                code, error = ReasonCode.UNKNOWN_FATE, attempt.error
            if attempt.state is AttemptState.INTENT:
                await _settle(context, attempt, AttemptState.AMBIGUOUS, error)
            job_run.task = replace(job_run.task, id=attempt.task.id)
            text = verdict.reason
            if verdict.candidates and attempt.task.id is None:
                text += f" (candidates: {', '.join(verdict.candidates)})"
            outcome = ended(job_run, State.AMBIGUOUS, reason=Reason(code, text), error=error)
            return Ending(outcome=outcome)


_UNKNOWN_FATE = "unknown_fate"


def _clean(verdict: Verdict, context: Context) -> Verdict:
    """The verdict without a key that the provider's own words may quote."""
    if isinstance(verdict, Adopted):
        return verdict
    return replace(verdict, reason=redaction.of_text(verdict.reason, context.settings.secrets))


def _risked(context: Context) -> bool:
    return context.settings.on_ambiguous == "resubmit" and not context.stopping.is_set()


async def _adopt(
    context: Context, job_run: JobRun, attempt: Attempt, found: Adopted
) -> Ending | Later | None:
    """Go on with the task that was found; or with another's, where another run was first."""
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
            return Later(delay_s=0.0)
        job_run.take_over(result.attempt)
        return None
    job_run.number = attempt.number
    known = replace(
        attempt.task,
        id=found.task_id,
        seed=attempt.task.seed or attempt.intent.seed,
        submitted_at=attempt.task.submitted_at or attempt.intent.at,
    )
    job_run.task = known.learn(found)
    context.emit(Step.SUBMITTED, job_run.entry.job.id, f"found task {found.task_id}")
    return None


async def _settle(context: Context, attempt: Attempt, state: AttemptState, error: JobError) -> None:
    # Where another run has settled it meanwhile (`Stale`), the next submission meets what it left.
    settle = Settle(number=attempt.number, state=state, at=context.stamp(), error=error)
    await context.ledger.commit(settle)


def _error(code: str, message: str, billed: Billed) -> JobError:
    return JobError(code=code, message=message, class_=ErrorClass.TRANSIENT, billed=billed)
