"""Fates: decides what became of a submission by status and error code; reads errors in answers.

`fate` is the table of "paying once" in the contract with users.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from runner.model.requests import (
    INCOMPLETE,
    ONLY_WATERMARKED,
    Billed,
    Creation,
    ErrorClass,
    Fate,
    JobError,
    Reach,
    Reply,
    Shortfall,
    Submission,
    TaskState,
    TaskStatus,
)
from runner.providers import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCodeInfo:
    """The meaning of one documented error code."""

    class_: ErrorClass
    fate: Fate = Fate.REFUSED
    """The fate of a submission that gets this code as its answer."""
    too_many_tasks: bool = False
    """There are too many tasks in flight, rather than too many requests."""
    by_hand: bool = False
    """Nobody knows the cause: only the user has the same request sent again."""
    by_account: bool = False
    """The account may be the cause as well as the request: several such refusals show which."""


Codes: TypeAlias = Mapping[str, ErrorCodeInfo]


def fate(reach: Reach, status: int, *, has_task: bool, code: ErrorCodeInfo | None) -> Fate:
    """What became of a submission; `code` is None without a code or with an undocumented one."""
    # Whatever is in doubt is ambiguous: sending it again is what could cost twice.
    if reach is not Reach.ANSWERED:
        return _FATE_BY_REACH[reach]
    if 200 <= status < 300:
        # A task counts whatever else the answer contains: it may cost money.
        return Fate.SUBMITTED if has_task else code.fate if code else Fate.AMBIGUOUS
    if 300 <= status < 400 or status in _NOT_THERE:
        return Fate.WRONG_ADDRESS
    # A gateway that failed may have passed the request on.
    if status in _DOUBTFUL or not 400 <= status < 500:
        return Fate.AMBIGUOUS
    if code and code.fate is not Fate.REFUSED:
        return code.fate
    return _FATE_BY_STATUS.get(status, Fate.REFUSED)


_FATE_BY_REACH = {
    Reach.NOT_SENT: Fate.NOT_SENT,
    Reach.UNTRUSTED: Fate.WRONG_ADDRESS,
    Reach.SENT: Fate.AMBIGUOUS,
}
_NOT_THERE = frozenset({404, 405})
# Timeouts and conflicts: the same or an earlier request may have been accepted.
_DOUBTFUL = frozenset({408, 409, 499})
# 407 comes from a proxy, which has not passed the request on.
_FATE_BY_STATUS = {401: Fate.STOPPED, 402: Fate.STOPPED, 407: Fate.NOT_SENT, 429: Fate.BUSY}

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


def error_class(status: int, code: ErrorCodeInfo | None) -> ErrorClass:
    """Who can fix a failure: by its code if that is documented, by its status otherwise."""
    if code:
        return code.class_
    if status in _CLASS_BY_STATUS:
        return _CLASS_BY_STATUS[status]
    # A 2xx comes here if it is unreadable, which is a matter of the moment as a 5xx is.
    if status < 300 or status >= 500:
        return ErrorClass.TRANSIENT
    return ErrorClass.PROVIDER if status < 400 else ErrorClass.INPUT


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiError:
    """The error of an answer, from its body or else from its status."""

    code: str
    """The provider's, or one of ours: not_sent, untrusted, no_answer, unreadable, http_503."""
    message: str
    info: ErrorCodeInfo | None
    """None for undocumented codes."""


_CODE_BY_REACH = {Reach.NOT_SENT: "not_sent", Reach.UNTRUSTED: "untrusted", Reach.SENT: "no_answer"}


def api_error(
    reply: Reply,
    code: str | None,
    message: str | None,
    codes: Codes,
    code_by_status: Mapping[int, str],
) -> ApiError:
    """The error of a reply with these in its body; without a code its status supplies one."""
    if reply.reach is not Reach.ANSWERED:
        return ApiError(code=_CODE_BY_REACH[reply.reach], message=reply.error, info=None)
    if code is None:
        fallback = "unreadable" if 200 <= reply.status < 300 else f"http_{reply.status}"
        code = code_by_status.get(reply.status, fallback)
    message = message or _without_message(reply)
    return ApiError(code=code, message=message, info=codes.get(code))


def _without_message(reply: Reply) -> str:
    """What is reported of an answer in which the API has written nothing about an error."""
    if not reply.body.strip():
        return f"HTTP {reply.status} with an empty answer"
    if parse.json_object(reply.body) is not None:
        return f"HTTP {reply.status} without a readable message"
    media_type = (reply.headers.get("content-type") or "").partition(";")[0].strip()
    kind = f" ({media_type})" if _MEDIA_TYPE.fullmatch(media_type) else ""
    return f"HTTP {reply.status} with a page that is not the API's{kind}"


_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,60}", re.IGNORECASE)


