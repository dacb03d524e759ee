"""Vidu: submissions, and what the answers to them and to the question after a task mean.

Requests and the answer to a submission follow the Vidu document; queries and error codes the
vendor's public documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from runner.model import (
    Account,
    Billed,
    ErrorClass,
    Fate,
    JobError,
    Operation,
    Reach,
    Reply,
    Request,
    Submission,
    TaskState,
    TaskStatus,
    Unit,
)
from runner.providers import base, fates, parse
from runner.providers.base import Auth
from runner.providers.fates import ApiError, ErrorCodeInfo

NAME = "vidu"
DEFAULT_BASE_URL = "https://api.vidu.cn"
HOSTS = frozenset({"api.vidu.cn", "api.vidu.com"})
KEY_ENV = "VIDU_API_KEY"
BASE_URL_ENV = "VIDU_BASE_URL"
UNIT: Unit = "credits"
REPORTS_PRICE = True

_INPUT = ErrorCodeInfo(class_=ErrorClass.INPUT)
_POLICY = ErrorCodeInfo(class_=ErrorClass.POLICY)
_KEY = ErrorCodeInfo(class_=ErrorClass.AUTH, fate=Fate.STOPPED)
_CREDIT = ErrorCodeInfo(class_=ErrorClass.QUOTA, fate=Fate.STOPPED)
_LATER = ErrorCodeInfo(class_=ErrorClass.TRANSIENT, fate=Fate.BUSY)
_UNKNOWN_FATE = ErrorCodeInfo(class_=ErrorClass.TRANSIENT, fate=Fate.AMBIGUOUS)

CODES: fates.Codes = {
    "BadRequest": _INPUT,
    "FieldLacking": _INPUT,
    "FieldUnwanted": _INPUT,
    "FieldInvalid": _INPUT,
    "FieldItemCountOutOfRange": _INPUT,
    "PageSizeOutOfRange": _INPUT,  # it means the size of an image
    "ImageFormatInvalid": _INPUT,
    "ImageDownloadFailure": _INPUT,
    "ModelUnavailable": ErrorCodeInfo(class_=ErrorClass.PROVIDER),
    "AuditSubmitIllegal": _POLICY,
    "TaskPromptPolicyViolation": _POLICY,
    "CreationPolicyViolation": _POLICY,
    "OperationInProcess": _LATER,
    "CreditInsufficient": _CREDIT,
    "402": _CREDIT,
    "Unauthorized": _KEY,
    "401": _KEY,
    # It may concern one model only, so one such answer does not stop all submissions.
    "Forbidden": ErrorCodeInfo(class_=ErrorClass.AUTH),
    "QuotaExceeded": ErrorCodeInfo(class_=ErrorClass.QUOTA, fate=Fate.BUSY, narrow=True),
    "TooManyRequests": _LATER,
    "SystemThrottling": _LATER,
    "Conflict": _UNKNOWN_FATE,
    "Canceled": _UNKNOWN_FATE,
    "InternalServiceFailure": ErrorCodeInfo(class_=ErrorClass.PROVIDER, fate=Fate.AMBIGUOUS),
    "UserCancelled": ErrorCodeInfo(class_=ErrorClass.TRANSIENT),
}
GONE = frozenset({"TaskNotFound", "CreationNotFound", "NotFound"})
_USUAL = {401: "Unauthorized", 402: "CreditInsufficient", 403: "Forbidden", 429: "TooManyRequests"}

_STATES = {
    "created": TaskState.WAITING,
    "queueing": TaskState.WAITING,
    "processing": TaskState.RUNNING,
    "success": TaskState.SUCCEEDED,
    "failed": TaskState.FAILED,
}

_ENDED = frozenset({TaskState.SUCCEEDED, TaskState.FAILED})
UNDER_WAY = frozenset(said for said, state in _STATES.items() if state not in _ENDED)
"""The states, as documented, of tasks that have not ended."""


def default_auth(base_url: str) -> Auth:
    """`Token KEY` at the vendor's own hosts, `Bearer KEY` at gateways."""
    return "token" if urlsplit(base_url).hostname in HOSTS else "bearer"


def submission(operation: Operation, body: Mapping[str, Any], account: Account) -> Request:
    """The POST that pays."""
    return base.request(
        account, operation.method, operation.path, body=body, media_type=operation.media_type
    )


def read_submission(reply: Reply) -> Submission:
    """What became of a submission; the seed is in this answer and in no later one."""
    value = parse.json_object(reply.body) or {}
    task_id = parse.task_id(value.get("task_id"), value.get("id"))
    trace_id = _trace_id(reply, value)
    if fates.fate(reply.reach, reply.status, task_id, None) is not Fate.SUBMITTED:
        return fates.unaccepted(reply, api_error_of(reply, value), trace_id=trace_id)
    return Submission(
        fate=Fate.SUBMITTED,
        task_id=task_id,
        seed=parse.whole(value.get("seed")),
        credits=parse.whole(value.get("credits")),
        trace_id=trace_id,
    )


