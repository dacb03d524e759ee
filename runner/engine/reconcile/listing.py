"""An account's list of tasks, read to its end: what the pages hold, or why there is no list."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from runner.engine.context import Context
from runner.engine.net.pacing import query
from runner.engine.reconcile.match import FUZZ, TaskListing
from runner.model import Operation
from runner.providers.base import ListFailure, TaskPage
from runner.providers.registry import TaskListApi

MOST_PAGES = 500
"""More than these hold is too much to look through for one task."""


async def read_list(
    context: Context, operation: Operation, lister: TaskListApi, listing: TaskListing
) -> TaskListing:
    """Fill an empty listing, whose `skew` says how far the provider's clock is taken to be ahead.

    It is read once more where that clock turns out to be behind: tasks would be missing.
    """
    taken_for = listing.skew or timedelta()
    filled = await _pages(context, operation, lister, listing, listing.since + taken_for)
    if filled.skew is None or filled.skew >= taken_for - FUZZ:
        return filled
    again = replace(listing, skew=filled.skew)
    return await _pages(context, operation, lister, again, listing.since + filled.skew)


async def _pages(
    context: Context,
    operation: Operation,
    lister: TaskListApi,
    listing: TaskListing,
    since: datetime,
) -> TaskListing:
    """All pages of the tasks made since then, by the provider's clock."""
    account = context.account(operation)
    seen: set[str | None] = set()
    page: str | None = None
    while True:
        seen.add(page)
        request = lister.list_tasks(account, since=since, page=page)
        found = await query(
            context.http, context.rates[operation.provider], request, lister.read_list
        )
        if isinstance(found, ListFailure):
            return _without_page(listing, found)
        listing, page = _with_page(listing, found, context.now()), found.next_page
        if listing.trouble or page is None:
            return listing
        if page in seen:
            return replace(listing, trouble="its pages go round in a circle", hopeless=True)
        if len(seen) == MOST_PAGES:
            return replace(listing, trouble=f"it goes on after {MOST_PAGES} pages", hopeless=True)


def _without_page(listing: TaskListing, failure: ListFailure) -> TaskListing:
    """A list that could not be read to its end."""
    what = "there is none at this address" if failure.missing else "it cannot be read"
    return replace(listing, trouble=f"{what} ({failure.error})", hopeless=failure.permanent)


def _with_page(listing: TaskListing, page: TaskPage, now: datetime) -> TaskListing:
    """A list with one more page."""
    trouble = f"{page.unreadable} of its rows cannot be read" if page.unreadable else ""
    trouble = trouble or listing.trouble
    return replace(
        listing,
        rows=(*listing.rows, *page.tasks),
        skew=page.answered_at - now if page.answered_at else listing.skew,
        trouble="nothing tells where it ends" if page.may_continue else trouble,
    )
