"""`--force`: the results that are to be made anew are set aside in the ledger, in one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from runner.commands.connect import RunRecord, on_record, surrounded, within_reach
from runner.commands.session import Planned
from runner.engine.adopt import adopt
from runner.engine.context import Context, JobRun
from runner.errors import Exit
from runner.ledger import Supersede
from runner.model import Action, AttemptState, PlanEntry, State
from runner.timestamps import stamp_now


def set_aside(planned: Planned) -> None:
    """Supersede what a plan with `--force` makes anew: from then on a plain run makes it.

    What only a results manifest tells of is taken into the ledger first, so that it can be set
    aside there. Does nothing where nothing is forced. Raises LedgerError.
    """
    forced = [entry for entry in planned.plan.entries if _is_forced(entry)]
    if not forced:
        return
    with within_reach(planned) as ready, on_record(ready) as record:
        told = [entry for entry in forced if entry.attempt is None]
        numbers = [entry.attempt.number for entry in forced if entry.attempt]
        numbers += asyncio.run(_taken_in(ready, record, told)) if told else []
        record.ledger.apply([Supersede(number=number, at=stamp_now()) for number in numbers])
        record.code = Exit.OK


def _is_forced(entry: PlanEntry) -> bool:
    """Whether there is a result, and the plan is to make it all the same."""
    if entry.action is not Action.SUBMIT:
        return False
    if entry.attempt is not None:
        return entry.attempt.state is AttemptState.SUCCEEDED
    return entry.evidence is not None and entry.evidence.state is State.SUCCEEDED


async def _taken_in(ready: Planned, record: RunRecord, told: Sequence[PlanEntry]) -> list[int]:
    """Take results of an earlier results manifest into the ledger; their numbers there."""
    async with surrounded(ready, record) as context:
        return [await _adopted(context, entry) for entry in told]


async def _adopted(context: Context, entry: PlanEntry) -> int:
    known = replace(entry, action=Action.FETCH)
    job_run = JobRun.of(known, context.operations[entry.job.operation])
    await adopt(context, job_run)
    assert job_run.number is not None
    return job_run.number
