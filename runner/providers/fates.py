"""What an answer means: the table of "paying once", and the errors that stand in answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from runner.model import (
    Billed,
    ErrorClass,
    Fate,
    JobError,
    Reach,
    Reply,
    Submission,
    TaskState,
    TaskStatus,
)
from runner.providers.parse import retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCodeInfo:
    """What is known of one of a provider's error codes."""

    class_: ErrorClass
    fate: Fate = Fate.REFUSED
    """What it means as the answer to a submission."""
    narrow: bool = False
    """Too many tasks in flight, rather than too many requests."""


Codes: TypeAlias = Mapping[str, ErrorCodeInfo]


def fate(reach: Reach, status: int, task_id: str | None, known: ErrorCodeInfo | None) -> Fate:
    """What became of a submission: the table of "paying once".

    `known` is the answer's error code, looked up; None for no code or an undocumented one.
    A doubt is always `Fate.AMBIGUOUS`: sending again is what could cost twice.
    """
    if reach is not Reach.ANSWERED:
        return _UNANSWERED[reach]
    if 200 <= status < 300:
        return Fate.SUBMITTED if task_id else known.fate if known else Fate.AMBIGUOUS
    if 300 <= status < 400 or status in _NOT_THERE:
        return Fate.WRONG_ADDRESS
    if status in _DOUBTFUL or not 400 <= status < 500:
        return Fate.AMBIGUOUS
    if known and known.fate is not Fate.REFUSED:
        return known.fate
    return _BY_STATUS.get(status, Fate.REFUSED)


_UNANSWERED = {
    Reach.NOT_SENT: Fate.NOT_SENT,
    Reach.UNTRUSTED: Fate.WRONG_ADDRESS,
    Reach.SENT: Fate.AMBIGUOUS,
}
_NOT_THERE = frozenset({404, 405})
_DOUBTFUL = frozenset({408, 409, 499})
# 407 is only ever a proxy's: what it refuses has not been passed on.
_BY_STATUS = {401: Fate.STOPPED, 402: Fate.STOPPED, 407: Fate.NOT_SENT, 429: Fate.BUSY}

_CLASS_BY_STATUS = {
    401: ErrorClass.AUTH,
    402: ErrorClass.QUOTA,
    403: ErrorClass.AUTH,
    404: ErrorClass.PROVIDER,
    405: ErrorClass.PROVIDER,
    407: ErrorClass.TRANSIENT,
    408: ErrorClass.TRANSIENT,
    429: ErrorClass.QUOTA,
}


def class_of(status: int, known: ErrorCodeInfo | None) -> ErrorClass:
    """Who can mend a failure: by its code where that is documented, by its status otherwise."""
    if known:
        return known.class_
    if status in _CLASS_BY_STATUS:
        return _CLASS_BY_STATUS[status]
    if status < 300 or status >= 500:
        return ErrorClass.TRANSIENT
    return ErrorClass.PROVIDER if status < 400 else ErrorClass.INPUT


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiError:
    """The error that an answer carries: in its body, or else in its status."""

    code: str
    """The provider's, or one of ours: not_sent, untrusted, no_answer, unreadable, http_503."""
    message: str
    known: ErrorCodeInfo | None
    """What is known of the code."""


def api_error(
    reply: Reply, code: str | None, message: str | None, codes: Codes, usual: Mapping[int, str]
) -> ApiError:
    """The fault of a reply whose body says `code` and `message`.

    `usual` is the code that a bare status stands for.
    """
    if reply.reach is not Reach.ANSWERED:
        return ApiError(code=_UNANSWERED_CODE[reply.reach], message=reply.trouble, known=None)
    bare = "unreadable" if 200 <= reply.status < 300 else f"http_{reply.status}"
    found = code or usual.get(reply.status, bare)
    said = message or f"HTTP {reply.status} without a message that can be read"
    return ApiError(code=found, message=said, known=codes.get(found))


_UNANSWERED_CODE = {
    Reach.NOT_SENT: "not_sent",
    Reach.UNTRUSTED: "untrusted",
    Reach.SENT: "no_answer",
}


def unaccepted(reply: Reply, found: ApiError, *, trace_id: str | None) -> Submission:
    """What the answer to a submission means that named no task."""
    what = fate(reply.reach, reply.status, None, found.known)
    error = JobError(
        code=found.code,
        message=found.message,
        class_=class_of(reply.status, found.known),
        billed=Billed.UNKNOWN if what is Fate.AMBIGUOUS else Billed.NO,
    )
    return Submission(
        fate=what,
        error=error,
        narrow=what is Fate.BUSY and found.known is not None and found.known.narrow,
        retry_after_s=retry_after(reply.headers),
        trace_id=trace_id,
    )


def unanswered(task_id: str, reply: Reply, found: ApiError, gone: frozenset[str]) -> TaskStatus:
    """What the answer to a status request means that told nothing of a task's progress.

    `gone` are the codes by which a provider says that it knows no such task. A bare 404 says
    so as well, but a page of HTML is some other server's.
    """
    lost = found.code in gone or (reply.status in {404, 410} and reply.body.lstrip()[:1] in b"{")
    barred = reply.status in {401, 403} or (found.known and found.known.class_ is ErrorClass.AUTH)
    return TaskStatus(
        task_id=task_id,
        state=TaskState.GONE if lost else TaskState.UNKNOWN,
        retry_after_s=retry_after(reply.headers),
        detail=f"{found.code}: {found.message}",
        fatal=bool(barred) and not lost,
        throttled=throttled(reply, found),
    )


def throttled(reply: Reply, found: ApiError) -> bool:
    """Whether the answer to a request that makes no task says that there are too many of them."""
    return fate(reply.reach, reply.status, None, found.known) is Fate.BUSY


def passing(reply: Reply, found: ApiError) -> bool:
    """Whether a request that makes no task, and failed, may be answered well when sent again.

    Nothing is decided by what was put off, never arrived, or would leave a submission in doubt.
    """
    return fate(reply.reach, reply.status, None, found.known) in _PASSING


_PASSING = frozenset({Fate.BUSY, Fate.NOT_SENT, Fate.AMBIGUOUS})
