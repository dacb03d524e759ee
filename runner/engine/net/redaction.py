"""Redaction: removes keys from the texts of providers, which may repeat them in error messages.

Every text of a provider passes through here before it is kept, shown or logged. Network errors
need no redaction: their texts are our own, see `errors.describe`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from runner.errors import Secret, redact
from runner.model import JobError, Submission, TaskStatus

MIN_LENGTH = 6
"""Shorter texts are no keys."""


def of_text(text: str, secrets: Iterable[Secret]) -> str:
    """A text that may contain words of a provider, without keys."""
    return redact(text, _keys(secrets))


def of_submission(submission: Submission, secrets: Iterable[Secret]) -> Submission:
    """The submission with keys removed from its texts; ids stay as they are."""
    keys = _keys(secrets)
    trace_id = submission.trace_id and redact(submission.trace_id, keys)
    return replace(submission, error=_of_error(submission.error, keys), trace_id=trace_id)


def of_status(status: TaskStatus, secrets: Iterable[Secret]) -> TaskStatus:
    """The status with keys removed from its texts; ids and URLs stay as they are."""
    keys = _keys(secrets)
    return replace(status, error=_of_error(status.error, keys), detail=redact(status.detail, keys))


def _keys(secrets: Iterable[Secret]) -> tuple[Secret, ...]:
    # A short text would be replaced inside ordinary words.
    return tuple(secret for secret in secrets if len(secret.reveal()) >= MIN_LENGTH)


def _of_error(error: JobError | None, keys: tuple[Secret, ...]) -> JobError | None:
    if error is None:
        return None
    return replace(error, code=redact(error.code, keys), message=redact(error.message, keys))