def status(account: Account, task_id: str) -> Request:
    """The question after one task and its creations."""
    return base.request(account, "GET", f"/ent/v2/tasks/{quote(task_id, safe='')}/creations")


def probe(account: Account) -> Request:
    """A question that costs nothing and tells whether the provider answers: the balance."""
    return base.request(account, "GET", "/ent/v2/credits")


def read_status(reply: Reply, task_id: str) -> TaskStatus:
    """What the answer says of the task; `UNKNOWN` whenever it says nothing of this one."""
    value = parse.json_object(reply.body) or {}
    told = [name for key in ("id", "task_id") if (name := parse.task_id(value.get(key)))]
    found = read_task(value, task_id)
    silent = found.state is TaskState.UNKNOWN and not {"state", "status"} & value.keys()
    if reply.reach is not Reach.ANSWERED or not 200 <= reply.status < 300 or silent:
        return fates.unanswered(task_id, reply, api_error_of(reply, value), GONE)
    if told and task_id not in told:
        detail = f"the answer is about another task, {told[0]}"
        return TaskStatus(task_id=task_id, state=TaskState.UNKNOWN, detail=detail)
    return found


def read_task(value: parse.JsonObject, task_id: str) -> TaskStatus:
    """One task as a query, a callback or a row of a list tells of it.

    A task with creations and no word on its state is done; the callback's description calls
    the state "status".
    """
    urls = tuple(_urls(value.get("creations")))
    said = _reported(value)
    state = _STATES.get(said.lower(), TaskState.UNKNOWN) if said else TaskState.UNKNOWN
    detail = f"its state is {said!r}" if said else "the answer names no state"
    if not said and urls:
        state = TaskState.SUCCEEDED
    elif state is TaskState.SUCCEEDED and not urls:
        state, detail = TaskState.UNKNOWN, "it is done, but the answer has no URL of a result"
    return TaskStatus(
        task_id=task_id,
        state=state,
        seed=parse.whole(value.get("seed")),
        credits=parse.whole(value.get("credits")),
        urls=urls,
        error=_task_error(value) if state is TaskState.FAILED else None,
        tag=_tag(value.get("payload")),
        detail=detail if state is TaskState.UNKNOWN else "",
    )


def is_under_way(value: parse.JsonObject) -> bool:
    """Whether nothing says that a task has ended: neither its state nor a result."""
    said = _reported(value)
    if said is None:
        return not value.get("creations")
    return _STATES.get(said.lower()) not in _ENDED


def _reported(value: parse.JsonObject) -> str | None:
    return parse.first_text(value.get("state"), value.get("status"))


def _urls(creations: Any) -> list[str]:
    rows = creations if isinstance(creations, list) else []
    found = [
        parse.url(row.get("url")) or parse.url(row.get("watermarked_url"))
        for row in rows
        if isinstance(row, dict)
    ]
    return [url for url in found if url]


def _tag(payload: Any) -> str | None:
    # Compared, never shown, and up to a million characters by the document: not cut.
    return payload if isinstance(payload, str) and payload else None


def _task_error(value: parse.JsonObject) -> JobError:
    """Whether a failed task was charged is not documented: only "0 credits" says it was not."""
    code = parse.first_text(value.get("err_code"), value.get("reason")) or "failed"
    said = parse.first_text(value.get("err_msg"), value.get("message"))
    known = CODES.get(code)
    return JobError(
        code=code,
        message=said or f"the task failed at the provider ({code})",
        class_=known.class_ if known else ErrorClass.PROVIDER,
        billed=Billed.NO if parse.whole(value.get("credits")) == 0 else Billed.UNKNOWN,
    )


def api_error_of(reply: Reply, value: parse.JsonObject) -> ApiError:
    """The error `{code, reason, message}` of an answer, at its root or under "error"."""
    error = parse.child(value, "error") or value
    numeric = error.get("code")
    code = parse.first_text(
        error.get("reason"),
        str(numeric) if isinstance(numeric, int) and parse.whole(numeric) else numeric,
        error.get("err_code"),
    )
    # The number alone repeats the status; the name that the status stands for says more.
    if code == str(reply.status):
        code = None
    message = parse.first_text(error.get("message"), error.get("err_msg"), value.get("error"))
    return fates.api_error(reply, code, message, CODES, _USUAL)


def _trace_id(reply: Reply, value: parse.JsonObject) -> str | None:
    metadata = parse.child(value, "metadata")
    return parse.first_text(metadata.get("trace_id"), reply.headers.get("x-request-id"))
