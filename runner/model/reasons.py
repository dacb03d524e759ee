"""Reasons: why a job is planned or left as it is, as a code to decide by and a sentence to show."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class ReasonCode(enum.StrEnum):
    """The kind of a reason: all that the program decides by."""

    # Why a plan does what it does.
    NEW = "new"
    CHANGED = "changed"
    FORCED = "forced"
    UNDECIDED = "undecided"
    """The user has to decide something about its request first."""
    NOT_SENT = "not_sent"
    """An earlier submission did not arrive, or the user gave it up."""
    FAILED_BEFORE = "failed_before"
    NOT_RETRIED = "not_retried"
    """It failed before, and only the user has it submitted again."""
    NOT_SELECTED = "not_selected"
    SAME_REQUEST = "same_request"
    """Another job of the manifest makes the same request."""
    UNDER_WAY = "under_way"
    UNKNOWN_FATE = "unknown_fate"
    DONE = "done"
    """The ledger has the result, and its files are in place."""
    DONE_ELSEWHERE = "done_elsewhere"
    """There is a result; only an earlier results manifest proves it, or its files are not here."""

    UNUSABLE = "unusable"
    """It would fail before it is sent: the result of another job does not fit."""

    LFS_POINTER = "lfs_pointer"
    """There is a result; in the place of its file stands a Git LFS pointer to it."""

    # Why a run leaves a job without a result.
    INTERRUPTED = "interrupted"
    SEARCH_PENDING = "search_pending"
    """The task of an unanswered submission is yet to be looked for, by the next run."""
    NEEDS_JOB = "needs_job"
    """A job whose result it needs has no result."""
    OVER_BUDGET = "over_budget"
    UNPRICED = "unpriced"
    """Its price is not known, so that no budget could be kept."""
    COLLECT_ONLY = "collect_only"
    """The verb submits nothing."""
    STOPPED = "stopped"
    """The provider, or the whole run, takes no more submissions."""
    OTHER_RUN = "other_run"
    """Another run has been working on the same request for too long."""
    NOT_ENDED = "not_ended"
    QUEUED = "queued"
    """Its task may wait at the provider for days: it is collected then."""
    LEFT = "left"
    """`--detach`: its task is left to the provider."""
    NO_ROOM = "no_room"
    """`--detach`: its provider works on as many tasks as it may."""
    NOT_FETCHED = "not_fetched"
    AS_ERROR = "as_error"
    """The reason repeats the message of the job's error."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is as it is. Nothing reads `text` but people."""

    code: ReasonCode
    text: str
    """One sentence without a full stop, as `plan`, `--json` and results manifests show it."""

    def __str__(self) -> str:
        return self.text
