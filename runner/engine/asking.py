"""One status request at the provider's pace: a task id in, what the provider says of it out."""

from __future__ import annotations

from runner.engine.context import Context
from runner.model import Operation, TaskStatus


async def ask(context: Context, operation: Operation, task_id: str) -> TaskStatus:
    """Ask for one task. Never raises for trouble on the way: that is `TaskState.UNKNOWN`."""
    provider = context.provider(operation)
    await context.rates[operation.provider].acquire()
    request = provider.status(context.account(operation), task_id)
    return provider.read_status(await context.http.send(request, submission=False), task_id)
