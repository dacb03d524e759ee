"""Matching: decides which rows of a provider's task list may be the task of a lost submission."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from runner.ledger.records import KnownTask
from runner.model.operations import Operation
from runner.model.requests import TaskStatus
from runner.model.tasks import Attempt, Intent
from runner.operations import defaults_of
from runner.providers.base import TaskRow

# How far before its submission a task is looked for: the clock may have been set back since.
LOOK_BACK = timedelta(days=1)
CLOCK_TOLERANCE = timedelta(seconds=5)  # between two clocks, after correction
# How long after its start a submission may still create a task: bodies are large.
ARRIVAL_LIMIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """The submission arrived, and this is its task."""

    task_id: str
    seed: int | None = None
    credits: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The submission provably did not arrive: it may be sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """Neither is certain: the user has to decide."""

    reason: str
    candidates: tuple[str, ...] = ()
    """Ids of the tasks that it may have created."""
    final: bool = True
    """A later list would not help."""


Verdict: TypeAlias = Adopted | Absent | Unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class LostSubmission:
    """A submission whose answer was lost."""

    attempt: Attempt
    operation: Operation
    settle_s: float
    same_endpoint: bool = True
    """It was sent to the address, and with the key variable, that the list is asked at."""

    @property
    def started_at(self) -> datetime:
        """By the local clock."""
        return datetime.fromisoformat(self.attempt.intent.at)

    @property
    def tag(self) -> str | None:
        """The text that was sent in the tag parameter."""
        return sent_tag(self.attempt.intent, self.operation)

    @property
    def has_own_tag(self) -> bool:
        """Whether that text is unique to this submission, not the user's."""
        return self.tag == self.attempt.intent.tag


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskListing:
    """All pages of a task list, as far as they could be read."""

    rows: Mapping[str, TaskRow] = field(default_factory=dict)
    """By task id: pages may overlap, and come in any order."""
    asked_at: datetime
    """When reading began, by the local clock."""
    since: datetime
    """The creation time from which tasks were asked for, by the local clock."""
    age_s: float
    """How long before `asked_at` the submission had ended at the latest."""
    searched_s: float = 0.0
    """How much of that was spent searching, measured without the clock."""
    skew: timedelta | None = None
    """How far the provider's clock is ahead; None where no answer had a date."""
    error: str = ""
    """Why it is not complete; empty when it is."""
    hopeless: bool = False
    """With `error`: asking again would not help."""
    polled: Mapping[str, TaskStatus] = field(default_factory=dict)
    """By task id, the states of tasks that were asked for singly."""
    repeats_tags: bool = False
    """A known task, asked for singly, had the tag that was sent with it."""

    def created_at(self, row: TaskRow) -> datetime | None:
        """When a task was created, by the local clock; None where that is unknown."""
        if row.created_at is None or self.skew is None:
            return None
        try:
            return row.created_at - self.skew
        except OverflowError:  # year 1 stands for "never" with some servers
            return row.created_at

    def tag(self, row: TaskRow) -> str | None:
        """The tag of a task, from its row or from its own status."""
        status = self.polled.get(row.status.task_id)
        return row.status.tag or (status.tag if status else None)

    def knows_tag(self, row: TaskRow) -> bool:
        """Whether it has been looked for: rows of the documented list have none."""
        return row.status.tag is not None or row.status.task_id in self.polled


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSnapshot:
    """What the ledger knows about a list, without the lost submission itself."""

    owners: Mapping[str, Attempt] = field(default_factory=dict)
    """Task id to the attempt that created it."""
    tasks: Sequence[KnownTask] = ()
    """Created at the same address with the same key."""
    undecided: Sequence[Attempt] = ()
    """Other submissions whose task is unknown."""


def sent_tag(intent: Intent, operation: Operation) -> str | None:
    """The text that was sent in the tag parameter; None where there is none."""
    return intent.request.get(operation.tag) or None if operation.tag else None


def fits(row: TaskRow, intent: Intent, operation: Operation) -> bool:
    """Whether a row may describe such a request; what the row leaves out excludes nothing."""
    request = intent.request
    # Whether a list shows images from elsewhere in a request is not known.
    images = len(request.get("images") or ()) if "images" in operation.media else row.images
    return (
        _same_text(row.model, request.get("model"))
        and (_is_rewritten(intent, operation) or _same_text(row.prompt, request.get("prompt")))
        # A list that omits images or seed reports none and 0.
        and (not row.images or row.images == images)
        and (not row.status.seed or not intent.seed or row.status.seed == intent.seed)
    )


