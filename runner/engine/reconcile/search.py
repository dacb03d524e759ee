"""One submission's task looked for in the provider's list, until the list tells or long enough."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from runner.engine.context import Context
from runner.engine.poll.ask import ask
from runner.engine.reconcile import absence, match
from runner.engine.reconcile.listing import read_list
from runner.engine.reconcile.match import (
    ARRIVAL,
    LOOK_BACK,
    Adopted,
    LedgerSnapshot,
    LostSubmission,
    TaskListing,
    Unclear,
    Verdict,
)
from runner.ledger import KnownTask, open_ledger
from runner.model import Attempt, Operation, TaskState, TaskStatus
from runner.providers.base import TaskRow
from runner.providers.registry import TaskListApi
from runner.timestamps import stamp

MOST_QUESTIONS = 50
"""After single tasks, for one reading of the list."""
LEAST_PAUSE_S = 0.01


class Search:
    """A search under way, with what earlier readings of the list have told."""

    def __init__(
        self, context: Context, attempt: Attempt, operation: Operation, lister: TaskListApi
    ) -> None:
        account, intent = context.account(operation), attempt.intent
        here = (intent.base_url, intent.key_env) == (account.base_url, account.key_env)
        self._context = context
        self._operation = operation
        self._lister = lister
        self._quest = LostSubmission(
            attempt=attempt, operation=operation, settle_s=context.settings.settle_s, here=here
        )
        # A submission of this run has ended just now, whatever the clocks say.
        self._age_s = 0.0 if attempt.run == context.run else _age_s(attempt, context.now())
        self._began_s = asyncio.get_running_loop().time()
        self._skew: timedelta | None = None
        self._asked: dict[str, TaskStatus] = {}

    async def run(self) -> Verdict:
        """Read the list until it tells, or long enough."""
        settle_s = self._quest.settle_s
        # What another job submits meanwhile is to have the time to be seen.
        patience_s = self._age_s + absence.PATIENCE * settle_s
        while True:
            left_s = patience_s - self._now_s()
            verdict, listing = await self._look()
            last = left_s <= 0 or listing.hopeless
            if last or not isinstance(verdict, Unclear) or verdict.final:
                return verdict
            young_s = settle_s - self._now_s()
            pause_s = min(young_s if young_s > 0 else settle_s, patience_s - self._now_s())
            await asyncio.sleep(max(pause_s, LEAST_PAUSE_S))

    def _now_s(self) -> float:
        """How long ago the submission had surely ended."""
        return self._age_s + self._watched_s()

    def _watched_s(self) -> float:
        return asyncio.get_running_loop().time() - self._began_s

    async def _look(self) -> tuple[Verdict, TaskListing]:
        """Read the whole list once, and judge it."""
        made = await asyncio.to_thread(self._made)
        since = absence.asked_since(self._quest, made)
        now = self._context.now()
        empty = TaskListing(
            taken=now,
            age_s=self._now_s(),
            watched_s=self._watched_s(),
            since=since,
            skew=self._skew,
        )
        listing = await read_list(self._context, self._operation, self._lister, empty)
        self._skew = listing.skew
        # After the list: what it shows of others' submissions is known or under way by then.
        ledger = await asyncio.to_thread(self._surroundings, listing)
        listing = replace(listing, asked=self._asked)
        if not isinstance(match.found(self._quest, listing, ledger), Adopted):
            await self._ask_singly(match.candidates(self._quest, listing, ledger))
            listing = replace(listing, asked=self._asked)
        return absence.verdict_on(self._quest, listing, ledger), listing

    async def _ask_singly(self, rows: Sequence[TaskRow]) -> None:
        """Ask for the tasks whose text the list does not tell; the answer repeats it."""
        silent = [row.status.task_id for row in rows if row.status.tag is None]
        new = [task_id for task_id in silent if task_id not in self._asked]
        for task_id in new[:MOST_QUESTIONS]:
            status = await ask(self._context, self._operation, task_id)
            if status.state not in {TaskState.UNKNOWN, TaskState.GONE}:
                self._asked = {**self._asked, task_id: status}

    def _made(self) -> list[KnownTask]:
        attempt = self._quest.attempt
        since = stamp(self._quest.begun - LOOK_BACK)
        with open_ledger(self._context.ledger.path, read_only=True) as ledger:
            return ledger.known_tasks(attempt.intent, since=since, after=attempt.number)

    def _surroundings(self, listing: TaskListing) -> LedgerSnapshot:
        provider, number = self._operation.provider, self._quest.attempt.number
        shown = [row.status.task_id for row in listing.rows]
        with open_ledger(self._context.ledger.path, read_only=True) as ledger:
            # In this order: one that is settled in between is seen twice rather than not at all.
            undecided = ledger.undecided_attempts(provider)
            known = ledger.attempts_of_tasks(provider, shown)
        return LedgerSnapshot(
            known={each.task_id: each for each in known if each.task_id and each.number != number},
            made=self._made(),
            undecided=[each for each in undecided if each.number != number],
        )


def _age_s(attempt: Attempt, now: datetime) -> float:
    """How long ago a submission of an earlier run had surely ended."""
    return max(0.0, (now - absence.moment(attempt.intent.at) - ARRIVAL).total_seconds())
