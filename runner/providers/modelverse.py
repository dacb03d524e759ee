"""ModelVerse: builds submissions and status requests, reads what the answers mean.

Requests and answers follow the ModelVerse document; error codes follow the vendor's public
documentation: `{"error": {message, type, param, code}}`; the bare object is read as well.
"""

from __future__ import annotations

from urllib.parse import quote

from runner.model.operations import USUAL_FORM, ResultForm, Unit
from runner.model.requests import (
    Account,
    Auth,
    Billed,
    ErrorClass,
    Fate,
    JobError,
    Reply,
    Request,
    Submission,
    TaskState,
    TaskStatus,
)
from runner.model.values import as_list, is_number
from runner.providers import base, fates, parse
from runner.providers.fates import ApiError, ErrorCodeInfo

NAME = "modelverse"
DEFAULT_BASE_URL = "https://api.modelverse.cn"
HOSTS = frozenset({"api.modelverse.cn", "api.umodelverse.ai"})
KEY_ENV = "MODELVERSE_API_KEY"
BASE_URL_ENV = "MODELVERSE_BASE_URL"
UNIT: Unit = "cny"
REPORTS_PRICE = False
HAS_CREATIONS = False

_POLICY = ErrorCodeInfo(class_=ErrorClass.POLICY)
_UNKNOWN_FATE = ErrorCodeInfo(class_=ErrorClass.TRANSIENT, fate=Fate.AMBIGUOUS)

CODES: fates.Codes = {
    "param_error": ErrorCodeInfo(class_=ErrorClass.INPUT),
    "invalid_messages": _POLICY,
    "sensitive_check_error": _POLICY,
    "model_error": ErrorCodeInfo(class_=ErrorClass.PROVIDER, by_account=True),
    "auth_error": ErrorCodeInfo(class_=ErrorClass.AUTH, fate=Fate.STOPPED),
    # The key's quota is used up, or the caller's address is not on its list: every request meets
    # the same. A model that the key may not use is a `model_error`.
    "permission_error": ErrorCodeInfo(class_=ErrorClass.AUTH, fate=Fate.STOPPED),
    "forbidden": ErrorCodeInfo(class_=ErrorClass.AUTH, fate=Fate.STOPPED),
    "rate_limit": ErrorCodeInfo(class_=ErrorClass.QUOTA, fate=Fate.BUSY, too_many_tasks=True),
    # Kling's pages: no resources, a bad answer of Kling, could not create. The page has no HTTP
    # codes; behind a bad answer there may be a task.
    "006001094": ErrorCodeInfo(class_=ErrorClass.TRANSIENT),
    "006001095": _UNKNOWN_FATE,
    "006001099": ErrorCodeInfo(class_=ErrorClass.PROVIDER),
    "timeout": _UNKNOWN_FATE,
    "internal_error": _UNKNOWN_FATE,
    "model_server_error": _UNKNOWN_FATE,
    "gateway_timeout_error": _UNKNOWN_FATE,
}
_CODE_BY_STATUS = {
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
    "expired": TaskState.FAILED,
}


def default_auth(base_url: str) -> Auth:  # noqa: ARG001 - the same at every address
    """The bare key, as the document's samples send it."""
    return "raw"


def read_submission(reply: Reply, form: ResultForm = USUAL_FORM) -> Submission:
    """What became of a submission. The answer contains neither seed nor credits."""
    value = parse.json_object(reply.body) or {}
    name = form.task_id or "task_id"
    task_id = parse.task_id(parse.child(value, "output").get(name), value.get(name))
    return fates.read_submission(
        reply,
        _read_error(reply, value),
        task_id=task_id,
        task=_read_task(value, task_id or "", form) if form.synchronous else None,
        trace_id=parse.first_text(
            value.get("request_id"), parse.child(value, "error").get("request_id")
        ),
    )


def status(account: Account, task_id: str, form: ResultForm = USUAL_FORM) -> Request:
    """The request for one task."""
    path = form.path or "/v1/tasks/status?task_id={id}"
    return base.request(account, "GET", path.replace("{id}", quote(task_id, safe="")))


def read_status(reply: Reply, task_id: str, form: ResultForm = USUAL_FORM) -> TaskStatus:
    """The status of the task; `UNKNOWN` if the answer does not contain it."""
    value = parse.json_object(reply.body) or {}
    output = parse.child(value, "output")
    if not base.is_ok(reply) or not output:
        return fates.failed_status(task_id, reply, _read_error(reply, value))
    other = fates.other_task(task_id, output.get(form.task_id or "task_id"))
    return other or _read_task(value, task_id, form)


def read_lookup(reply: Reply, form: ResultForm = USUAL_FORM) -> TaskStatus:
    """The status of the task that was asked for by its tag; the answer has its id."""
    output = parse.child(parse.json_object(reply.body) or {}, "output")
    return read_status(reply, parse.task_id(output.get(form.task_id or "task_id")) or "", form)


def _read_task(value: parse.JsonObject, task_id: str, form: ResultForm) -> TaskStatus:
    output = parse.child(value, "output")
    named = parse.url(output.get(form.url)) if form.url else None
    urls = [named] if named else [parse.url(item) for item in as_list(output.get("urls"))]
    offered = fates.results(urls)
    word = parse.first_text(output.get("task_status"), output.get("status"))
    state, detail = fates.task_state(word, _STATES, offered)
    return TaskStatus(
        task_id=task_id,
        state=state,
        usage=parse.scalars(value.get("usage")),
        urls=offered.urls,
        creations=offered.creations,
        shortfall=offered.shortfall if state is TaskState.UNKNOWN else None,
        error=_task_error(word, value) if state is TaskState.FAILED else None,
        detail=detail,
    )


def probe(account: Account) -> Request:
    """A free request that shows whether the provider answers: the status of no real task."""
    # Its document has no other free request; that the task does not exist is a readable answer.
    return status(account, "vidu-run-probe")


def _task_error(word: str | None, value: parse.JsonObject) -> JobError:
    """The error of a task that failed, or that nobody began in time.

    The answer has a message only, which shows no cause.
    """
    is_expired = word is not None and word.lower() == "expired"
    silent = "expired before it was done" if is_expired else "failed"
    message = parse.text(parse.child(value, "output").get("error_message"))
    # A model that is billed by the token reports them; of the other ones no charge is known.
    tokens = parse.child(value, "usage").get("total_tokens")
    is_free = is_number(tokens) and tokens == 0
    return JobError(
        code="Expired" if is_expired else "Failure",
        message=message or f"the task {silent} at the provider, which gives no reason",
        class_=ErrorClass.TRANSIENT if is_expired else ErrorClass.PROVIDER,
        billed=Billed.NO if is_free else Billed.UNKNOWN,
    )


def _read_error(reply: Reply, value: parse.JsonObject) -> ApiError:
    """The error's type, code and message; the documented name may be in either of the two."""
    error = parse.child(value, "error") or value
    names = [name for key in ("code", "type", "err_code") if (name := parse.text(error.get(key)))]
    documented = (name for name in names if name in CODES)
    code = next(documented, names[0] if names else None)
    message = parse.first_text(error.get("message"), value.get("error"))
    return fates.api_error(reply, code, message, CODES, _CODE_BY_STATUS)
