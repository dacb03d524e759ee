"""`vidu-run resolve`: records the user's decision about submissions of unknown fate."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from runner.commands.manifest_plan import ManifestPlan, plan_manifests
from runner.commands.options import Options
from runner.commands.output import warn
from runner.commands.session import RunSession, add_to_ledger
from runner.engine.context import Context
from runner.engine.net.pacing import backoff
from runner.engine.poll.watch import ask, has_no_status
from runner.error_handler import emit
from runner.errors import Exit, UsageError, printable, suggest
from runner.expansion.ids import fold_case
from runner.ledger.changes import Settle, Stale
from runner.ledger.location import open_ledger
from runner.model.operations import Operation
from runner.model.plans import Action, PlanEntry
from runner.model.requests import DECLARED_LOST, Billed, ErrorClass, JobError, TaskState, TaskStatus
from runner.model.tasks import Attempt, AttemptState

STATUS_TRIES = 3
"""How often a provider is asked for a task that the user names, while no answer shows it."""
LOST = JobError(
    code=DECLARED_LOST,
    message="declared lost by the user",
    class_=ErrorClass.TRANSIENT,
    billed=Billed.UNKNOWN,
)


def resolve(options: Options, *, job: str | None, lost: bool, task_id: str | None) -> Exit:
    """Settle ambiguous jobs: lost, so that the next run submits them again, or found.

    A task id is accepted only if the provider knows the task and the ledger has it for no other
    submission. Raises UsageError for a job that needs no decision.
    """
    _check(options, job, lost=lost, task_id=task_id)
    (planned,) = plan_manifests(options, submit=False)
    planned.check_earlier_results()
    warn(planned.warnings)
    entries = planned.selected_with(Action.DECIDE) if job is None else [_entry(planned, job)]
    if not entries:
        emit("none of these jobs needs a decision")
        return Exit.OK
    # As if under way: a session has the accounts of providers that its plan has to ask.
    asked = [replace(entry, action=Action.ATTACH) for entry in entries]
    # Declaring a job lost asks no provider, so it needs no key.
    with RunSession.open(planned.with_entries(asked), keys=task_id is not None) as session:
        for entry in entries:
            # While it lives, the run that submitted it may still settle it by itself.
            if entry.attempt is not None and session.ledger.alive(entry.attempt.run):
                raise UsageError(
                    f'job "{entry.job.id}" belongs to a run that is still going on',
                    hint="wait for it to end, or interrupt it",
                )

        async def apply_decision(context: Context) -> None:
            for entry in entries:
                if task_id is None:
                    await _give_up(context, entry)
                else:
                    await _adopt_task(context, entry, task_id.strip())

        session.act(apply_decision)
    _print_result(entries, task_id)
    return Exit.OK


def _check(options: Options, job: str | None, *, lost: bool, task_id: str | None) -> None:
    """Raise UsageError for a command line that is incomplete or contradicts itself."""
    if lost == (task_id is not None):
        raise UsageError(
            "give either --lost or --task-id ID",
            hint="--lost lets the next run submit the job again, which may pay a second time",
        )
    if (job is None) != bool(options.select or options.exclude):
        raise UsageError("name one job, or select several with --select")
    if task_id is not None and job is None:
        raise UsageError("--task-id belongs to one job: name the job instead of --select")
    if task_id is not None and not task_id.strip():
        raise UsageError("--task-id is empty")


def _entry(planned: ManifestPlan, job: str) -> PlanEntry:
    """The entry of the job, or of the job whose result it shares; raises UsageError."""
    by_id = {entry.job.id: entry for entry in planned.plan.entries}
    by_folded_id = {fold_case(name): name for name in by_id}
    name = by_folded_id.get(fold_case(job))
    if name is None:
        raise UsageError(f'there is no job "{job}"', hint=suggest(job, by_id))
    entry = by_id[name]
    entry = by_id[entry.share] if entry.share else entry  # that one has the submission
    if entry.action is not Action.DECIDE:
        raise UsageError(
            f'job "{name}" needs no decision: {entry.reason}',
            hint="vidu-run status shows the state of each job",
        )
    return entry


async def _give_up(context: Context, entry: PlanEntry) -> None:
    number = entry.attempt.number if entry.attempt else await _add_to_ledger(context, entry, None)
    settle = Settle(number=number, state=AttemptState.NOT_SENT, at=context.stamp(), error=LOST)
    await _record(context, entry, settle)


async def _adopt_task(context: Context, entry: PlanEntry, task_id: str) -> None:
    """Record the task as this job's, if the provider knows it. Raises UsageError."""
    operation, attempt = context.operations[entry.job.operation], entry.attempt
    status = await _status(context, operation, task_id)
    if why := await asyncio.to_thread(obstacle, context, operation, status, attempt):
        raise UsageError(f'not the task of job "{entry.job.id}": {why}')
    if attempt is None:
        await _add_to_ledger(context, entry, task_id)
        return
    # What the provider used counts before what was asked for.
    seeds = (status.seed, attempt.task.seed, attempt.intent.seed)
    found = Settle(
        number=attempt.number,
        state=AttemptState.SUBMITTED,
        at=context.stamp(),
        task_id=task_id,
        seed=next((seed for seed in seeds if seed is not None), None),
        credits=status.credits,
    )
    await _record(context, entry, found)