def _is_rewritten(intent: Intent, operation: Operation) -> bool:
    """Whether the provider may have replaced the prompt by one of its own, as with `is_rec`."""
    given = {**defaults_of(operation, intent.request), **intent.request}
    return "is_rec" in operation.wire and given.get("is_rec") is not False


def _same_text(listed: str | None, sent: object) -> bool:
    if listed is None or not isinstance(sent, str):
        return True
    plain, whole = _plain(listed), _plain(sent)
    # A list may show the beginning of a long text only.
    cut = plain.removesuffix("…").removesuffix("...").rstrip()
    return plain == whole or (len(cut) >= _CUT_MIN and whole.startswith(cut))


def _plain(text: str) -> str:
    """A text without what a provider may normalize: composed characters and white space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def is_recognized(row: TaskRow, intent: Intent, lost: LostSubmission) -> bool:
    """Whether a search for this submission would match its own task."""
    tag = sent_tag(intent, lost.operation)
    if tag and row.status.tag:
        return row.status.tag == tag
    return fits(row, intent, lost.operation)


def known_rows(
    lost: LostSubmission, listing: TaskListing, ledger: LedgerSnapshot
) -> list[tuple[TaskRow, Attempt]]:
    """The listed tasks of the same operation that the ledger knows, with their attempts."""
    return [
        (row, attempt)
        for task_id, row in listing.rows.items()
        if (attempt := ledger.owners.get(task_id))
        and attempt.intent.operation == lost.attempt.intent.operation
    ]


def match(
    lost: LostSubmission, listing: TaskListing, ledger: LedgerSnapshot
) -> Adopted | Unclear | None:
    """Find the submission's task, or the tasks it may be; None where no row can be it."""
    rows = [row for _, row in sorted(listing.rows.items())]
    # The tag outweighs everything else: a provider may change prompt or model.
    tagged = [row for row in rows if lost.has_own_tag and listing.tag(row) == lost.tag]
    if tagged:
        owner = next((ledger.owners[name] for name in _ids(tagged) if name in ledger.owners), None)
        if owner or len(tagged) > 1:
            reason = f"{len(tagged)} tasks have its tag"
            if owner:
                reason = f'its task {owner.task.id} is recorded for job "{owner.intent.job}"'
            return Unclear(reason=reason, candidates=_ids(tagged))
        return _adopted(tagged[0], listing)
    shows_requests = _shows_requests(lost, listing, ledger)
    rows = [row for row in rows if _is_candidate(row, lost, listing, ledger, shows_requests)]
    if not rows:
        return None
    # The user's own text took the place of the tag: only the requests can be compared.
    is_sure = len(rows) == 1 and _is_sure(rows[0], lost, listing, ledger)
    is_asked = lost.operation.tag is None or all(listing.knows_tag(row) for row in rows)
    is_early = (
        lost.has_own_tag  # which the provider has not reported yet
        or not is_asked
        or any(_can_claim(rival, lost, rows[0], listing) for rival in ledger.undecided)
        or listing.error  # there may be more such tasks
        or listing.age_s < lost.settle_s
    )
    is_lasting = not lost.has_own_tag and is_asked and not is_sure
    if is_lasting or is_early:
        reason = "a task has an equal request, but nothing proves that it is this job's"
        if not any(fits(row, lost.attempt.intent, lost.operation) for row in rows):
            reason = "tasks were made at that time, and nothing proves that none is this job's"
        if listing.error:
            reason += f"; of the list, {listing.error}"
        return Unclear(reason=reason, candidates=_ids(rows), final=is_lasting or listing.hopeless)
    return _adopted(rows[0], listing)


_CUT_MIN = 40  # characters; fewer at the beginning of a text identify nothing


