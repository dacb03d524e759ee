"""A list without a submission's task in; whether that proves that there is none out.

An absence is what a submission is repeated on, so every doubt stands against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from runner.engine.reconcile.match import (
    FUZZ,
    LOOK_BACK,
    MARGIN,
    Absent,
    LedgerSnapshot,
    LostSubmission,
    TaskListing,
    Unclear,
    Verdict,
    distinct,
    fits,
    found,
    sent,
)
from runner.ledger import KnownTask
from runner.model import Attempt
from runner.providers.base import TaskRow

REACH = timedelta(days=7)
"""How far back the list reaches, says the vendor's public documentation."""
PATIENCE = 10
"""So many times `settle` stands in for a later task that the list shows."""


def asked_since(lost: LostSubmission, made: Sequence[KnownTask]) -> datetime:
    """From when on to ask for tasks, by the local clock.

    Where the ledger knows an earlier task of the day before, the list is to show that one too:
    one that does not is no list to go by, or the clock was set back since. Without such a task
    the whole day is asked for.
    """
    earlier = [moment(each.intended_at) for each in made if each.number < lost.attempt.number]
    back = lost.begun - LOOK_BACK
    return max((each - MARGIN for each in earlier if back <= each <= lost.begun), default=back)


def verdict_on(lost: LostSubmission, listing: TaskListing, ledger: LedgerSnapshot) -> Verdict:
    """What a list tells of a submission. `Unclear` that is not final: what it tells so far."""
    return found(lost, listing, ledger) or absent(lost, listing, ledger)


def absent(lost: LostSubmission, listing: TaskListing, ledger: LedgerSnapshot) -> Absent | Unclear:
    """What it means that no row of the list can be the submission's task."""
    if listing.trouble:
        return Unclear(reason=f"{_NOT_SHOWN}: {listing.trouble}", final=listing.hopeless)
    for reason in _never(lost, listing, ledger):
        # It may still come to show the task itself.
        final = _age_s(listing, ledger) >= PATIENCE * lost.settle_s
        return Unclear(reason=f"{_NOT_SHOWN}, but {reason}", final=final)
    for reason in _not_yet(lost, listing, ledger):
        return Unclear(reason=f"{_NOT_SHOWN}, but {reason}", final=False)
    return Absent(reason="the provider's list shows that it did not arrive")


_NOT_SHOWN = "the provider's list does not show its task"


def _never(lost: LostSubmission, listing: TaskListing, ledger: LedgerSnapshot) -> Iterator[str]:
    """Why such a list can prove nothing, however often it is asked for."""
    if not lost.here:
        intent = lost.attempt.intent
        yield f"it was submitted to {intent.base_url} with the key in {intent.key_env}"
    if listing.taken - lost.begun > REACH - timedelta(hours=1):
        yield "it was submitted longer ago than the list reaches back"
    if listing.skew is None:
        yield "the answers do not tell the provider's time"
    if _distorts(lost, listing, ledger):
        yield "the list tells of known tasks other than was submitted"


def _distorts(lost: LostSubmission, listing: TaskListing, ledger: LedgerSnapshot) -> bool:
    """Whether not one known task can be recognized by what was submitted for it."""
    recognized = [
        _is_recognized(row, attempt, lost)
        for row in distinct(listing)
        if (attempt := ledger.known.get(row.status.task_id))
        and attempt.intent.operation == lost.attempt.intent.operation
    ]
    return bool(recognized) and not any(recognized)


def _is_recognized(row: TaskRow, attempt: Attempt, lost: LostSubmission) -> bool:
    """Whether an attempt would find its own task in the list."""
    tag = sent(attempt.intent, lost.operation)
    if tag and row.status.tag:
        return row.status.tag == tag
    return fits(row, attempt.intent, lost.operation)


def _not_yet(lost: LostSubmission, listing: TaskListing, ledger: LedgerSnapshot) -> Iterator[str]:
    """What a later list could make up for."""
    shown, age_s = {row.status.task_id: row for row in listing.rows}, _age_s(listing, ledger)
    if age_s < lost.settle_s:
        yield "it was submitted just now"
    if lost.begun > listing.taken + FUZZ:
        yield "the clock was set back since it was submitted"
    if missing := [made for made in ledger.made if _is_due(made, lost, listing, shown)]:
        yield f"it does not show task {missing[0].task_id} either, which exists"
    later = [made for made in ledger.made if made.number > lost.attempt.number]
    if any(_is_witness(made, lost, listing, shown) for made in later):
        return
    if later:
        yield "it shows no task that was submitted later"
    if age_s < PATIENCE * lost.settle_s:
        yield "it may lag, and nothing was submitted later that it could show"


def _age_s(listing: TaskListing, ledger: LedgerSnapshot) -> float:
    """How long ago the submission had surely ended.

    The clock tells nothing of it where the list shows a known task at another time than the
    ledger does: it was set since then, and only the time of the search counts.
    """
    rows = {row.status.task_id: row for row in listing.rows}
    set_ = any(
        _is_off(each, rows[each.task_id], listing) for each in ledger.made if each.task_id in rows
    )
    return min(listing.age_s, listing.watched_s) if set_ else listing.age_s


def _is_off(made: KnownTask, row: TaskRow, listing: TaskListing) -> bool:
    """Whether by the corrected clock of now that task was made at another time than noted."""
    if row.created_at is None or listing.skew is None:
        return False
    created = row.created_at - listing.skew
    return not moment(made.intended_at) - FUZZ <= created <= moment(made.submitted_at) + FUZZ


def _is_due(
    made: KnownTask, lost: LostSubmission, listing: TaskListing, shown: Mapping[str, TaskRow]
) -> bool:
    """Whether a list that is of any use would show that task, and this one does not."""
    asked_for = moment(made.intended_at) >= listing.since + FUZZ
    settled = moment(made.submitted_at) <= listing.taken - timedelta(seconds=lost.settle_s)
    return made.task_id not in shown and not made.failed and asked_for and settled


def _is_witness(
    made: KnownTask, lost: LostSubmission, listing: TaskListing, shown: Mapping[str, TaskRow]
) -> bool:
    """Whether the list shows that task, and it surely was made after the submission began."""
    row = shown.get(made.task_id)
    if row is None or moment(made.intended_at) <= lost.begun:
        return False
    if row.created_at is None or listing.skew is None:
        return True
    return row.created_at - listing.skew >= lost.begun - FUZZ


def moment(stamp: str) -> datetime:
    """The moment that a time of the ledger tells."""
    return datetime.fromisoformat(stamp)
