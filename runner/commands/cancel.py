"""`vidu-run cancel`: tasks that still wait are called off; what could not be is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from runner.commands.collect_only import plan_all
from runner.commands.confirm import ask_first
from runner.commands.connect import on_record, surrounded, within_reach
from runner.commands.options import Options
from runner.commands.output import warn
from runner.commands.session import Planned
from runner.engine.adopt import adopt
from runner.engine.cancel import cancel as call_off
from runner.engine.context import Context, JobRun
from runner.engine.poll.ask import Deadline
from runner.error_handler import emit
from runner.errors import Exit, one_line, worst
from runner.model import Action, PlanEntry
from runner.progress import observer
from runner.providers.registry import LISTERS


def cancel(options: Options) -> Exit:
    """Cancel the tasks of the selected jobs that are under way, after asking (`--yes`).

    Exit 0 when none of them is under way any more, otherwise 6: a run collects the rest. A
    cancelled job counts as failed and not billed; the next run submits it again.
    """
    plans = plan_all(options)
    for planned in plans:
        warn(planned.warnings)
    wanted = [(planned, _under_way(planned)) for planned in plans]
    count = sum(len(entries) for _, entries in wanted)
    if not count:
        emit("nothing is under way")
        return Exit.OK
    if not options.yes:
        ask_first(f"cancel {count} task{'s' * (count != 1)}")
    return worst([_cancel(planned, entries) for planned, entries in wanted if entries])


def _under_way(planned: Planned) -> list[PlanEntry]:
    """What is under way of the jobs that the user speaks of."""
    return [
        entry
        for entry in planned.plan.entries
        if entry.action is Action.ATTACH and entry.job.id in planned.meant
    ]


def _cancel(planned: Planned, entries: Sequence[PlanEntry]) -> Exit:
    """Cancel what can be, and say of each what came of it."""
    able = [entry for entry in entries if _why_not(planned, entry) is None]
    left = [(entry, why) for entry in entries if (why := _why_not(planned, entry))]
    if able:
        with within_reach(planned.narrowed(able)) as ready, on_record(ready) as record:

            async def act() -> list[tuple[PlanEntry, str]]:
                looker = observer("plain", ready.options.environ)
                async with surrounded(ready, record, looker) as context:
                    return [pair async for pair in _call_off(context, able)]

            left += asyncio.run(act())
            record.code = Exit.INCOMPLETE if left else Exit.OK
    for entry, why in left:
        _print(entry, f"not cancelled: {why}")
    return Exit.INCOMPLETE if left else Exit.OK


def _why_not(planned: Planned, entry: PlanEntry) -> str | None:
    """Why there is no use in asking; None where there is."""
    provider = planned.manifest.operations[entry.job.operation].provider
    if _task(entry) is None:
        return entry.reason.text
    return None if provider in LISTERS else f"{provider} has no way to cancel a task"


def _task(entry: PlanEntry) -> str | None:
    known = entry.attempt or entry.evidence
    return known.task.id if known else None


async def _call_off(
    context: Context, entries: Sequence[PlanEntry]
) -> AsyncIterator[tuple[PlanEntry, str]]:
    """Cancel one after the other; those that could not be, with the reason."""
    patience = Deadline(context)
    for entry in entries:
        operation = context.operations[entry.job.operation]
        job_run = JobRun.of(entry, operation)
        if job_run.number is None:  # only a results manifest knows of the task
            await adopt(context, job_run)
        trouble = await call_off(context, job_run, LISTERS[operation.provider], patience)
        if trouble is None:
            _print(entry, "cancelled")
        else:
            yield entry, trouble


def _print(entry: PlanEntry, what: str) -> None:
    task = _task(entry)
    print(one_line(f"{entry.job.id}: {f'task {task} ' if task else ''}{what}"))
