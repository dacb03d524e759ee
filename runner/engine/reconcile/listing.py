"""An account's list of tasks, read to its end: what the pages hold, or why there is no list."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from runner.engine.context import Context
from runner.engine.reconcile.match import FUZZ, TaskListing
from runner.model import Operation
from runner.providers.base import TaskListApi, TaskPage

MOST_PAGES = 500
"""More than these hold is too much to look through for one task."""


async def read_list(
    context: Context, operation: Operation, lister: TaskListApi, sheet: TaskListing
) -> TaskListing:
    """Fill an empty sheet, whose `skew` says how far the provider's clock is taken to be ahead.

    It is read once more where that clock turns out to be behind: tasks would be missing.
    """
    taken_for = sheet.skew or timedelta()
    filled = await _pages(context, operation, lister, sheet, sheet.since + taken_for)
    if filled.skew is None or filled.skew >= taken_for - FUZZ:
        return filled
    again = replace(sheet, skew=filled.skew)
    return await _pages(context, operation, lister, again, sheet.since + filled.skew)


async def _pages(
    context: Context, operation: Operation, lister: TaskListApi, sheet: TaskListing, since: datetime
) -> TaskListing:
    """All pages of the tasks made since then, by the provider's clock."""
    account = context.account(operation)
    seen: set[str | None] = set()
    page: str | None = None
    while True:
        seen.add(page)
        await context.rates[operation.provider].acquire()
        request = lister.list_tasks(account, since=since, page=page)
        reply = await context.http.send(request, submission=False)
        listing = lister.read_list(reply)
        context.rates[operation.provider].note(throttled=listing.throttled)
        sheet, page = _with_page(sheet, listing, context.now()), listing.next_page
        if listing.trouble or page is None:
            return sheet
        if page in seen:
            return replace(sheet, trouble="its pages go round in a circle", hopeless=True)
        if len(seen) == MOST_PAGES:
            return replace(sheet, trouble=f"it goes on after {MOST_PAGES} pages", hopeless=True)


def _with_page(sheet: TaskListing, page: TaskPage, now: datetime) -> TaskListing:
    """A list with one more page."""
    if page.trouble:
        what = "there is none at this address" if page.missing else "it cannot be read"
        return replace(
            sheet, trouble=f"{what} ({page.trouble})", hopeless=page.missing or page.fatal
        )
    trouble = f"{page.unread} of its rows cannot be read" if page.unread else sheet.trouble
    return replace(
        sheet,
        rows=(*sheet.rows, *page.tasks),
        skew=page.at - now if page.at else sheet.skew,
        trouble="nothing tells where it ends" if page.endless else trouble,
    )
