"""The records of looking for a submission's task, and what a row of a list can be."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from runner.ledger import KnownTask
from runner.model import Attempt, Intent, Operation, TaskStatus
from runner.providers.base import TaskRow

MARGIN = timedelta(minutes=5)
"""How far before a known task the list is asked for: clocks are not exact."""
LOOK_BACK = timedelta(days=1)
"""How far before its submission a task is looked for: a clock may have been set back since."""
FUZZ = timedelta(seconds=5)
"""How far the corrected clocks may still be apart."""
ARRIVAL = timedelta(minutes=10)
"""How long after its beginning a submission may still become a task: bodies are large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """The submission arrived, and this is its task."""

    task_id: str
    seed: int | None = None
    credits: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The submission did not arrive, provably: it may be sent again."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """Not known: a decision of the user's."""

    reason: str
    candidates: tuple[str, ...] = ()
    """Ids of the tasks that it may be."""
    final: bool = True
    """Asking again would not help."""


Verdict: TypeAlias = Adopted | Absent | Unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class LostSubmission:
    """The submission whose task is looked for."""

    attempt: Attempt
    operation: Operation
    settle_s: float
    here: bool = True
    """Its address and key variable are those that are asked."""

    @property
    def begun(self) -> datetime:
        """When it began, by the local clock."""
        return datetime.fromisoformat(self.attempt.intent.at)

    @property
    def sent(self) -> str | None:
        """The text that travelled in the tag parameter."""
        return sent(self.attempt.intent, self.operation)

    @property
    def tagged(self) -> bool:
        """Whether that text is the tag, which no other submission has."""
        return self.sent == self.attempt.intent.tag


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskListing:
    """All pages of a list, as far as they could be read."""

    rows: tuple[TaskRow, ...] = ()
    taken: datetime
    """When it was begun, by the local clock."""
    age_s: float
    """How long before that the submission had ended."""
    watched_s: float = 0.0
    """How much of that its task has been looked for, whatever the clock did."""
    since: datetime
    """From when on tasks were asked for, by the local clock."""
    skew: timedelta | None = None
    """How far the provider's clock is ahead; None where no answer told."""
    trouble: str = ""
    """Why it is not complete; empty when it is."""
    hopeless: bool = False
    """With `trouble`: there is none to be had."""
    asked: Mapping[str, TaskStatus] = field(default_factory=dict)
    """What the provider told of single tasks besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSnapshot:
    """What the ledger knows that bears on a list."""

    known: Mapping[str, Attempt] = field(default_factory=dict)
    """Task id to an attempt whose task it is, this very submission's left out."""
    made: Sequence[KnownTask] = ()
    """Tasks made at the same address with the same key."""
    undecided: Sequence[Attempt] = ()
    """Other submissions whose task is not known."""


def distinct(listing: TaskListing) -> list[TaskRow]:
    """Each task of a list once, by id: pages may overlap, and come in any order."""
    return [row for _, row in sorted({row.status.task_id: row for row in listing.rows}.items())]


def tag_of(row: TaskRow, listing: TaskListing) -> str | None:
    """The text that came back with a task, in the list or when it was asked for."""
    status = listing.asked.get(row.status.task_id)
    return row.status.tag or (status.tag if status else None)


def sent(intent: Intent, operation: Operation) -> str | None:
    """The text that travelled in the tag parameter; None for none."""
    return intent.request.get(operation.tag) or None if operation.tag else None


def fits(row: TaskRow, intent: Intent, operation: Operation) -> bool:
    """Whether a row can be of such a request; what a row does not tell, speaks against nothing."""
    request = intent.request
    images = sum(len(request.get(name) or ()) for name in operation.media)
    return (
        _same(row.model, request.get("model"))
        and _same(row.prompt, request.get("prompt"))
        # No images and seed 0 are also what a list says that does not tell.
        and (not row.images or row.images == images)
        and (not row.status.seed or not intent.seed or row.status.seed == intent.seed)
    )


def _same(told: str | None, asked: object) -> bool:
    return told is None or not isinstance(asked, str) or _plain(told) == _plain(asked)


def _plain(text: str) -> str:
    """A text without what a provider may tidy up: forms of characters, and blanks."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def is_before(row: TaskRow, moment: datetime, listing: TaskListing) -> bool:
    """Whether a task was made before that moment of the local clock; False where unknown."""
    return (
        row.created_at is not None
        and listing.skew is not None
        and row.created_at < moment + listing.skew
    )


def found(
    lost: LostSubmission, listing: TaskListing, ledger: LedgerSnapshot
) -> Adopted | Unclear | None:
    """The submission's task, or which it may be; None where no row of the list can be it."""
    if lost.tagged:
        mine = [row for row in distinct(listing) if tag_of(row, listing) == lost.sent]
        if mine:
            return _by_tag(mine, listing, ledger)
    rows = candidates(lost, listing, ledger)
    if not rows:
        return None
    return _unconfirmed(rows) if lost.tagged else _by_looks(lost, rows, listing, ledger)


