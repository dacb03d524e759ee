"""`vidu-run cancel`: cancels tasks that still wait, and reports those that cannot be cancelled."""

from __future__ import annotations

from collections.abc import Sequence

from runner.commands.consent import confirm
from runner.commands.manifest_plan import ManifestPlan, plan_manifests
from runner.commands.options import Options
from runner.commands.output import warn
from runner.commands.session import RunSession
from runner.engine import cancel as engine
from runner.engine.context import Context
from runner.engine.job_run import JobRun
from runner.engine.poll.watch import Deadline
from runner.engine.reconcile.reconcile import adopt
from runner.error_handler import emit
from runner.errors import Exit, one_line, plural, worst
from runner.model.plans import Action, PlanEntry
from runner.planning.plan import used_up
from runner.progress import observer
from runner.providers.registry import TASK_LISTS


def cancel(options: Options) -> Exit:
    """Cancel the tasks of the selected jobs that are under way, after asking (`--yes`).

    Exit 0 when none of them is under way any more, otherwise 6: a run collects the others. A
    cancelled job counts as failed and not billed; the next run submits it again.
    """
    plans = plan_manifests(options, submit=False)
    for planned in plans:
        warn(planned.warnings)
    under_way = [(planned, planned.selected_with(Action.ATTACH)) for planned in plans]
    count = sum(len(entries) for _, entries in under_way)
    if not count:  # no question, no key, no emulator
        emit("no tasks are under way")
        return Exit.OK
    if not options.yes:
        confirm(f"cancel {plural(count, 'task')}")
    return worst([_cancel(planned, entries) for planned, entries in under_way if entries])


def _cancel(planned: ManifestPlan, entries: Sequence[PlanEntry]) -> Exit:
    """Cancel what can be cancelled, and print the result of each."""
    able = [entry for entry in entries if _obstacle(planned, entry) is None]
    left = [(entry, why) for entry in entries if (why := _obstacle(planned, entry))]
    if able:
        with RunSession.open(planned.with_entries(able)) as session:
            options = planned.options
            watcher = observer("plain", options.environ, verbose=options.verbose)  # for the retries
            left += session.act(lambda context: _cancel_tasks(context, able), watcher)
            session.exit_code = Exit.INCOMPLETE if left else Exit.OK
    for entry, why in left:
        _print(entry, f"not cancelled: {why}")
    return Exit.INCOMPLETE if left else Exit.OK


def _obstacle(planned: ManifestPlan, entry: PlanEntry) -> str | None:
    """Why the task cannot be cancelled; None where its provider is to be asked."""
    provider = planned.manifest.operations[entry.job.operation].provider
    if _task(entry) is None:  # another run is submitting it
        return entry.reason.text
    return None if provider in TASK_LISTS else f"{provider} has no way to cancel a task"


def _task(entry: PlanEntry) -> str | None:
    known = entry.earlier
    return known.task.id if known else None


async def _cancel_tasks(
    context: Context, entries: Sequence[PlanEntry]
) -> list[tuple[PlanEntry, str]]:
    """Cancel one task after the other; the ones that could not be, each with the reason."""
    left: list[tuple[PlanEntry, str]] = []
    deadline = Deadline(context)  # for all of them: a provider that is out is waited for once
    for entry in entries:
        operation = context.operations[entry.job.operation]
        job_run = JobRun.of(entry, operation)
        if job_run.number is None:  # only a results manifest has the task
            await adopt(context, job_run)
        why = await engine.cancel(context, job_run, TASK_LISTS[operation.provider], deadline)
        if why is None:
            _print(entry, _cancelled(entry))
        else:
            left.append((entry, why))
    return left


def _cancelled(entry: PlanEntry) -> str:
    """The result, with what it takes to have the job submitted again."""
    times = used_up(engine.CANCELLED_BY_USER, entry.failures, entry.cancellations + 1)
    # The next run submits it again, unless it has done so before.
    return (
        f"cancelled, {times} times by now; to submit it again: run --retry-failed"
        if times
        else "cancelled"
    )


def _print(entry: PlanEntry, result: str) -> None:
    task = _task(entry)
    print(one_line(f"{entry.job.id}: {f'task {task} ' if task else ''}{result}"))
