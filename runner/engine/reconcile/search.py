"""Search: finds out from the provider what became of a lost submission; writes nothing."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from runner.engine.context import Context
from runner.engine.net.pacing import query
from runner.engine.outcomes import unlisted
from runner.engine.poll.watch import ask
from runner.engine.reconcile.absence import LAG_FACTOR, list_since, verdict_on
from runner.engine.reconcile.lookup import look_up
from runner.engine.reconcile.match import (
    ARRIVAL_LIMIT,
    CLOCK_TOLERANCE,
    LOOK_BACK,
    Adopted,
    LedgerSnapshot,
    LostSubmission,
    TaskListing,
    Unclear,
    Verdict,
    known_rows,
    sent_tag,
)
from runner.ledger.location import open_ledger
from runner.model.operations import Operation
from runner.model.requests import TaskState, TaskStatus
from runner.model.tasks import Attempt
from runner.providers.base import ListFailure, TaskRow
from runner.providers.registry import TASK_LISTS
from runner.timestamps import stamp

MAX_PAGES = 500  # a longer list is too much to read for one task
MAX_POLLS = 50  # tasks asked for singly, for one reading of the list
LEEWAY_S = 300.0  # for the last reading of the list
_PAUSE_MIN_S = 0.01


async def find_verdict(
    context: Context, attempt: Attempt, operation: Operation, *, leeway_s: float = LEEWAY_S
) -> Verdict:
    """Look for the task of a submission whose fate is unknown.

    Takes at most ten times `settle` and `leeway_s`, and ends at once when the run stops. Raises
    LedgerError.
    """
    search: Coroutine[Any, Any, Verdict]
    if attempt.task.id is not None:
        search = _check_task(context, operation, attempt.task.id)
    elif operation.result.by_tag is not None:
        search = look_up(context, attempt, operation)
    elif operation.provider in TASK_LISTS:
        search = Search(context, attempt, operation).run()
    else:
        return Unclear(reason=unlisted(operation))
    searching = asyncio.ensure_future(search)
    stopping = asyncio.ensure_future(context.stopping.wait())
    both = {searching, stopping}
    limit_s = LAG_FACTOR * context.settings.settle_s + leeway_s
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


class Search:
    """The search for one submission's task, with what earlier readings of the list showed."""

    def __init__(
        self, context: Context, attempt: Attempt, operation: Operation, max_pages: int = MAX_PAGES
    ) -> None:
        account, intent = context.account(operation), attempt.intent
        self._context = context
        self._operation = operation
        self._api = TASK_LISTS[operation.provider]
        self._max_pages = max_pages
        self._lost = LostSubmission(
            attempt=attempt,
            operation=operation,
            settle_s=context.settings.settle_s,
            same_endpoint=(intent.base_url, intent.key_env) == (account.base_url, account.key_env),
        )
        # A submission of this run has ended just now, even if the clock was set since then.
        is_new = attempt.run == context.run
        ended_at = self._lost.started_at + ARRIVAL_LIMIT
        self._age_s = 0.0 if is_new else max(0.0, (context.now() - ended_at).total_seconds())
        """How long ago, when the search began, the submission had ended at the latest."""
        self._started_s = asyncio.get_running_loop().time()
        self._skew: timedelta | None = None
        self._polled: dict[str, TaskStatus] = {}
        self._repeats_tags = False
        self._has_unasked = False
        """There are candidates that one reading of the list had no time to ask for."""

    async def run(self) -> Verdict:
        """Read the list until the verdict is final, for at most `LAG_FACTOR` times `settle`."""
        settle_s = self._lost.settle_s
        # From now, not from the submission: what other jobs submit meanwhile has to be listed too.
        limit_s = LAG_FACTOR * settle_s
        breaker = self._context.breakers[self._operation.provider]
        while True:
            is_last = self._searched_s() >= limit_s or breaker.given_up.is_set()
            verdict = await self._read_once()
            if not isinstance(verdict, Unclear) or verdict.final:
                return verdict
            if is_last and (breaker.given_up.is_set() or not self._has_unasked):
                return verdict
            age_s, left_s = self._age_s + self._searched_s(), limit_s - self._searched_s()
            pause_s = settle_s - age_s if age_s < settle_s else settle_s
            with suppress(TimeoutError):  # the run may end the search with an outage
                async with asyncio.timeout(max(min(pause_s, left_s), _PAUSE_MIN_S)):
                    await breaker.given_up.wait()
            if breaker.is_dead:
                return verdict

    def _searched_s(self) -> float:
        return asyncio.get_running_loop().time() - self._started_s

    async def _read_once(self) -> Verdict:
        """The verdict on one reading of the whole list."""
        before = await asyncio.to_thread(self._snapshot, ())
        searched_s = self._searched_s()
        empty = TaskListing(
            asked_at=self._context.now(),
            since=list_since(self._lost, before.tasks),
            age_s=self._age_s + searched_s,
            searched_s=searched_s,
            skew=self._skew,
            polled=self._polled,
            repeats_tags=self._repeats_tags,
        )
        listing = await self._read_pages(empty)
        expected = self._skew or timedelta()
        if listing.skew is not None and listing.skew < expected - CLOCK_TOLERANCE:
            # The provider's clock is behind: what it calls earlier was not asked for.
            listing = await self._read_pages(replace(empty, skew=listing.skew))
        self._skew = listing.skew
        # After the list: what it shows of other submissions is in the ledger by then.
        ledger = await asyncio.to_thread(self._snapshot, listing.rows)
        verdict = verdict_on(self._lost, listing, ledger)
        if not isinstance(verdict, Unclear):
            return verdict
        # Only where the list alone does not show the task: each candidate costs a request.
        await self._poll_singly([listing.rows[task_id] for task_id in verdict.candidates])
        listing = replace(listing, polled=self._polled)
        verdict = verdict_on(self._lost, listing, ledger)
        if not isinstance(verdict, Unclear) or not any(map(self._is_untagged, verdict.candidates)):
            return verdict
        # A task without a tag is another one, if this provider repeats the tags that it gets.
        await self._check_repetition(listing, ledger)
        return verdict_on(self._lost, replace(listing, repeats_tags=self._repeats_tags), ledger)

    async def _read_pages(self, listing: TaskListing) -> TaskListing:
        """Fill an empty listing, whose `skew` is how far the provider's clock should be ahead."""
        context, account = self._context, self._context.account(self._operation)
        rate, since = context.rates[account.provider], listing.since + (listing.skew or timedelta())
        seen, token = set[str | None](), None
        while True:
            seen.add(token)
            request = self._api.list_tasks(account, since=since, page=token)
            page = await query(context.http, rate, request, self._api.read_list)
            if isinstance(page, ListFailure):
                error = f"it cannot be read ({page.error})"
                return replace(listing, error=error, hopeless=page.permanent)
            error = f"{page.unreadable} of its rows cannot be read" if page.unreadable else ""
            listing = replace(
                listing,
                rows={**listing.rows, **{row.status.task_id: row for row in page.tasks}},
                skew=page.answered_at - context.now() if page.answered_at else listing.skew,
                error="nothing shows where it ends" if page.may_continue else error,
            )
            token = page.next_page
            if listing.error or token is None:
                return listing
            if token in seen or len(seen) == self._max_pages:
                error = f"it has more than {len(seen)} pages, or they form a circle"
                return replace(listing, error=error, hopeless=True)

    async def _poll_singly(self, rows: Iterable[TaskRow]) -> None:
        """Ask for the tasks whose rows have no tag; their own status repeats it."""
        untagged = [row for row in rows if row.status.tag is None and not self._has_tag(row)]
        new = {row.status.task_id for row in untagged} - self._polled.keys()
        self._has_unasked = len(new) > MAX_POLLS
        # New ones first, and of these the ones made right after the submission: it mostly arrives
        # at once.
        started_at = self._lost.started_at
        untagged.sort(key=lambda row: (row.status.task_id not in new, _distance_s(row, started_at)))
        for row in untagged[:MAX_POLLS]:
            await self._poll(row.status.task_id)

    def _has_tag(self, row: TaskRow) -> bool:
        status = self._polled.get(row.status.task_id)
        return status is not None and status.tag is not None

    def _is_untagged(self, task_id: str) -> bool:
        """Whether the task's own status was asked for, and has no tag."""
        status = self._polled.get(task_id)
        return status is not None and status.tag is None

    async def _poll(self, task_id: str) -> TaskStatus:
        known = self._context.tagged_tasks
        status = await known.ask(self._operation.provider, task_id, partial(self._ask, task_id))
        if status.state not in {TaskState.UNKNOWN, TaskState.GONE} and status.shows_tag:
            self._polled = {**self._polled, task_id: status}
        return status

    async def _ask(self, task_id: str) -> TaskStatus:
        return await ask(self._context, self._operation, task_id)

    async def _check_repetition(self, listing: TaskListing, ledger: LedgerSnapshot) -> None:
        """Find out by a known task whether the provider repeats tags."""
        sent = {
            row.status.task_id: (attempt.number, tag)
            for row, attempt in known_rows(self._lost, listing, ledger)
            if (tag := sent_tag(attempt.intent, self._operation))
        }
        if sent and not self._repeats_tags:
            latest = max(sent, key=lambda task_id: sent[task_id])
            self._repeats_tags = (await self._poll(latest)).tag == sent[latest][1]

    def _snapshot(self, task_ids: Iterable[str]) -> LedgerSnapshot:
        """What the ledger knows now; of the owners, those of these tasks."""
        provider, lost = self._operation.provider, self._lost.attempt
        since = stamp(self._lost.started_at - LOOK_BACK)
        with open_ledger(self._context.ledger.location, read_only=True) as ledger:
            # In this order: an attempt settled in between is seen twice rather than not at all.
            undecided = ledger.undecided_attempts(provider)
            owners = ledger.attempts_of_tasks(provider, task_ids)
            tasks = ledger.known_tasks(lost.intent, since=since, after=lost.number)
        return LedgerSnapshot(
            owners={a.task.id: a for a in owners if a.task.id and a.number != lost.number},
            tasks=tasks,
            undecided=[attempt for attempt in undecided if attempt.number != lost.number],
        )


def _distance_s(row: TaskRow, moment: datetime) -> float:
    """Between a task's creation and a moment; without it, further than any."""
    return abs((row.created_at - moment).total_seconds()) if row.created_at else math.inf
