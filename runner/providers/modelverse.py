"""ModelVerse: submissions, and what the answers to them and to the question after a task mean.

Requests and answers follow the ModelVerse document; error codes the vendor's public
documentation, which leaves their envelope open: `{"error": {...}}` and the bare object are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

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

NAME = "modelverse"
DEFAULT_BASE_URL = "https://api.modelverse.cn"
HOSTS = frozenset({"api.modelverse.cn", "api.umodelverse.ai"})
KEY_ENV = "MODELVERSE_API_KEY"
BASE_URL_ENV = "MODELVERSE_BASE_URL"
UNIT: Unit = "cny"
REPORTS_PRICE = False

_POLICY = ErrorCodeInfo(class_=ErrorClass.POLICY)
_UNKNOWN_FATE = ErrorCodeInfo(class_=ErrorClass.TRANSIENT, fate=Fate.AMBIGUOUS)

CODES: fates.Codes = {
    "param_error": ErrorCodeInfo(class_=ErrorClass.INPUT),
    "invalid_messages": _POLICY,
    "sensitive_check_error": _POLICY,
    "model_error": ErrorCodeInfo(class_=ErrorClass.PROVIDER),
    "auth_error": ErrorCodeInfo(class_=ErrorClass.AUTH, fate=Fate.STOPPED),
    "rate_limit": ErrorCodeInfo(class_=ErrorClass.QUOTA, fate=Fate.BUSY, narrow=True),
    "timeout": _UNKNOWN_FATE,
    "internal_error": _UNKNOWN_FATE,
    "model_server_error": _UNKNOWN_FATE,
    "gateway_timeout_error": _UNKNOWN_FATE,
}
GONE: frozenset[str] = frozenset()
_USUAL = {
    401: "auth_error",
    408: "timeout",
    429: "rate_limit",
    500: "internal_error",
    504: "gateway_timeout_error",
}

_STATES = {
    "pending": TaskState.WAITING,
    "running": TaskState.RUNNING,
    "success": TaskState.SUCCEEDED,
    "failure": TaskState.FAILED,
}


def default_auth(base_url: str) -> Auth:  # noqa: ARG001 - the same at every address
    """The bare key, as the document's samples send it."""
    return "raw"


def submission(operation: Operation, body: Mapping[str, Any], account: Account) -> Request:
    """The POST that pays."""
    return base.request(
        account, operation.method, operation.path, body=body, media_type=operation.media_type
    )


def read_submission(reply: Reply) -> Submission:
    """What became of a submission; neither seed nor credits are told."""
    value = parse.json_object(reply.body) or {}
    task_id = parse.task_id(parse.child(value, "output").get("task_id"), value.get("task_id"))
    trace_id = _trace_id(reply, value)
    if fates.fate(reply.reach, reply.status, task_id, None) is not Fate.SUBMITTED:
        return fates.unaccepted(reply, api_error_of(reply, value), trace_id=trace_id)
    return Submission(fate=Fate.SUBMITTED, task_id=task_id, trace_id=trace_id)


def status(account: Account, task_id: str) -> Request:
    """The question after one task."""
    return base.request(account, "GET", f"/v1/tasks/status?task_id={quote(task_id, safe='')}")


def probe(account: Account) -> Request:
    """A question that costs nothing and tells whether the provider answers: no such task."""
    return status(account, "vidu-run-probe")


def read_status(reply: Reply, task_id: str) -> TaskStatus:
    """What the answer says of the task; `UNKNOWN` whenever it says nothing of this one."""
    value = parse.json_object(reply.body) or {}
    output = parse.child(value, "output")
    if reply.reach is not Reach.ANSWERED or not 200 <= reply.status < 300 or not output:
        return fates.unanswered(task_id, reply, api_error_of(reply, value), GONE)
    told = parse.task_id(output.get("task_id"))
    if told not in {None, task_id}:
        detail = f"the answer is about another task, {told}"
        return TaskStatus(task_id=task_id, state=TaskState.UNKNOWN, detail=detail)
    return _read_task(value, output, task_id)


def _read_task(value: parse.JsonObject, output: parse.JsonObject, task_id: str) -> TaskStatus:
    listed = output.get("urls")
    urls = tuple(
        found for url in (listed if isinstance(listed, list) else []) if (found := parse.url(url))
    )
    said = parse.first_text(output.get("task_status"), output.get("status"))
    state = _STATES.get(said.lower(), TaskState.UNKNOWN) if said else TaskState.UNKNOWN
    detail = f"its status is {said!r}" if said else "the answer names no status"
    if state is TaskState.SUCCEEDED and not urls:
        state, detail = TaskState.UNKNOWN, "it is done, but the answer has no URL of a result"
    return TaskStatus(
        task_id=task_id,
        state=state,
        usage=parse.scalars(value.get("usage")),
        urls=urls,
        error=_task_error(output) if state is TaskState.FAILED else None,
        detail=detail if state is TaskState.UNKNOWN else "",
    )


def _task_error(output: parse.JsonObject) -> JobError:
    """A failed task comes with a message only: neither its cause nor its charge is guessed."""
    said = parse.text(output.get("error_message"))
    return JobError(
        code="Failure",
        message=said or "the task failed at the provider, which says no more",
        class_=ErrorClass.PROVIDER,
        billed=Billed.UNKNOWN,
    )


def api_error_of(reply: Reply, value: parse.JsonObject) -> ApiError:
    """The error's type, code and message; the documented name may stand in either of the two."""
    error = parse.child(value, "error") or value
    names = [parse.text(error.get(key)) for key in ("code", "type", "err_code")]
    known = (name for name in names if name in CODES)
    code = next(known, None) or next((name for name in names if name), None)
    message = parse.first_text(error.get("message"), value.get("error"))
    return fates.api_error(reply, code, message, CODES, _USUAL)


def _trace_id(reply: Reply, value: parse.JsonObject) -> str | None:
    return parse.first_text(
        value.get("request_id"),
        parse.child(value, "error").get("request_id"),
        reply.headers.get("x-request-id"),
    )
