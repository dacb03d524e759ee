"""A submission of unknown fate in, what became of it out; nothing is submitted or written here."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from runner.engine.context import Context
from runner.engine.net.pacing import backoff
from runner.engine.outcomes import unlisted
from runner.engine.poll.ask import ask
from runner.engine.reconcile import absence
from runner.engine.reconcile.match import Absent, Adopted, Unclear, Verdict
from runner.engine.reconcile.search import Search
from runner.ledger import open_ledger
from runner.model import Attempt, Operation, TaskState, TaskStatus
from runner.providers.registry import LISTERS

__all__ = ["Absent", "Adopted", "Unclear", "Verdict", "confirm", "reconcile"]

LEEWAY_S = 300.0
"""How long the last reading of the list may take."""
TRIES = 3
"""How often a task is asked for that a user names."""


async def reconcile(context: Context, attempt: Attempt, operation: Operation) -> Verdict:
    """Look for the task of a submission whose fate is unknown.

    Takes ten times `settle` and a few answers' time at most, and ends at once when the run
    stops. Raises LedgerError.
    """
    if attempt.task_id is not None:
        return await _in_time(context, _again(context, operation, attempt.task_id))
    lister = LISTERS.get(operation.provider)
    if lister is None:
        return Unclear(reason=unlisted(attempt))
    return await _in_time(context, Search(context, attempt, operation, lister).run())


async def _in_time(context: Context, looking: Coroutine[Any, Any, Verdict]) -> Verdict:
    """The verdict, unless the run stops or the provider takes too long over it."""
    looker = asyncio.ensure_future(looking)
    stop = asyncio.ensure_future(context.stopping.wait())
    limit_s = absence.PATIENCE * context.settings.settle_s + LEEWAY_S
    try:
        await asyncio.wait({looker, stop}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        if looker.done():
            return looker.result()
        if stop.done():
            return Unclear(reason="interrupted while its task was looked for")
        return Unclear(reason="the provider took too long to tell of it")
    finally:
        looker.cancel()
        stop.cancel()
        await asyncio.wait({looker, stop})


async def _again(context: Context, operation: Operation, task_id: str) -> Verdict:
    """The verdict on a submission whose task the provider did not know any more."""
    status = await ask(context, operation, task_id)
    if status.state in {TaskState.GONE, TaskState.UNKNOWN}:
        why = status.detail or status.state.value
        reason = f"it was accepted as task {task_id}, which the provider does not tell of: {why}"
        return Unclear(reason=reason, candidates=(task_id,))
    return Adopted(task_id=task_id, seed=status.seed, credits=status.credits)


async def confirm(
    context: Context, operation: Operation, task_id: str, *, attempt: Attempt | None = None
) -> TaskStatus | str:
    """What the provider tells of a task that the user says is a submission's.

    Why it cannot be, in words, where the provider does not know it, or it is on record as the
    task of another submission than `attempt`. Raises LedgerError.
    """
    status = await ask(context, operation, task_id)
    for tries in range(TRIES - 1):
        if status.state is not TaskState.UNKNOWN or status.fatal or context.stopping.is_set():
            break
        await asyncio.sleep(backoff(tries, context.random, status.retry_after_s))
        status = await ask(context, operation, task_id)
    if status.state is TaskState.GONE:
        return f"the provider knows no task {task_id}: {status.detail}"
    if status.state is TaskState.UNKNOWN:
        return f"the provider does not tell of task {task_id}: {status.detail}"
    for owner in await asyncio.to_thread(_owners, context, operation, status):
        if attempt is None or owner.number != attempt.number:
            job = f'job "{owner.intent.job}" of {owner.intent.manifest}'
            return f"task {task_id} came of the submission of {job}"
    return status


def _owners(context: Context, operation: Operation, status: TaskStatus) -> list[Attempt]:
    """The submissions that a task is on record for, by its id or by its tag."""
    with open_ledger(context.ledger.path, read_only=True) as ledger:
        known = ledger.attempts_of_tasks(operation.provider, [status.task_id])
        return [
            *known,
            *(ledger.attempts_with_tag(operation.provider, status.tag) if status.tag else []),
        ]
