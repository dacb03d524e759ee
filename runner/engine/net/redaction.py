"""What a provider says, without any key that it may quote back: nothing of one is ever kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from runner.errors import Secret, redact
from runner.model import JobError, Submission, TaskStatus

LEAST = 6
"""Shorter texts are no keys, and their letters are in every word."""


def of_text(text: str, secrets: Iterable[Secret]) -> str:
    """A text with foreign words in it, clean."""
    return redact(text, _long(secrets))


def of_submission(submission: Submission, secrets: Iterable[Secret]) -> Submission:
    """The submission with clean texts; ids stay as they are."""
    keys = _long(secrets)
    trace_id = submission.trace_id and redact(submission.trace_id, keys)
    return replace(submission, error=_of_error(submission.error, keys), trace_id=trace_id)


def of_status(status: TaskStatus, secrets: Iterable[Secret]) -> TaskStatus:
    """The status with clean texts; ids and URLs stay as they are."""
    keys = _long(secrets)
    return replace(status, error=_of_error(status.error, keys), detail=redact(status.detail, keys))


def _long(secrets: Iterable[Secret]) -> tuple[Secret, ...]:
    return tuple(secret for secret in secrets if len(secret.reveal()) >= LEAST)


def _of_error(error: JobError | None, keys: tuple[Secret, ...]) -> JobError | None:
    if error is None:
        return None
    return replace(error, code=redact(error.code, keys), message=redact(error.message, keys))
