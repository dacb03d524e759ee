"""Records: what a ledger's queries return of runs, tasks and requests, built from rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runner.ledger.costs import real_price
from runner.ledger.rows import Row, amount
from runner.model.operations import Amount
from runner.model.tasks import AttemptState

PAST_TASKS = 2000
"""How many of an operation's latest tasks are read for estimates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run of a manifest; times are UTC, RFC 3339."""

    id: str
    tool: str
    started_at: str
    finished_at: str | None
    """None while it goes on, and for one that was killed."""
    exit_code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSubmission:
    """A submission that created a task; times are UTC, RFC 3339."""

    fingerprint: str
    state: AttemptState
    price: Amount | None
    """The real one, or the estimate; None for what was not billed, and where nobody knows."""
    intended_at: str
    submitted_at: str
    finished_at: str | None

    @classmethod
    def of(cls, row: Row) -> PastSubmission:
        """From the columns of an attempt."""
        return cls(
            fingerprint=row["fingerprint"],
            state=AttemptState(row["state"]),
            price=_spent(row),
            intended_at=row["intended_at"],
            submitted_at=row["submitted_at"],
            finished_at=row["finished_at"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTask:
    """A task that a submission recorded in this ledger has created."""

    number: int
    """Of its attempt; a greater one was submitted later, whatever the clock did."""
    task_id: str
    failed: bool
    intended_at: str
    """When its submission began: UTC, RFC 3339."""
    submitted_at: str
    """When the provider's answer arrived: UTC, RFC 3339."""

    @classmethod
    def of(cls, row: Row) -> KnownTask:
        """From number, task_id, state, intended_at and submitted_at."""
        return cls(
            number=row["number"],
            task_id=row["task_id"],
            failed=row["state"] == AttemptState.FAILED,
            intended_at=row["intended_at"],
            submitted_at=row["submitted_at"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTask:
    """An earlier task: its request, price and duration."""

    request: Mapping[str, Any]
    """The request body's parameters, images as {"sha256": ...} or {"url": ...}."""
    price: Amount | None
    """The real one; None if the provider reported no price."""
    time_s: float | None
    """From the submission until its end was noticed; None if no run saw that."""

    @classmethod
    def of(cls, row: Row) -> PastTask:
        """From request, price and times of an attempt."""
        return cls(
            request=json.loads(row["request"]),
            price=real_price(row),
            time_s=_seconds(row["submitted_at"], row["finished_at"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRequest:
    """The latest request of a job id in a manifest."""

    operation: str
    fingerprint: str
    request: Mapping[str, Any]

    @classmethod
    def of(cls, row: Row) -> LastRequest:
        """From operation, fingerprint and request of an attempt."""
        return cls(
            operation=row["operation"],
            fingerprint=row["fingerprint"],
            request=json.loads(row["request"]),
        )


def _spent(row: Row) -> Amount | None:
    if row["state"] == AttemptState.FAILED and row["error_billed"] == "no":
        return None
    return real_price(row) or amount(row["estimate_unit"], row["estimate_value"])


def _seconds(start: str | None, end: str | None) -> float | None:
    """Between two recorded times; None if one is missing or the clock went backwards."""
    if start is None or end is None:
        return None
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    return seconds if seconds > 0 else None
