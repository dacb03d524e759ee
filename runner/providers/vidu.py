"""Vidu: builds submissions and status requests, reads what the answers mean.

Requests and the answer to a submission follow the Vidu document; queries and error codes follow
the vendor's public documentation. Copy this module to add the next provider.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from runner.model.operations import USUAL_FORM, ResultForm, Unit
from runner.model.requests import (
    CANCELLED,
    Account,
    Auth,
    Billed,
    Creation,
    ErrorClass,
    Fate,
    JobError,
    Reply,
    Request,
    Submission,
    TaskState,
    TaskStatus,
)
from runner.model.values import as_list
from runner.providers import base, fates, parse
from runner.providers.fates import ApiError, ErrorCodeInfo

NAME = "vidu"
DEFAULT_BASE_URL = "https://api.vidu.cn"
HOSTS = frozenset({"api.vidu.cn", "api.vidu.com"})
KEY_ENV = "VIDU_API_KEY"
BASE_URL_ENV = "VIDU_BASE_URL"
UNIT: Unit = "credits"
REPORTS_PRICE = True
HAS_CREATIONS = True

# The size in PageSizeOutOfRange is that of an image.
_INPUT_CODES = (
    *("BadRequest", "FieldLacking", "FieldUnwanted", "FieldInvalid", "FieldItemCountOutOfRange"),
    *("PageSizeOutOfRange", "ImageFormatInvalid", "ImageDownloadFailure", "ImageSizeInvalid"),
    *("ImageCheckBodyJointsFailed", "ImageCheckFaceFailed", "ImageObjectsUndetected"),
    *("FaceDetectFailure", "FaceDetectNotPass", "NoFaceDetected", "MultiFaceDetected"),
    *("VideoDownloadFailure", "VideoFormatInvalid"),
)
_POLICY_CODES = (
    *("AuditSubmitIllegal", "TaskPromptPolicyViolation", "CreationPolicyViolation"),
    *("PhotoAuditNotPass", "AuditFailed"),
)
_KEY = ErrorCodeInfo(class_=ErrorClass.AUTH, fate=Fate.STOPPED)
_CREDIT = ErrorCodeInfo(class_=ErrorClass.QUOTA, fate=Fate.STOPPED)
_LATER = ErrorCodeInfo(class_=ErrorClass.TRANSIENT, fate=Fate.BUSY)
_UNKNOWN_FATE = ErrorCodeInfo(class_=ErrorClass.TRANSIENT, fate=Fate.AMBIGUOUS)

CODES: fates.Codes = {
    **dict.fromkeys(_INPUT_CODES, ErrorCodeInfo(class_=ErrorClass.INPUT)),
    **dict.fromkeys(_POLICY_CODES, ErrorCodeInfo(class_=ErrorClass.POLICY)),
    "ModelUnavailable": ErrorCodeInfo(class_=ErrorClass.PROVIDER, by_account=True),
    "OperationInProcess": _LATER,
    "CreditInsufficient": _CREDIT,
    "402": _CREDIT,
    "Unauthorized": _KEY,
    "401": _KEY,
    # It may concern one model only, so one such answer does not stop all submissions.
    "Forbidden": ErrorCodeInfo(class_=ErrorClass.AUTH),
    "QuotaExceeded": ErrorCodeInfo(class_=ErrorClass.QUOTA, fate=Fate.BUSY, too_many_tasks=True),
    "TooManyRequests": _LATER,
    "SystemThrottling": _LATER,
    "Conflict": _UNKNOWN_FATE,
    "Canceled": _UNKNOWN_FATE,
    "InternalServiceFailure": ErrorCodeInfo(class_=ErrorClass.PROVIDER, fate=Fate.AMBIGUOUS),
    "UserCancelled": ErrorCodeInfo(class_=ErrorClass.TRANSIENT),
    "Unknown": ErrorCodeInfo(class_=ErrorClass.PROVIDER, by_hand=True),
}
GONE = frozenset({"TaskNotFound", "CreationNotFound", "NotFound"})
_CODE_BY_STATUS = {
    401: "Unauthorized",
    402: "CreditInsufficient",
    403: "Forbidden",
    429: "TooManyRequests",
}

_CANCELLED_WORDS = ("cancelled", "canceled")
_STATES = {
    "created": TaskState.WAITING,
    "queueing": TaskState.WAITING,
    "processing": TaskState.RUNNING,
    "success": TaskState.SUCCEEDED,
    "failed": TaskState.FAILED,
    # Not documented: how a task looks that the provider has cancelled.
    **dict.fromkeys(_CANCELLED_WORDS, TaskState.FAILED),
}
_ENDED = frozenset({TaskState.SUCCEEDED, TaskState.FAILED})
ACTIVE = frozenset(word for word, state in _STATES.items() if state not in _ENDED)
"""The documented states of tasks that have not ended."""
WAITING = frozenset(word for word, state in _STATES.items() if state is TaskState.WAITING)
"""Of these, the states of tasks that nobody works on yet."""


def default_auth(base_url: str) -> Auth:
    """`Token KEY` at the vendor's own hosts, `Bearer KEY` at gateways."""
    return "token" if urlsplit(base_url).hostname in HOSTS else "bearer"


def read_submission(reply: Reply, form: ResultForm = USUAL_FORM) -> Submission:
    """What became of a submission. Only this answer contains the seed, no later one does."""
    value = parse.json_object(reply.body) or {}
    task_id = parse.task_id(*_ids(value, form))
    return fates.read_submission(
        reply,
        read_error(reply, value),
        task_id=task_id,
        trace_id=parse.text(parse.child(value, "metadata").get("trace_id")),
        seed=parse.whole(value.get("seed")),
        credits_=parse.whole(value.get("credits")),
        task=read_task(value, task_id or "", form) if form.synchronous else None,
    )


