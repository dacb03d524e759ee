"""Defines the changes that can be written to the ledger, and the results of writing one."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from runner.model.operations import Amount, Unit
from runner.model.requests import JobError
from runner.model.tasks import Attempt, AttemptState, Intent, StoredFile, UrlName

Realm: TypeAlias = Literal["loopback", "remote"]

# The same states as in the index `one_living_attempt` of tables.sql.
_LIVING_STATES = frozenset(
    {AttemptState.INTENT, AttemptState.AMBIGUOUS, AttemptState.SUBMITTED, AttemptState.SUCCEEDED}
)


def is_living(attempt: Attempt) -> bool:
    """Whether an attempt rules out another submission of its fingerprint."""
    return attempt.state in _LIVING_STATES and attempt.superseded_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """What a budget leaves for one more submission and for the manifest's other runs."""

    unit: Unit
    left: Decimal
    """The ceiling minus all that this run has paid and reserved, this submission excepted."""
    amount: Decimal | None
    """The estimate of this submission; None where its price is unknown: then something must be
    left, and no other submission of the manifest to this provider may be of unknown price."""
    realms: Mapping[str, Realm]
    """Provider to the realm whose costs count; "remote" for providers that are not listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intend:
    """A submission is about to leave. With `task_id`: a task from elsewhere is adopted.

    With `headroom` it is written only if it fits: concurrent runs share one budget.
    """

    run: str
    intent: Intent
    task_id: str | None = None
    headroom: Headroom | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """The fate of the submission itself; starts from an intent or an ambiguous attempt.

    A field that is None keeps the recorded value, except `error`, which is always replaced.
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
    finish: Finish | None = None
    """The end of the task, where the answer to the submission contains it: written with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """The end of the task; starts from a submitted attempt, or (fresh URLs) a succeeded one.

    Seed, credits and cost keep the recorded value where they are None, ids where there are none.
    """

    number: int
    state: AttemptState
    """succeeded, failed, or ambiguous when the provider no longer knows the task."""
    finished_at: str
    """UTC, RFC 3339; the first one recorded stays."""
    seed: int | None = None
    credits: int | None = None
    cost: Amount | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    creation_ids: tuple[str | None, ...] = ()
    error: JobError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """All files of a succeeded attempt: the results in the task's order, then those beside them."""

    number: int
    files: tuple[StoredFile, ...]
    kept: frozenset[UrlName] = frozenset()
    """Which URLs need not be fetched again, also where the provider did not offer them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supersede:
    """The user wants another result: the attempt no longer rules out a submission."""

    number: int
    at: str
    """UTC, RFC 3339."""
    only_undecided: bool = False
    """Only while the fate of the submission is unknown: another run may have settled it."""


Change: TypeAlias = Intend | Settle | Finish | Store | Supersede


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The fingerprint already has a living attempt; nothing was written."""

    attempt: Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """The attempt has left the state that the change starts from; nothing was written.

    Another run has settled it. A task id in such a change belongs in the rescue file.
    """

    attempt: Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class OverBudget:
    """It does not fit the budget because of the manifest's other runs; nothing was written."""

    spent: Mapping[Unit, Decimal]
    """The cost of the other runs so far, tasks under way included."""
    unpriced: tuple[str, ...] = ()
    """Ids of the runs whose submissions to this provider have an unknown price."""


Result: TypeAlias = int | Taken | Stale | OverBudget
"""The number of the attempt that was written; `Taken` or `OverBudget` for `Intend`, `Stale` for
the other changes."""


@functools.lru_cache(maxsize=256)
def realm_of(base_url: str) -> Realm:
    """Whether an address is on this machine; results never cross from one realm to the other."""
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return "loopback"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "remote"
    # A connection to 0.0.0.0 reaches this machine.
    return "loopback" if address.is_loopback or address.is_unspecified else "remote"