def read_submission(
    reply: Reply,
    error: ApiError,
    *,
    task_id: str | None,
    trace_id: str | None,
    seed: int | None = None,
    credits_: int | None = None,
    task: TaskStatus | None = None,
) -> Submission:
    """What a reply means for the submission; `error` counts if there is no task.

    `task`: what the answer of a synchronous operation shows of its task.
    """
    # Where the body has none, as in an error of a gateway, the header may have one.
    trace_id = trace_id or parse.text(reply.headers.get("x-request-id"))
    end = task if task and task.state in _ENDS else None
    # A result counts as a task, also without an id: it has been paid for.
    has_task = task_id is not None or end is not None
    what = fate(reply.reach, reply.status, has_task=has_task, code=error.info)
    if what is Fate.SUBMITTED:
        return Submission(
            fate=what, task_id=task_id, seed=seed, credits=credits_, trace_id=trace_id, task=end
        )
    # What was refused or did not arrive costs nothing; only doubt is reported as such.
    return Submission(
        fate=what,
        error=JobError(
            code=error.code,
            message=error.message,
            class_=error_class(reply.status, error.info),
            billed=Billed.UNKNOWN if what is Fate.AMBIGUOUS else Billed.NO,
        ),
        too_many_tasks=what is Fate.BUSY and error.info is not None and error.info.too_many_tasks,
        retry_after_s=parse.retry_after(reply.headers),
        trace_id=trace_id,
    )


_ENDS = frozenset({TaskState.SUCCEEDED, TaskState.FAILED})


def failed_status(
    task_id: str, reply: Reply, error: ApiError, gone: frozenset[str] = frozenset()
) -> TaskStatus:
    """The status by an answer without the task; `gone`: the codes for tasks it does not know."""
    # A bare 404 means the same as those codes, but an HTML page comes from some other server.
    is_gone = error.code in gone or (reply.status in {404, 410} and reply.body.lstrip()[:1] in b"{")
    return TaskStatus(
        task_id=task_id,
        state=TaskState.GONE if is_gone else TaskState.UNKNOWN,
        retry_after_s=parse.retry_after(reply.headers),
        detail=f"{error.code}: {error.message}",
        fatal=is_key_refused(reply, error) and not is_gone,
        throttled=is_throttled(reply, error),
    )


def other_task(task_id: str, *found: Any) -> TaskStatus | None:
    """`UNKNOWN` for an answer whose ids are all of other tasks; None if it is about this one."""
    # A gateway that mixes up its answers must not give one job the result of another.
    ids = [id_ for value in found if (id_ := parse.task_id(value))]
    if not ids or task_id in ids:
        return None
    detail = f"the answer is about another task, {ids[0]}"
    return TaskStatus(task_id=task_id, state=TaskState.UNKNOWN, detail=detail)


def is_key_refused(reply: Reply, error: ApiError) -> bool:
    """Whether the key is refused, so that asking again cannot help."""
    by_code = error.info is not None and error.info.class_ is ErrorClass.AUTH
    return by_code or reply.status in {401, 403}


def is_throttled(reply: Reply, error: ApiError) -> bool:
    """Whether a request that creates no task was refused because there are too many of them."""
    return fate(reply.reach, reply.status, has_task=False, code=error.info) is Fate.BUSY


def is_retriable(reply: Reply, error: ApiError) -> bool:
    """Whether a failed request that creates no task may succeed when it is sent again."""
    return fate(reply.reach, reply.status, has_task=False, code=error.info) in _UNDECIDED


_UNDECIDED = frozenset({Fate.BUSY, Fate.NOT_SENT, Fate.AMBIGUOUS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What an answer offers of a task's results."""

    urls: tuple[str, ...] = ()
    creations: tuple[Creation, ...] = ()
    """What else is offered of each of `urls`."""
    shortfall: Shortfall | None = None
    """Why `urls` are not all that was paid for."""


def results(clean: Sequence[str | None], beside: Sequence[Creation] = ()) -> Results:
    """The results of a task: their URLs in order, None for one that is offered without.

    `beside` is what else is offered of each, in the same order: the version with the vendor's mark
    stands in for one that is not offered without.
    """
    offered = list(itertools.zip_longest(clean, beside, fillvalue=None))
    pairs = [(url, creation or Creation()) for url, creation in offered]
    found = [(url or other.watermarked_url, other) for url, other in pairs]
    only_marked = sum(bool(other.watermarked_url and not url) for url, other in pairs)
    there = [(url, other) for url, other in found if url]
    return Results(
        urls=tuple(url for url, _ in there),
        creations=tuple(other for _, other in there),
        shortfall=_shortfall(len(pairs), only_marked, len(pairs) - len(there)),
    )


def _shortfall(total: int, only_marked: int, missing: int) -> Shortfall | None:
    if only_marked:
        some = "the result" if total == 1 else f"{only_marked} of {total} results"
        message = f"the provider offers {some} only with its watermark"
        return Shortfall(code=ONLY_WATERMARKED, message=message)
    if missing and missing < total:
        message = f"the provider offers no URL of {missing} of {total} results"
        return Shortfall(code=INCOMPLETE, message=message)
    return None


def task_state(
    word: str | None, states: Mapping[str, TaskState], offered: Results
) -> tuple[TaskState, str]:
    """The state for a provider's word, and with `UNKNOWN` what is wrong with the answer."""
    if word is None:
        return TaskState.UNKNOWN, "the answer contains no state"
    state = states.get(word.lower())
    if state is None:
        return TaskState.UNKNOWN, f"its state is {word!r}"
    if state is not TaskState.SUCCEEDED:
        return state, ""
    if not offered.urls:
        return TaskState.UNKNOWN, "it is done, but the answer contains no URL of a result"
    if offered.shortfall:
        return TaskState.UNKNOWN, f"it is done, but {offered.shortfall.message}"
    return state, ""