def _is_candidate(
    row: TaskRow,
    lost: LostSubmission,
    listing: TaskListing,
    ledger: LedgerSnapshot,
    shows_requests: bool,
) -> bool:
    """Whether a row may be the submission's task.

    What proves another task: the ledger, a tag, another request as far as the list is known to
    show requests as they were sent, and no tag where the provider is known to repeat it.
    """
    tag, status = listing.tag(row), listing.polled.get(row.status.task_id)
    # What the ledger knows belongs to another submission: no task is taken twice.
    if row.status.task_id in ledger.owners or _is_foreign(tag, lost):
        return False
    is_untagged = lost.tag is not None and status is not None and tag is None
    # If the clock was set back since the submission, times prove nothing.
    is_timeless = listing.created_at(row) is None or was_set_back(lost, listing)
    if fits(row, lost.attempt.intent, lost.operation):
        is_early = _created_before(row, lost.started_at - LOOK_BACK, listing)
        return (is_timeless or not is_early) and not (is_untagged and listing.repeats_tags)
    # Another request, and no tag either: the two together are enough.
    in_time = is_timeless or _is_in_time(row, lost, listing)
    return in_time and not is_untagged and not shows_requests


def _is_foreign(tag: str | None, lost: LostSubmission) -> bool:
    """Whether a tag is another submission's for certain."""
    if tag is None or lost.tag is None or not lost.has_own_tag:
        return tag not in {None, lost.tag}
    # A tag that comes back cut, or with something around it, is a damaged one, not another one.
    return not (lost.tag in tag or (len(tag) >= _TAG_PART and tag in lost.tag))


_TAG_PART = 8  # characters: no other tag contains so many of this one by chance


def was_set_back(lost: LostSubmission, listing: TaskListing) -> bool:
    """Whether the submission began later than the clock shows now."""
    return lost.started_at > listing.asked_at + CLOCK_TOLERANCE


def _shows_requests(lost: LostSubmission, listing: TaskListing, ledger: LedgerSnapshot) -> bool:
    """Whether a known task is listed with its request: then another request is another task."""
    known = known_rows(lost, listing, ledger)
    return any(
        is_recognized(row, each.intent, lost) and not _is_rewritten(each.intent, lost.operation)
        for row, each in known
    )


def _is_in_time(row: TaskRow, lost: LostSubmission, listing: TaskListing) -> bool:
    """Whether a task was created when the submission may have arrived."""
    created_at = listing.created_at(row)
    earliest = lost.started_at - CLOCK_TOLERANCE
    latest = lost.started_at + ARRIVAL_LIMIT + CLOCK_TOLERANCE
    return created_at is not None and earliest <= created_at <= latest


def _is_sure(
    row: TaskRow, lost: LostSubmission, listing: TaskListing, ledger: LedgerSnapshot
) -> bool:
    """Whether a row shows enough to be the submission's task, if no other row fits."""
    request = lost.attempt.intent.request
    shown = all(
        # What was not asked for has a default, which the provider may change.
        request.get(name) is None or str(request[name]).lower() == value.lower()
        for name, value in row.details.items()
    )
    keys = {known.key_id for known, _ in known_rows(lost, listing, ledger)} - {None}
    return (
        lost.same_endpoint
        and row.model is not None
        and row.prompt is not None
        and _plain(row.prompt) == _plain(str(request.get("prompt")))
        and fits(row, lost.attempt.intent, lost.operation)
        and listing.tag(row) == lost.tag
        and shown
        and (not keys or row.key_id in {None, *keys})
        and _is_in_time(row, lost, listing)
    )


def _created_before(row: TaskRow, moment: datetime, listing: TaskListing) -> bool:
    created_at = listing.created_at(row)
    return created_at is not None and created_at < moment


def _can_claim(rival: Attempt, lost: LostSubmission, row: TaskRow, listing: TaskListing) -> bool:
    """Whether a task may be another submission's as well."""
    started_at = datetime.fromisoformat(rival.intent.at)
    return (
        listing.tag(row) in {None, sent_tag(rival.intent, lost.operation)}
        and fits(row, rival.intent, lost.operation)
        and not _created_before(row, started_at - CLOCK_TOLERANCE, listing)
    )


def _ids(rows: Sequence[TaskRow]) -> tuple[str, ...]:
    return tuple(row.status.task_id for row in rows)


def _adopted(row: TaskRow, listing: TaskListing) -> Adopted:
    """The task with its seed and credits, from its row or from its own status."""
    task_id = row.status.task_id
    known = [row.status, *filter(None, [listing.polled.get(task_id)])]
    return Adopted(
        task_id=task_id,
        seed=next((status.seed for status in known if status.seed is not None), None),
        credits=next((status.credits for status in known if status.credits is not None), None),
    )
