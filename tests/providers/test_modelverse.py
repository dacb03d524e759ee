"""ModelVerse's answers, each as a table of what came back and what it means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import Secret
from runner.model.requests import Account, Billed, ErrorClass, Fate, Reach, Reply, TaskState
from runner.operations import load_operations
from runner.providers import base, modelverse
from tests.builders import ANY_JSON, answered

ACCOUNT = Account(
    provider="modelverse",
    base_url="https://api.modelverse.cn",
    auth="raw",
    key=Secret("mv-1"),
    key_env="MODELVERSE_API_KEY",
)
INPUT, POLICY, QUOTA = ErrorClass.INPUT, ErrorClass.POLICY, ErrorClass.QUOTA
AUTH, PROVIDER, TRANSIENT = ErrorClass.AUTH, ErrorClass.PROVIDER, ErrorClass.TRANSIENT


@pytest.mark.parametrize("base_url", ["https://api.modelverse.cn", "http://127.0.0.1:1"])
def test_the_key_is_sent_bare(base_url: str) -> None:
    assert modelverse.default_auth(base_url) == "raw"


def test_a_submission_is_the_post_that_the_document_describes() -> None:
    operation = load_operations()["modelverse/reference2video"]
    sent = base.submission(operation, {"model": "viduq2"}, ACCOUNT)
    assert (sent.method, sent.url) == ("POST", "https://api.modelverse.cn/v1/tasks/submit")
    assert sent.headers["Authorization"] == "mv-1"
    assert sent.body == b'{"model":"viduq2"}'


@pytest.mark.parametrize(
    ("body", "task_id", "trace_id"),
    [
        ({"output": {"task_id": "task_id"}, "request_id": "r1"}, "task_id", "r1"),
        ({"output": {"task_id": 77}}, "77", None),
        ({"task_id": "t1", "request_id": ""}, "t1", None),
        ({"output": {"task_id": "t1"}, "usage": [1], "new": None}, "t1", None),
    ],
)
def test_a_task_id_is_read_leniently(body: Any, task_id: str, trace_id: str | None) -> None:
    found = modelverse.read_submission(answered(200, body))
    assert (found.fate, found.task_id, found.trace_id) == (Fate.SUBMITTED, task_id, trace_id)
    assert (found.seed, found.credits, found.error) == (None, None, None)


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (400, "param_error", (Fate.REFUSED, INPUT, False)),
        (400, "006001094", (Fate.REFUSED, TRANSIENT, False)),
        (400, "006001095", (Fate.AMBIGUOUS, TRANSIENT, False)),
        (400, "006001099", (Fate.REFUSED, PROVIDER, False)),
        (500, "006001099", (Fate.AMBIGUOUS, PROVIDER, False)),
        (400, "invalid_messages", (Fate.REFUSED, POLICY, False)),
        (400, "sensitive_check_error", (Fate.REFUSED, POLICY, False)),
        (400, "model_error", (Fate.REFUSED, PROVIDER, False)),
        (403, "permission_error", (Fate.STOPPED, AUTH, False)),
        (400, "permission_error", (Fate.STOPPED, AUTH, False)),
        (400, "forbidden", (Fate.STOPPED, AUTH, False)),
        (401, "auth_error", (Fate.STOPPED, AUTH, False)),
        (400, "auth_error", (Fate.STOPPED, AUTH, False)),
        (402, "anything", (Fate.STOPPED, QUOTA, False)),
        (403, "anything", (Fate.REFUSED, AUTH, False)),
        (408, "timeout", (Fate.AMBIGUOUS, TRANSIENT, False)),
        (429, "rate_limit", (Fate.BUSY, QUOTA, True)),
        (429, "anything", (Fate.BUSY, QUOTA, False)),
        (500, "internal_error", (Fate.AMBIGUOUS, TRANSIENT, False)),
        (500, "model_server_error", (Fate.AMBIGUOUS, TRANSIENT, False)),
        (504, "gateway_timeout_error", (Fate.AMBIGUOUS, TRANSIENT, False)),
        (404, "anything", (Fate.WRONG_ADDRESS, PROVIDER, False)),
        (400, "anything", (Fate.REFUSED, INPUT, False)),
        (200, "param_error", (Fate.REFUSED, INPUT, False)),
        (200, "rate_limit", (Fate.BUSY, QUOTA, True)),
        (200, "internal_error", (Fate.AMBIGUOUS, TRANSIENT, False)),
        (200, "anything", (Fate.AMBIGUOUS, TRANSIENT, False)),
    ],
)
@pytest.mark.parametrize(
    "shape",
    [
        '{"error": {"code": "%s", "message": "no good"}}',
        '{"error": {"type": "%s", "message": "no good"}}',
        '{"code": "%s", "message": "no good"}',
        '{"type": "%s", "message": "no good"}',
    ],
)
def test_an_error_code_decides_fate_and_class(
    status: int, code: str, meaning: tuple[Fate, ErrorClass, bool], shape: str
) -> None:
    found = modelverse.read_submission(answered(status, (shape % code).encode()))
    fate, class_, too_many_tasks = meaning
    assert (found.fate, found.too_many_tasks) == (fate, too_many_tasks)
    assert found.error is not None
    assert (found.error.code, found.error.message) == (code, "no good")
    assert found.error.class_ is class_
    assert (found.error.billed is Billed.UNKNOWN) == (fate is Fate.AMBIGUOUS)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": {"type": "invalid_request", "code": "param_error"}}, "param_error"),
        (400, {"error": {"type": "param_error", "code": "E1"}}, "param_error"),
        (400, {"error": "a text"}, "http_400"),
        (401, b"", "auth_error"),
        (429, b"", "rate_limit"),
        (200, b"not ANY_JSON", "unreadable"),
        (200, {"output": None}, "unreadable"),
        (200, {"output": {"task_id": ""}, "request_id": "r"}, "unreadable"),
    ],
)
def test_the_code_is_found_where_answers_put_it(status: int, body: Any, code: str) -> None:
    found = modelverse.read_submission(answered(status, body)).error
    assert found is not None
    assert found.code == code


def test_without_an_answer_a_submission_is_ambiguous() -> None:
    found = modelverse.read_submission(Reply(reach=Reach.SENT, error="cut"))
    assert found.fate is Fate.AMBIGUOUS


def test_the_task_id_is_escaped_in_the_url() -> None:
    asked = modelverse.status(ACCOUNT, "a&b=c/ü"[:5])
    assert asked.url == "https://api.modelverse.cn/v1/tasks/status?task_id=a%26b%3Dc"
    assert asked.headers["Authorization"] == "mv-1"


def test_the_documents_sample_of_a_success_is_read() -> None:
    body = {
        "output": {
            "task_id": "task_id",
            "task_status": "Success",
            "urls": ["https://xxxxx/xxxx.mp4"],
            "submit_time": 1756959000,
            "finish_time": 1756959050,
        },
        "usage": {"duration": 5},
        "request_id": "",
    }
    found = modelverse.read_status(answered(200, body), "task_id")
    assert found.state is TaskState.SUCCEEDED
    assert found.urls == ("https://xxxxx/xxxx.mp4",)
    assert found.usage == {"duration": 5}


def test_a_missing_url_among_several_is_a_shortfall() -> None:
    output = {"task_id": "t1", "task_status": "Success", "urls": ["https://f/1", ""]}
    found = modelverse.read_status(answered(200, {"output": output}), "t1")
    assert (found.state, found.urls) == (TaskState.UNKNOWN, ("https://f/1",))
    assert found.shortfall is not None


def test_the_documents_sample_of_a_failure_is_read() -> None:
    output = {"task_id": "task_id", "task_status": "Failure", "error_message": "error_message"}
    found = modelverse.read_status(answered(200, {"output": output}), "task_id")
    assert found.state is TaskState.FAILED
    assert found.error is not None
    assert (found.error.code, found.error.message) == ("Failure", "error_message")
    assert (found.error.class_, found.error.billed) == (PROVIDER, Billed.UNKNOWN)


@pytest.mark.parametrize(
    ("word", "usage", "code", "class_", "billed"),
    [
        ("Expired", {"total_tokens": 0}, "Expired", TRANSIENT, Billed.NO),
        ("Expired", {}, "Expired", TRANSIENT, Billed.UNKNOWN),
        ("Failure", {"total_tokens": 0, "duration": 5}, "Failure", PROVIDER, Billed.NO),
        ("Failure", {"total_tokens": 7}, "Failure", PROVIDER, Billed.UNKNOWN),
        ("Failure", {"total_tokens": False}, "Failure", PROVIDER, Billed.UNKNOWN),
    ],
)
def test_a_failed_task_without_tokens_is_not_billed(
    word: str, usage: Any, code: str, class_: ErrorClass, billed: Billed
) -> None:
    body = {"output": {"task_id": "t1", "task_status": word}, "usage": usage}
    error = modelverse.read_status(answered(200, body), "t1").error
    assert error is not None
    assert (error.code, error.class_, error.billed) == (code, class_, billed)


@pytest.mark.parametrize(
    ("status", "body", "state", "fatal"),
    [
        (200, {"output": {"task_status": "Pending"}}, TaskState.WAITING, False),
        (200, {"output": {"task_status": "Running"}}, TaskState.RUNNING, False),
        (200, {"output": {"task_status": "running"}}, TaskState.RUNNING, False),
        (200, {"output": {"task_status": "Failure"}}, TaskState.FAILED, False),
        (200, {"output": {"task_status": "Success", "urls": []}}, TaskState.UNKNOWN, False),
        (200, {"output": {"task_status": "Success", "urls": "u"}}, TaskState.UNKNOWN, False),
        (200, {"output": {"task_status": "Success", "urls": [1]}}, TaskState.UNKNOWN, False),
        (200, {"output": {"task_status": "Expired"}}, TaskState.FAILED, False),
        (200, {"output": {"task_status": "Paused"}}, TaskState.UNKNOWN, False),
        (200, {"output": {"urls": ["https://f/1"]}}, TaskState.UNKNOWN, False),
        (200, {"output": {"task_id": "t2", "task_status": "Failure"}}, TaskState.UNKNOWN, False),
        (200, {}, TaskState.UNKNOWN, False),
        (200, b"<html>", TaskState.UNKNOWN, False),
        (404, {"error": {"message": "no such task"}}, TaskState.GONE, False),
        (404, b"<html>", TaskState.UNKNOWN, False),
        (401, {"error": {"code": "auth_error"}}, TaskState.UNKNOWN, True),
        (403, b"", TaskState.UNKNOWN, True),
        (429, {"code": "rate_limit"}, TaskState.UNKNOWN, False),
        (500, b"", TaskState.UNKNOWN, False),
    ],
)
def test_a_status_answer_has_a_state(status: int, body: Any, state: TaskState, fatal: bool) -> None:
    found = modelverse.read_status(answered(status, body), "t1")
    assert (found.state, found.fatal) == (state, fatal)
    assert bool(found.detail) == (state in {TaskState.UNKNOWN, TaskState.GONE})


NAMES = st.sampled_from(["output", "usage", "error", "code", "type", "message", "task_id"])
INNER = st.dictionaries(st.sampled_from(["task_id", "task_status", "urls", "code"]), ANY_JSON)


@given(st.sampled_from([200, 400, 404, 429, 500]), st.dictionaries(NAMES, ANY_JSON | INNER))
def test_no_answer_raises(status: int, body: dict[str, Any]) -> None:
    reply = answered(status, body)
    assert isinstance(modelverse.read_submission(reply).fate, Fate)
    assert isinstance(modelverse.read_status(reply, "t1").state, TaskState)


KLING = load_operations()["modelverse/kling-v3"].result


def test_a_task_is_asked_for_by_its_tag() -> None:
    request = base.lookup(ACCOUNT, KLING, "a/b c")
    url = "https://api.modelverse.cn/v1/tasks/status?task_id=a%2Fb%20c"
    assert (request.method, request.url, request.body) == ("GET", url, None)


def test_the_answer_to_a_tag_has_the_tasks_own_id() -> None:
    body = {"output": {"task_id": "77", "task_status": "Running"}}
    found = modelverse.read_lookup(answered(200, body), KLING)
    assert (found.task_id, found.state) == ("77", TaskState.RUNNING)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"error": {"code": "not_found", "message": "no such task"}}),
        (500, b""),
        (200, {"output": {}}),
        (200, {"request_id": "r"}),
    ],
)
def test_an_answer_to_a_tag_without_a_task_has_no_id(status: int, body: Any) -> None:
    found = modelverse.read_lookup(answered(status, body), KLING)
    assert found.task_id == ""
    assert found.state in {TaskState.UNKNOWN, TaskState.GONE}
