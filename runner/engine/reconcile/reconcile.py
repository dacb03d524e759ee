"""Reconciliation: finds out what became of a submission whose fate is unknown, without writing."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from runner.engine.context import Context
from runner.engine.net.pacing import backoff
from runner.engine.outcomes import unlisted
from runner.engine.poll.ask import ask
from runner.engine.reconcile.absence import LAG_FACTOR
from runner.engine.reconcile.match import Adopted, Unclear, Verdict
from runner.engine.reconcile.search import Search
from runner.ledger.store import open_ledger
from runner.model import Attempt, Operation, TaskState, TaskStatus
from runner.providers.registry import LISTERS

LEEWAY_S = 300.0
"""How long the last reading of the list may take."""
CONFIRM_TRIES = 3


async def reconcile(
    context: Context, attempt: Attempt, operation: Operation, *, leeway_s: float = LEEWAY_S
) -> Verdict:
    """Look for the task of a submission whose fate is unknown.

    Takes at most ten times `settle` and `leeway_s`, and ends at once when the run stops. Raises
    LedgerError.
    """
    limit_s = LAG_FACTOR * context.settings.settle_s + leeway_s
    if attempt.task.id is not None:
        return await _limited(context, limit_s, _check_task(context, operation, attempt.task.id))
    api = LISTERS.get(operation.provider)
    if api is None:
        return Unclear(reason=unlisted(attempt))
    return await _limited(context, limit_s, Search(context, attempt, operation, api).run())


async def _limited(
    context: Context, limit_s: float, search: Coroutine[Any, Any, Verdict]
) -> Verdict:
    """The verdict of the search, unless the run stops or the time is up before."""
    searching = asyncio.ensure_future(search)
    stopping = asyncio.ensure_future(context.stopping.wait())
    both = {searching, stopping}
    try:
        await asyncio.wait(both, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        if searching.done():
            return searching.result()
        if stopping.done():
            return Unclear(reason="interrupted during the search for its task")
        return Unclear(reason="the search for its task took too long")
    finally:
        searching.cancel()
        stopping.cancel()
        await asyncio.wait(both)  # so that no request is left behind


async def _check_task(context: Context, operation: Operation, task_id: str) -> Verdict:
    """The verdict on a submission with a known task, which the provider did not find before."""
    status = await ask(context, operation, task_id)
    if status.state in {TaskState.GONE, TaskState.UNKNOWN}:
        detail = status.detail or status.state.value
        reason = f"it was accepted as task {task_id}, which the provider does not report: {detail}"
        return Unclear(reason=reason, candidates=(task_id,))
    return Adopted(task_id=task_id, seed=status.seed, credits=status.credits)


async def confirm(
    context: Context, operation: Operation, task_id: str, *, attempt: Attempt | None = None
) -> TaskStatus | str:
    """The status of a task that the user names as a submission's.

    A text explains why it cannot be: the provider does not know it, or the ledger has it for
    another submission than `attempt`. Raises LedgerError.
    """
    status = await ask(context, operation, task_id)
    for tries in range(CONFIRM_TRIES - 1):
        if status.state is not TaskState.UNKNOWN or status.fatal or context.stopping.is_set():
            break
        await asyncio.sleep(backoff(tries, context.random, status.retry_after_s))
        status = await ask(context, operation, task_id)
    if status.state is TaskState.GONE:
        return f"the provider knows no task {task_id}: {status.detail}"
    if status.state is TaskState.UNKNOWN:
        return f"the provider does not report task {task_id}: {status.detail}"
    # One task must not become the result of two submissions.
    for owner in await asyncio.to_thread(_owners, context, operation, status):
        if attempt is None or owner.number != attempt.number:
            job = f'job "{owner.intent.job}" of {owner.intent.manifest}'
            return f"task {task_id} was created by the submission of {job}"
    return status


def _owners(context: Context, operation: Operation, status: TaskStatus) -> list[Attempt]:
    """The submissions that a task is recorded for, by its id or by its tag."""
    provider = operation.provider
    with open_ledger(context.ledger.path, read_only=True) as ledger:
        by_id = ledger.attempts_of_tasks(provider, [status.task_id])
        by_tag = ledger.attempts_with_tag(provider, status.tag) if status.tag else []
        return [*by_id, *by_tag]
