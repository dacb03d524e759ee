"""What can be written into the ledger, as values, and what comes of writing it."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from runner.model import Amount, Attempt, AttemptState, Intent, JobError, StoredFile, Unit

Realm: TypeAlias = Literal["loopback", "remote"]

LIVING = frozenset(
    {
        AttemptState.INTENT,
        AttemptState.AMBIGUOUS,
        AttemptState.SUBMITTED,
        AttemptState.SUCCEEDED,
    }
)
"""States that stand in the way of another submission of the same fingerprint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a manifest's other runs may have cost for one more submission to fit its budget."""

    unit: Unit
    left: Decimal
    """The ceiling without all that this run has paid and reserved, but for this submission."""
    amount: Decimal | None
    """What this one should cost; None where nobody knows: then there must be anything left, and
    no other submission of the manifest at this provider of which nobody knows it either."""
    realms: Mapping[str, Realm]
    """Provider to the side of the loopback border on which costs count (of others: remote)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intend:
    """A submission is about to leave. With `task_id`: a task known from elsewhere is adopted.

    With `room` it is only written where it fits: runs side by side keep one budget.
    """

    run: str
    intent: Intent
    task_id: str | None = None
    room: Room | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """What became of the submission itself.

    Starts from an intent or an ambiguous attempt. What is None leaves what is known in place,
    but for the error, which is always replaced.
    """

    number: int
    state: AttemptState
    """not_sent, refused, ambiguous or submitted (which needs the task id)."""
    at: str
    """UTC, RFC 3339."""
    task_id: str | None = None
    seed: int | None = None
    credits: int | None = None
    error: JobError | None = None
    trace_id: str | None = None
    http_status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What became of the task.

    Starts from a submitted attempt, or (with fresh URLs) from a succeeded one. Seed, credits,
    cost and trace that are None leave what is known in place.
    """

    number: int
    state: AttemptState
    """succeeded, failed, or ambiguous when the provider no longer knows the task."""
    finished_at: str
    """UTC, RFC 3339; the first one stays."""
    seed: int | None = None
    credits: int | None = None
    cost: Amount | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    error: JobError | None = None
    trace_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """All files of a succeeded attempt, in the order of its creations."""

    number: int
    files: tuple[StoredFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supersede:
    """The user wants it made anew: the attempt no longer stands in the way."""

    number: int
    at: str
    """UTC, RFC 3339."""
    in_doubt: bool = False
    """Only as long as nobody knows what became of it: another run may find out meanwhile."""


Change: TypeAlias = Intend | Settle | Finish | Store | Supersede


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The fingerprint has a living attempt already; nothing was written."""

    attempt: Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """The attempt is no longer where the change starts from; nothing was written.

    Another run has settled it meanwhile. A task id that meets this belongs into the rescue file.
    """

    attempt: Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Full:
    """It does not fit the budget, for what the manifest's other runs cost; nothing was written."""

    spent: Mapping[Unit, Decimal]
    """What they have cost by now, what is under way included."""
    unpriced: tuple[str, ...] = ()
    """Ids of the runs that made a submission there of which nobody knows what it costs."""


Result: TypeAlias = int | Taken | Stale | Full
"""The number of the attempt that was written; `Taken` or `Full` of `Intend`, `Stale` of others."""


@functools.lru_cache(maxsize=256)
def realm_of(base_url: str) -> Realm:
    """On which side of the loopback border an address is; results never cross it."""
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return "loopback"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "remote"
    return "loopback" if address.is_loopback or address.is_unspecified else "remote"