def candidates(lost: LostSubmission, listing: TaskListing, ledger: LedgerSnapshot) -> list[TaskRow]:
    """The rows that may be the task for all that is known of them, in the order of their ids."""
    return [
        row
        for row in distinct(listing)
        if row.status.task_id not in ledger.known
        and tag_of(row, listing) in {None, lost.sent}
        and fits(row, lost.attempt.intent, lost.operation)
        and not is_before(row, lost.begun - LOOK_BACK, listing)
    ]


def _by_tag(
    mine: Sequence[TaskRow], listing: TaskListing, ledger: LedgerSnapshot
) -> Adopted | Unclear:
    """The verdict on rows that bear the submission's own tag."""
    ids = _ids(mine)
    if taken := next((ledger.known[name] for name in ids if name in ledger.known), None):
        reason = f'its task {taken.task_id} is on record as that of job "{taken.intent.job}"'
        return Unclear(reason=reason, candidates=ids)
    if len(mine) > 1:
        return Unclear(reason=f"{len(mine)} tasks bear its tag", candidates=ids)
    return _adopted(mine[0], listing)


def _unconfirmed(rows: Sequence[TaskRow]) -> Unclear:
    what = "a task was" if len(rows) == 1 else f"{len(rows)} tasks were"
    reason = f"{what} made like it, and the provider does not tell from which submission"
    return Unclear(reason=reason, candidates=_ids(rows), final=False)


def _by_looks(
    lost: LostSubmission, rows: Sequence[TaskRow], listing: TaskListing, ledger: LedgerSnapshot
) -> Adopted | Unclear:
    """The verdict where the user's own text stood in the tag's place."""
    ids = _ids(rows)
    if len(rows) > 1:
        reason = f"{len(rows)} tasks were made like it, and nothing tells them apart"
        return Unclear(reason=reason, candidates=ids)
    (row,) = rows
    if not lost.here:
        reason = "a task was made like it, but at another address or with another key"
        return Unclear(reason=reason, candidates=ids)
    if not _is_in_time(row, lost, listing) or row.model is None or row.prompt is None:
        reason = "a task was made like it, of which the list does not tell enough to be sure"
        return Unclear(reason=reason, candidates=ids)
    if rivals := [a for a in ledger.undecided if _can_claim(a, lost, row, listing)]:
        jobs = ", ".join(sorted({f'"{rival.intent.job}"' for rival in rivals}))
        reason = f"a task was made like it that can as well be that of {jobs}"
        return Unclear(reason=reason, candidates=ids, final=False)
    if listing.trouble or listing.age_s < lost.settle_s:
        reason = f"there may be more tasks like it: {listing.trouble or 'the list may lag'}"
        return Unclear(reason=reason, candidates=ids, final=listing.hopeless)
    return _adopted(row, listing)


def _is_in_time(row: TaskRow, lost: LostSubmission, listing: TaskListing) -> bool:
    """Whether a task was surely made while the submission could become one."""
    if row.created_at is None or listing.skew is None:
        return False
    made = row.created_at - listing.skew
    return lost.begun - FUZZ <= made <= lost.begun + ARRIVAL + FUZZ


def _can_claim(rival: Attempt, lost: LostSubmission, row: TaskRow, listing: TaskListing) -> bool:
    """Whether a task can as well be another submission's."""
    return (
        rival.number != lost.attempt.number
        and tag_of(row, listing) in {None, sent(rival.intent, lost.operation)}
        and fits(row, rival.intent, lost.operation)
        and not is_before(row, datetime.fromisoformat(rival.intent.at) - FUZZ, listing)
    )


def _adopted(row: TaskRow, listing: TaskListing) -> Adopted:
    """The task, with what row and answer tell of it."""
    told = [row.status, *filter(None, [listing.asked.get(row.status.task_id)])]
    return Adopted(
        task_id=row.status.task_id,
        seed=next((status.seed for status in told if status.seed is not None), None),
        credits=next((status.credits for status in told if status.credits is not None), None),
    )


def _ids(rows: Sequence[TaskRow]) -> tuple[str, ...]:
    return tuple(row.status.task_id for row in rows)
