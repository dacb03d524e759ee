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
from runner.providers import base, fates, reading
from runner.providers.base import Auth
from runner.providers.fates import Fault, Known

NAME = "modelverse"
DEFAULT_BASE_URL = "https://api.modelverse.cn"
HOSTS = frozenset({"api.modelverse.cn", "api.umodelverse.ai"})
KEY_ENV = "MODELVERSE_API_KEY"
BASE_URL_ENV = "MODELVERSE_BASE_URL"
UNIT: Unit = "cny"
TELLS_PRICE = False

_POLICY = Known(class_=ErrorClass.POLICY)
_DOUBT = Known(class_=ErrorClass.TRANSIENT, fate=Fate.AMBIGUOUS)

CODES: fates.Codes = {
    "param_error": Known(class_=ErrorClass.INPUT),
    "invalid_messages": _POLICY,
    "sensitive_check_error": _POLICY,
    "model_error": Known(class_=ErrorClass.PROVIDER),
    "auth_error": Known(class_=ErrorClass.AUTH, fate=Fate.STOPPED),
    "rate_limit": Known(class_=ErrorClass.QUOTA, fate=Fate.BUSY, narrow=True),
    "timeout": _DOUBT,
    "internal_error": _DOUBT,
    "model_server_error": _DOUBT,
    "gateway_timeout_error": _DOUBT,
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
    value = reading.json_object(reply.body) or {}
    task_id = reading.task_id(reading.child(value, "output").get("task_id"), value.get("task_id"))
    trace_id = _trace_id(reply, value)
    if fates.fate(reply.reach, reply.status, task_id, None) is not Fate.SUBMITTED:
        return fates.unaccepted(reply, fault_of(reply, value), trace_id=trace_id)
    return Submission(fate=Fate.SUBMITTED, task_id=task_id, trace_id=trace_id)


def status(account: Account, task_id: str) -> Request:
    """The question after one task."""
    return base.request(account, "GET", f"/v1/tasks/status?task_id={quote(task_id, safe='')}")


def probe(account: Account) -> Request:
    """A question that costs nothing and tells whether the provider answers: no such task."""
    return status(account, "vidu-run-probe")


def read_status(reply: Reply, task_id: str) -> TaskStatus:
    """What the answer says of the task; `UNKNOWN` whenever it says nothing of this one."""
    value = reading.json_object(reply.body) or {}
    output = reading.child(value, "output")
    if reply.reach is not Reach.ANSWERED or not 200 <= reply.status < 300 or not output:
        return fates.unanswered(task_id, reply, fault_of(reply, value), GONE)
    told = reading.task_id(output.get("task_id"))
    if told not in {None, task_id}:
        detail = f"the answer is about another task, {told}"
        return TaskStatus(task_id=task_id, state=TaskState.UNKNOWN, detail=detail)
    return _read_task(value, output, task_id)


def _read_task(value: reading.JsonObject, output: reading.JsonObject, task_id: str) -> TaskStatus:
    listed = output.get("urls")
    urls = tuple(
        found for url in (listed if isinstance(listed, list) else []) if (found := reading.url(url))
    )
    said = reading.first_text(output.get("task_status"), output.get("status"))
    state = _STATES.get(said.lower(), TaskState.UNKNOWN) if said else TaskState.UNKNOWN
    detail = f"its status is {said!r}" if said else "the answer names no status"
    if state is TaskState.SUCCEEDED and not urls:
        state, detail = TaskState.UNKNOWN, "it is done, but the answer has no URL of a result"
    return TaskStatus(
        task_id=task_id,
        state=state,
        usage=reading.scalars(value.get("usage")),
        urls=urls,
        error=_task_error(output) if state is TaskState.FAILED else None,
        detail=detail if state is TaskState.UNKNOWN else "",
    )


def _task_error(output: reading.JsonObject) -> JobError:
    """A failed task comes with a message only: neither its cause nor its charge is guessed."""
    said = reading.text(output.get("error_message"))
    return JobError(
        code="Failure",
        message=said or "the task failed at the provider, which says no more",
        class_=ErrorClass.PROVIDER,
        billed=Billed.UNKNOWN,
    )


def fault_of(reply: Reply, value: reading.JsonObject) -> Fault:
    """The error's type, code and message; the documented name may stand in either of the two."""
    error = reading.child(value, "error") or value
    names = [reading.text(error.get(key)) for key in ("code", "type", "err_code")]
    known = (name for name in names if name in CODES)
    code = next(known, None) or next((name for name in names if name), None)
    message = reading.first_text(error.get("message"), value.get("error"))
    return fates.fault(reply, code, message, CODES, _USUAL)


def _trace_id(reply: Reply, value: reading.JsonObject) -> str | None:
    return reading.first_text(
        value.get("request_id"),
        reading.child(value, "error").get("request_id"),
        reply.headers.get("x-request-id"),
    )