def _ids(value: parse.JsonObject, form: ResultForm) -> list[Any]:
    """What may be the task's id, the likeliest first."""
    names = (form.task_id,) if form.task_id else ("task_id", "id")
    return [value.get(name) for name in names]


def status(account: Account, task_id: str, form: ResultForm = USUAL_FORM) -> Request:
    """The request for one task and its creations."""
    path = form.path or "/ent/v2/tasks/{id}/creations"
    return base.request(account, "GET", path.replace("{id}", quote(task_id, safe="")))


def read_status(reply: Reply, task_id: str, form: ResultForm = USUAL_FORM) -> TaskStatus:
    """The status of the task; `UNKNOWN` if the answer does not contain it."""
    value = parse.json_object(reply.body) or {}
    task = read_task(value, task_id, form)
    # An error may come with status 200: without state or result, the answer shows no task.
    stateless = task.state is TaskState.UNKNOWN and not {"state", "status"} & value.keys()
    if not base.is_ok(reply) or stateless:
        return fates.failed_status(task_id, reply, read_error(reply, value), GONE)
    return fates.other_task(task_id, *_ids(value, form)) or task


def read_lookup(reply: Reply, form: ResultForm = USUAL_FORM) -> TaskStatus:
    """The status of the task that was asked for by its tag; the answer has its id."""
    value = parse.json_object(reply.body) or {}
    return read_status(reply, parse.task_id(*_ids(value, form)) or "", form)


def read_task(value: parse.JsonObject, task_id: str, form: ResultForm = USUAL_FORM) -> TaskStatus:
    """One task as an answer to a query, a callback or a row of a list contains it."""
    offered = _results(value, form)
    # Rows of lists can lack the state.
    word = _state_word(value) or ("success" if offered.urls else None)
    state, detail = fates.task_state(word, _STATES, offered)
    return TaskStatus(
        task_id=task_id,
        state=state,
        seed=parse.whole(value.get("seed")),
        credits=parse.whole(value.get("credits")),
        urls=offered.urls,
        creations=offered.creations,
        shortfall=offered.shortfall if state is TaskState.UNKNOWN else None,
        error=_task_error(value) if state is TaskState.FAILED else None,
        tag=_tag(value.get("payload")),
        shows_tag=isinstance(value.get("payload", ...), str | None),
        detail=detail,
    )


def is_active(value: parse.JsonObject) -> bool:
    """Whether a task has neither a state that has ended nor a result."""
    if word := _state_word(value):
        return _STATES.get(word.lower()) not in _ENDED
    return not value.get("creations")


def _state_word(value: parse.JsonObject) -> str | None:
    # The description of the callback calls the state "status".
    return parse.first_text(value.get("state"), value.get("status"))


def _results(value: parse.JsonObject, form: ResultForm) -> fates.Results:
    if form.url and (url := parse.url(value.get(form.url))):
        return fates.results([url], [_creation(value)])
    rows = [row for row in as_list(value.get("creations")) if isinstance(row, dict) and row]
    clean = [parse.url(row.get("url")) for row in rows]
    # Rows have the ids of their creations, the task itself has its own.
    return fates.results(
        clean, [replace(_creation(row), id=parse.task_id(row.get("id"))) for row in rows]
    )


def _creation(value: parse.JsonObject) -> Creation:
    return Creation(
        watermarked_url=parse.url(value.get("watermarked_url")),
        cover_url=parse.url(value.get("cover_url")),
    )


def _tag(payload: Any) -> str | None:
    # Compared, never shown, and up to a million characters by the document: not cut.
    return payload if isinstance(payload, str) and payload else None


def probe(account: Account) -> Request:
    """A free request that shows whether the provider answers: the balance."""
    # Its page calls the parameter required.
    return base.request(account, "GET", "/ent/v2/credits?show_detail=false")


def _task_error(value: parse.JsonObject) -> JobError:
    word = _state_word(value) or ""
    fallback = "Canceled" if word.lower() in _CANCELLED_WORDS else "failed"
    code = parse.first_text(value.get("err_code"), value.get("reason")) or fallback
    message = parse.first_text(value.get("err_msg"), value.get("message"))
    info = CODES.get(code)
    # Whether failed tasks are billed is not documented; only "0 credits" shows that one was not.
    # An off-peak task that was not begun within 48 hours is cancelled, its credits given back.
    unbegun = value.get("off_peak") is True and code in ("Canceled", CANCELLED)
    free = unbegun or parse.whole(value.get("credits")) == 0
    return JobError(
        code=code,
        message=message or f"the task failed at the provider ({code})",
        class_=info.class_ if info else ErrorClass.PROVIDER,
        billed=Billed.NO if free else Billed.UNKNOWN,
    )


def read_error(reply: Reply, value: parse.JsonObject) -> ApiError:
    """The error `{code, reason, message}` of an answer, at its root or under "error"."""
    error = parse.child(value, "error") or value
    number = error.get("code")
    code = parse.first_text(
        error.get("reason"),
        str(number) if isinstance(number, int) and parse.whole(number) else number,
        error.get("err_code"),
    )
    # A code that only repeats the status is less useful than the name for that status.
    if code == str(reply.status):
        code = None
    message = parse.first_text(error.get("message"), error.get("err_msg"), value.get("error"))
    return fates.api_error(reply, code, message, CODES, _CODE_BY_STATUS)
