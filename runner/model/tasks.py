"""What the ledger knows of a submission."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.model.amounts import Amount
from runner.model.requests import JobError


class AttemptState(enum.StrEnum):
    """How far one submission of a job is."""

    INTENT = "intent"
    """It may be on its way; when the run that meant it is dead, its fate is unknown."""
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    AMBIGUOUS = "ambiguous"
    SUBMITTED = "submitted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """All that is known when a submission is about to leave."""

    manifest: str
    """What the ledger knows the manifest by: its path from the folder beside the ledger's."""
    job: str
    operation: str
    fingerprint: str
    request: Mapping[str, Any]
    """The request body's parameters, images as {"sha256": ...} or {"url": ...}."""
    seed: int | None
    provider: str
    base_url: str
    key_env: str
    tag: str
    """Random, 128 bits in hex."""
    estimate: Amount | None
    at: str
    """UTC, RFC 3339."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A result on disk."""

    path: str
    """Relative to the results manifest."""
    sha256: str
    bytes: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One submission as the ledger knows it."""

    number: int
    """The ledger's own key for it."""
    run: str
    state: AttemptState
    intent: Intent
    ordinal: int = 1
    """Which submission of its fingerprint this is, from 1; those that were not sent don't count."""
    failures: int = 0
    """How many tasks of its fingerprint had failed up to and with this one; those that were
    cancelled don't count."""
    task_id: str | None = None
    seed: int | None = None
    credits: int | None = None
    cost: Amount | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    files: tuple[StoredFile, ...] = ()
    error: JobError | None = None
    trace_id: str | None = None
    submitted_at: str | None = None
    finished_at: str | None = None
    superseded_at: str | None = None
