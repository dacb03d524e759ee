"""Status requests at the provider's pace: a task id in, what the provider says of it out."""

from __future__ import annotations

import asyncio

from runner.engine.context import Context
from runner.engine.net import redaction
from runner.engine.net.pacing import backoff, query
from runner.model import Operation, TaskState, TaskStatus

DEADLINE_S = 120.0
"""How long answers that say nothing are put up with."""
DEADLINE_ONCE_S = 10.0
"""The same for a verb that only asks where things are: its user waits for it."""


class Deadline:
    """How long a provider may still say nothing; for one event loop."""

    def __init__(self, context: Context):
        """As much as the context has, from now on."""
        most_s = DEADLINE_ONCE_S if context.once else DEADLINE_S
        self._most_s = min(most_s, context.settings.timeout_s)
        self.renew()

    def renew(self) -> None:
        """Be as patient as at first: the provider has said something."""
        self._end = asyncio.get_running_loop().time() + self._most_s

    def lasts(self, delay_s: float) -> bool:
        """Whether it reaches to a next try after so long."""
        return asyncio.get_running_loop().time() + delay_s <= self._end


async def ask(context: Context, operation: Operation, task_id: str) -> TaskStatus:
    """Ask for one task. Never raises for trouble on the way: that is `TaskState.UNKNOWN`."""
    provider = context.provider(operation)
    rate = context.rates[operation.provider]
    request = provider.status(context.account(operation), task_id)
    status = await query(
        context.http, rate, request, lambda reply: provider.read_status(reply, task_id)
    )
    return redaction.of_status(status, context.settings.secrets)


async def ask_patiently(context: Context, operation: Operation, task_id: str) -> TaskStatus:
    """Ask until the answer says something of the task, for as long as the context has patience."""
    patience, tries = Deadline(context), 0
    while True:
        status = await ask(context, operation, task_id)
        delay_s = backoff(tries, context.random, status.retry_after_s)
        if not has_no_status(status) or not patience.lasts(delay_s):
            return status
        tries += 1
        await asyncio.sleep(delay_s)


def has_no_status(status: TaskStatus) -> bool:
    """Whether an answer tells nothing of its task, and another one may."""
    return status.state is TaskState.UNKNOWN and not status.fatal
