"""What can be written into the ledger, as values, and what comes of writing it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from runner.model import Amount, Attempt, AttemptState, Intent, JobError, StoredFile

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
class Intend:
    """A submission is about to leave. With `task_id`: a task known from elsewhere is adopted."""

    run: str
    intent: Intent
    task_id: str | None = None


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


Result: TypeAlias = int | Taken | Stale
"""The number of the attempt that was written, `Taken` of `Intend`, `Stale` of the others."""


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
