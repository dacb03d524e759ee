"""The records of looking for a submission's task, and what a row of a list can be."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from runner.ledger import Made
from runner.model import Attempt, Intent, Operation, TaskStatus
from runner.providers.lists import Listed

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
class Quest:
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
class Sheet:
    """All pages of a list, as far as they could be read."""

    rows: tuple[Listed, ...] = ()
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
class Surroundings:
    """What the ledger knows that bears on a list."""

    known: Mapping[str, Attempt] = field(default_factory=dict)
    """Task id to an attempt whose task it is, this very submission's left out."""
    made: Sequence[Made] = ()
    """Tasks made at the same address with the same key."""
    undecided: Sequence[Attempt] = ()
    """Other submissions whose task is not known."""


def distinct(sheet: Sheet) -> list[Listed]:
    """Each task of a list once, by id: pages may overlap, and come in any order."""
    return [row for _, row in sorted({row.status.task_id: row for row in sheet.rows}.items())]


def tag_of(row: Listed, sheet: Sheet) -> str | None:
    """The text that came back with a task, in the list or when it was asked for."""
    status = sheet.asked.get(row.status.task_id)
    return row.status.tag or (status.tag if status else None)


def sent(intent: Intent, operation: Operation) -> str | None:
    """The text that travelled in the tag parameter; None for none."""
    return intent.request.get(operation.tag) or None if operation.tag else None


def fits(row: Listed, intent: Intent, operation: Operation) -> bool:
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


def is_before(row: Listed, moment: datetime, sheet: Sheet) -> bool:
    """Whether a task was made before that moment of the local clock; False where unknown."""
    return (
        row.created_at is not None
        and sheet.skew is not None
        and row.created_at < moment + sheet.skew
    )
