"""Lookup: asks for the task of a lost submission by its tag, where the provider allows that."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial

from runner.engine.context import Context
from runner.engine.net.pacing import query
from runner.engine.reconcile.absence import LAG_FACTOR
from runner.engine.reconcile.match import Adopted, Unclear, Verdict, sent_tag
from runner.ledger.location import open_ledger
from runner.model.operations import Operation
from runner.model.requests import TaskState, TaskStatus
from runner.model.tasks import Attempt
from runner.providers.base import lookup


async def look_up(context: Context, attempt: Attempt, operation: Operation) -> Verdict:
    """Ask until an answer shows the task, for at most `LAG_FACTOR` times `settle`.

    An answer without the task proves nothing: the submission may be on its way, and how a task is
    named in the question is not documented everywhere. Raises LedgerError.
    """
    intent, account = attempt.intent, context.account(operation)
    tag = sent_tag(intent, operation)
    if not tag or (intent.base_url, intent.key_env) != (account.base_url, account.key_env):
        where = "with another key, or to another address" if tag else f"without {operation.tag}"
        return Unclear(reason=f"it was submitted {where}")
    breaker = context.breakers[operation.provider]
    settle_s, now = context.settings.settle_s, asyncio.get_running_loop().time
    end = now() + LAG_FACTOR * settle_s
    while True:
        status = await _ask(context, operation, tag)
        if status.task_id and status.state not in {TaskState.UNKNOWN, TaskState.GONE}:
            return await asyncio.to_thread(_verdict, context, attempt, operation, status)
        if now() >= end or breaker.given_up.is_set():
            shown = status.detail or "there is no such task"
            return Unclear(reason=f'no task is found by its {operation.tag} "{tag}": {shown}')
        with suppress(TimeoutError):  # the run may end the search with an outage
            async with asyncio.timeout(max(min(settle_s, end - now()), _PAUSE_MIN_S)):
                await breaker.given_up.wait()


_PAUSE_MIN_S = 0.01


async def _ask(context: Context, operation: Operation, tag: str) -> TaskStatus:
    provider, rate = context.provider(operation), context.rates[operation.provider]
    request = lookup(context.account(operation), operation.result, tag)
    read = partial(provider.read_lookup, form=operation.result)
    return context.redacted_status(await query(context.http, rate, request, read))


def _verdict(
    context: Context, attempt: Attempt, operation: Operation, status: TaskStatus
) -> Verdict:
    """The verdict on the task that was found; one that is another submission's is none."""
    with open_ledger(context.ledger.location, read_only=True) as ledger:
        owners = ledger.attempts_of_tasks(operation.provider, [status.task_id])
    candidates = (status.task_id,)
    for owner in owners:
        if owner.number != attempt.number:
            reason = f'its task {status.task_id} is recorded for job "{owner.intent.job}"'
            return Unclear(reason=reason, candidates=candidates)
    if sent_tag(attempt.intent, operation) != attempt.intent.tag:
        # The user's own text may be that of an earlier task, made by anybody.
        return Unclear(reason=f"a task has its {operation.tag}", candidates=candidates)
    return Adopted(task_id=status.task_id, seed=status.seed, credits=status.credits)
