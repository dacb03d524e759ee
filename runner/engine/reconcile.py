"""A submission of unknown fate in, what became of it out; nothing is submitted or written here."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from runner.engine import absence, matching
from runner.engine.asking import ask
from runner.engine.context import Context
from runner.engine.matching import (
    Absent,
    Adopted,
    Quest,
    Sheet,
    Unclear,
    Verdict,
)
from runner.model import Attempt, Operation, TaskState, TaskStatus
from runner.providers.lists import Lister
from runner.providers.registry import LISTERS

__all__ = ["Absent", "Adopted", "Unclear", "Verdict", "confirm", "reconcile"]

MOST_PAGES = 500
"""Of a list; more than these hold is too much to look through for one task."""
MOST_QUESTIONS = 50
"""After single tasks, for one reading of the list."""
LEEWAY_S = 300.0
"""How long the last reading of the list may take."""
TRIES = 3
"""How often a task is asked for that a user names."""

_EXISTS = {TaskState.WAITING, TaskState.RUNNING, TaskState.SUCCEEDED, TaskState.FAILED}


async def reconcile(context: Context, attempt: Attempt, operation: Operation) -> Verdict:
    """Look for the task of a submission whose fate is unknown.

    Takes ten times `settle` and a few answers' time at most, and ends at once when the run
    stops. Raises LedgerError.
    """
    interrupted = Unclear(reason="interrupted while its task was looked for")
    if context.stopping.is_set():
        return interrupted
    if attempt.task_id is not None:
        looking = asyncio.ensure_future(_again(context, operation, attempt.task_id))
    elif (lister := LISTERS.get(operation.provider)) is None:
        reason = f"{operation.provider} has no list of tasks in which it could be looked for"
        return Unclear(reason=reason)
    else:
        search = _Search(context, attempt, operation, lister)
        looking = asyncio.ensure_future(search.run())
    stopping = asyncio.ensure_future(context.stopping.wait())
    try:
        limit_s = absence.PATIENCE * context.settings.settle_s + LEEWAY_S
        await asyncio.wait(
            {looking, stopping}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED
        )
        if looking.done():
            return looking.result()
        if stopping.done():
            return interrupted
        return Unclear(reason="the provider's answers about it took too long")
    finally:
        for task in (looking, stopping):
            task.cancel()
        await asyncio.wait({looking, stopping})


async def _again(context: Context, operation: Operation, task_id: str) -> Verdict:
    """The verdict on a submission whose task the provider did not know any more."""
    status = await ask(context, operation, task_id)
    if status.state in _EXISTS:
        return Adopted(task_id=task_id, seed=status.seed, credits=status.credits)
    why = status.detail or status.state.value
    return Unclear(reason=f"its task {task_id} is not known any more: {why}", candidates=(task_id,))


class _Search:
    """One submission being looked for, with what earlier readings of the list have told."""

    def __init__(
        self, context: Context, attempt: Attempt, operation: Operation, lister: Lister
    ) -> None:
        account, intent = context.account(operation), attempt.intent
        here = (intent.base_url, intent.key_env) == (account.base_url, account.key_env)
        self._context = context
        self._operation = operation
        self._lister = lister
        self._quest = Quest(
            attempt=attempt, operation=operation, settle_s=context.settings.settle_s, here=here
        )
        self._began_s = asyncio.get_running_loop().time()
        self._age_s = 0.0 if attempt.run == context.run else _age_s(attempt, context.now())
        self._skew: timedelta | None = None
        self._asked: dict[str, TaskStatus] = {}

    async def run(self) -> Verdict:
        """Read the list until it tells, or long enough."""
        settle_s = self._quest.settle_s
        # A task that another job submits meanwhile is to have the time to be seen.
        patience_s = max(absence.PATIENCE * settle_s, self._age_s + 2 * settle_s)
        while True:
            verdict, sheet = await self._look()
            if not isinstance(verdict, Unclear) or verdict.final or sheet.hopeless:
                return verdict
            left_s = patience_s - self._now_s()
            if left_s <= 0:
                return verdict
            young_s = settle_s - self._now_s()
            await asyncio.sleep(max(min(young_s if young_s > 0 else settle_s, left_s), 0.01))

    def _now_s(self) -> float:
        """How long ago the submission had surely ended."""
        return self._age_s + asyncio.get_running_loop().time() - self._began_s

    async def _look(self) -> tuple[Verdict, Sheet]:
        """Read the whole list once, and judge it."""
        since = absence.asked_since(self._quest, await asyncio.to_thread(self._made))
        sheet = await self._read(since)
        for _ in range(2):
            ids = [row.status.task_id for row in sheet.rows]
            ledger = await asyncio.to_thread(self._surroundings, ids)
            sheet = replace(sheet, asked=self._asked)
            if not await self._ask_singly(matching.candidates(self._quest, sheet, ledger)):
                break
        return absence.judge(self._quest, replace(sheet, asked=self._asked), ledger), sheet
