"""Asks a provider for the status of one task, within its rate limit."""

from __future__ import annotations

import asyncio

from runner.engine.context import Context
from runner.engine.net import redaction
from runner.engine.net.pacing import backoff, query
from runner.model import Operation, TaskState, TaskStatus

DEADLINE_S = 120.0
"""How long a provider is asked again while its answers do not show the task."""
DEADLINE_ONCE_S = 10.0
"""The same for a verb that asks once: its user waits for it."""


class Deadline:
    """Until when a provider is asked again; for one event loop."""

    def __init__(self, context: Context):
        """Starts now."""
        most_s = DEADLINE_ONCE_S if context.once else DEADLINE_S
        self._most_s = min(most_s, context.settings.timeout_s)
        self.renew()

    def renew(self) -> None:
        """Start again: the provider has given an answer that counts."""
        self._end = asyncio.get_running_loop().time() + self._most_s

    def allows(self, delay_s: float) -> bool:
        """Whether a next try after that delay is still in time."""
        return asyncio.get_running_loop().time() + delay_s <= self._end


async def ask(context: Context, operation: Operation, task_id: str) -> TaskStatus:
    """Ask for one task once; a failed request is `TaskState.UNKNOWN`."""
    provider = context.provider(operation)
    rate = context.rates[operation.provider]
    request = provider.status(context.account(operation), task_id)
    status = await query(
        context.http, rate, request, lambda reply: provider.read_status(reply, task_id)
    )
    return redaction.of_status(status, context.settings.secrets)


async def ask_patiently(context: Context, operation: Operation, task_id: str) -> TaskStatus:
    """Ask until an answer shows the task, or until the deadline."""
    deadline, tries = Deadline(context), 0
    while True:
        status = await ask(context, operation, task_id)
        delay_s = backoff(tries, context.random, status.retry_after_s)
        if not has_no_status(status) or not deadline.allows(delay_s):
            return status
        tries += 1
        await asyncio.sleep(delay_s)


def has_no_status(status: TaskStatus) -> bool:
    """Whether an answer does not show its task, and another one may."""
    return status.state is TaskState.UNKNOWN and not status.fatal
