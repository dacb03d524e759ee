"""Absence: decides whether a list without a submission's task proves that it did not arrive.

A submission is sent again on that proof, so every doubt counts against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from runner.engine.reconcile.match import (
    CLOCK_TOLERANCE,
    LOOK_BACK,
    Absent,
    LedgerSnapshot,
    LostSubmission,
    TaskListing,
    Unclear,
    Verdict,
    is_recognized,
    known_rows,
    match,
    was_set_back,
)
from runner.ledger.records import KnownTask
from runner.model.operations import USUAL_FORM

LAG_FACTOR = 10  # times `settle` must pass where nothing was submitted later
# How far back the list reaches by the vendor's public documentation, with an hour to spare.
_REACH = timedelta(days=7) - timedelta(hours=1)
_MARGIN = timedelta(minutes=5)  # before a known task: clocks are not exact


def list_since(lost: LostSubmission, tasks: Sequence[KnownTask]) -> datetime:
    """The creation time, by the local clock, from which the list must show tasks.

    The last task known before the submission, if it is of the same day, has to be on the list: a
    list without it proves nothing. Otherwise the whole day before is asked for.
    """
    earlier = [_moment(task.intended_at) for task in tasks if task.number < lost.attempt.number]
    first = lost.started_at - LOOK_BACK
    return max((at - _MARGIN for at in earlier if first <= at <= lost.started_at), default=first)


def verdict_on(lost: LostSubmission, listing: TaskListing, ledger: LedgerSnapshot) -> Verdict:
    """Decide what one reading of the list shows; without a row to match, by every doubt below."""
    if found := match(lost, listing, ledger):
        return found
    if listing.error:
        return Unclear(reason=f"{_NOT_LISTED}: {listing.error}", final=listing.hopeless)
    age_s = _age_s(listing, ledger)
    is_old = age_s >= LAG_FACTOR * lost.settle_s
    later = [task for task in ledger.tasks if task.number > lost.attempt.number]
    # An earlier task would prove nothing about a list that lags.
    has_witness = any(_is_witness(task, lost, listing) for task in later)
    # However often such a list is read, it proves no absence; but it may still show the task.
    lasting = {
        "it was submitted to another address, or with another key": not lost.same_endpoint,
        "the list does not reach back so far": listing.asked_at - lost.started_at > _REACH,
        # Without it creation times cannot be compared with ours.
        "the answers do not show the provider's time": listing.skew is None,
        "it shows known tasks with other requests": _is_distorted(lost, listing, ledger),
        "it was not seen to show tasks of this operation": _may_be_unlisted(lost, listing, ledger),
    }
    passing = {
        "it was submitted just now": age_s < lost.settle_s,
        "the clock was set back": was_set_back(lost, listing),
        "it lacks a task that exists": any(_is_missing(t, lost, listing) for t in ledger.tasks),
        "it shows no task that was submitted later": not has_witness and (later or not is_old),
    }
    for doubts, final in ((lasting, is_old), (passing, False)):
        if doubt := next((text for text, holds in doubts.items() if holds), None):
            return Unclear(reason=f"{_NOT_LISTED}, but {doubt}", final=final)
    return Absent()


_NOT_LISTED = "the provider's list does not show its task"


def _is_distorted(lost: LostSubmission, listing: TaskListing, ledger: LedgerSnapshot) -> bool:
    """Whether the list shows known tasks, and none of them as it was submitted."""
    known = known_rows(lost, listing, ledger)
    return bool(known) and not any(is_recognized(row, each.intent, lost) for row, each in known)


def _may_be_unlisted(lost: LostSubmission, listing: TaskListing, ledger: LedgerSnapshot) -> bool:
    """Whether the list may leave out every task of this operation.

    The document shows it with pictures and videos that are made asynchronously.
    """
    form = replace(lost.operation.result, by_tag=None)
    is_usual = form == USUAL_FORM and lost.operation.makes != "audio"
    return not is_usual and not known_rows(lost, listing, ledger)


def _age_s(listing: TaskListing, ledger: LedgerSnapshot) -> float:
    """How long ago the submission had ended at the latest.

    Where the list shows a known task at another time than the ledger, the clock was set since
    then, and only the time of the search counts.
    """
    for task in ledger.tasks:
        row = listing.rows.get(task.task_id)
        created_at = listing.created_at(row) if row else None
        earliest = _moment(task.intended_at) - CLOCK_TOLERANCE
        latest = _moment(task.submitted_at) + CLOCK_TOLERANCE
        if created_at is not None and not earliest <= created_at <= latest:
            return listing.searched_s
    return listing.age_s


def _is_missing(task: KnownTask, lost: LostSubmission, listing: TaskListing) -> bool:
    """Whether any usable list would show that task, and this one does not."""
    asked_for = _moment(task.intended_at) >= listing.since + CLOCK_TOLERANCE
    settled = _moment(task.submitted_at) <= listing.asked_at - timedelta(seconds=lost.settle_s)
    # Failed tasks may be hidden by the provider.
    return task.task_id not in listing.rows and not task.failed and asked_for and settled


def _is_witness(task: KnownTask, lost: LostSubmission, listing: TaskListing) -> bool:
    """Whether the list shows that task, and it was surely created after the submission began."""
    row = listing.rows.get(task.task_id)
    # By number it is later; by time it may not be, if the clock was set back in between.
    if row is None or _moment(task.intended_at) <= lost.started_at:
        return False
    created_at = listing.created_at(row)
    return created_at is None or created_at >= lost.started_at - CLOCK_TOLERANCE


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)