async def _status(context: Context, operation: Operation, task_id: str) -> TaskStatus:
    """The status of the task, asked for again a few times while no answer shows it."""
    status = await ask(context, operation, task_id)
    # No answer proves nothing: the user's word is not refused for one request that failed.
    for tries in range(STATUS_TRIES - 1):
        if not has_no_status(status) or context.stopping.is_set():
            break
        await asyncio.sleep(backoff(tries, context.random, status.retry_after_s))
        status = await ask(context, operation, task_id)
    return status


def obstacle(
    context: Context, operation: Operation, status: TaskStatus, attempt: Attempt | None
) -> str | None:
    """Why a task cannot be that of `attempt`; None where it can. Blocks; raises LedgerError.

    The provider does not know it, or the ledger has it for another submission.
    """
    task_id, provider = status.task_id, operation.provider
    if status.state is TaskState.GONE:
        return f"the provider knows no task {task_id}"
    if status.state is TaskState.UNKNOWN:
        return f"the provider does not report task {task_id}: {status.detail}"
    with open_ledger(context.ledger.location, read_only=True) as ledger:
        owners = ledger.attempts_of_tasks(provider, [task_id])
        owners += ledger.attempts_with_tag(provider, status.tag) if status.tag else []
    # One task must not become the result of two submissions.
    other = next((each for each in owners if not attempt or each.number != attempt.number), None)
    if other is None:
        return None
    job = f'job "{other.intent.job}" of {other.intent.manifest}'
    return f"task {task_id} was created by the submission of {job}"


async def _record(context: Context, entry: PlanEntry, settle: Settle) -> None:
    """Record the decision; raises UsageError if another run settled the job first."""
    result = await context.ledger.commit(settle)
    if isinstance(result, Stale):
        raise UsageError(
            f'job "{entry.job.id}" has just been settled by another run',
            hint="vidu-run status shows its state",
        )


async def _add_to_ledger(context: Context, entry: PlanEntry, task_id: str | None) -> int:
    """Add a submission that only a results manifest has to the ledger; its number there."""
    assert entry.evidence is not None  # a submission without an attempt comes from there
    evidence = replace(entry.evidence, task=replace(entry.evidence.task, id=task_id))
    return await add_to_ledger(context, replace(entry, evidence=evidence))


def _print_result(entries: Sequence[PlanEntry], task_id: str | None) -> None:
    names = ", ".join(f'"{entry.job.id}"' for entry in entries[:5])
    more = f" and {len(entries) - 5:,} more" if len(entries) > 5 else ""
    if task_id is None:
        what = "declared lost: the next run submits again, which may pay a second time"
    else:
        what = f"has task {task_id.strip()}: run again to collect its result"
    print(printable(f"{names}{more}: {what}"))
