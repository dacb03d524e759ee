"""Status requests at the provider's pace: a task id in, what the provider says of it out."""

from __future__ import annotations

import asyncio

from runner.engine import redaction, retry
from runner.engine.context import Context
from runner.model import Operation, TaskState, TaskStatus

PATIENCE_S = 120.0
"""How long `ask_patiently` puts up with answers that say nothing."""
PATIENCE_ONCE_S = 10.0
"""The same for a verb that only asks where things are: its user waits for it."""


async def ask(context: Context, operation: Operation, task_id: str) -> TaskStatus:
    """Ask for one task. Never raises for trouble on the way: that is `TaskState.UNKNOWN`."""
    provider = context.provider(operation)
    await context.rates[operation.provider].acquire()
    request = provider.status(context.account(operation), task_id)
    reply = await context.http.send(request, submission=False)
    status = provider.read_status(reply, task_id)
    context.rates[operation.provider].note(throttled=status.throttled)
    return redaction.of_status(status, context.settings.secrets)


async def ask_patiently(context: Context, operation: Operation, task_id: str) -> TaskStatus:
    """Ask until the answer says something of the task, for as long as the context has patience."""
    loop, tries = asyncio.get_running_loop(), 0
    patience_s = PATIENCE_ONCE_S if context.once else PATIENCE_S
    end = loop.time() + min(patience_s, context.settings.timeout_s)
    while True:
        status = await ask(context, operation, task_id)
        delay = retry.backoff(tries, context.random, status.retry_after_s)
        silent = status.state is TaskState.UNKNOWN and not status.fatal
        if not silent or loop.time() + delay > end:
            return status
        tries += 1
        await asyncio.sleep(delay)
