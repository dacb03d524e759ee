"""Vidu's answers, each as a table of what came back and what it means."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import Secret
from runner.model.requests import (
    CANCELLED,
    ONLY_WATERMARKED,
    Account,
    Billed,
    ErrorClass,
    Fate,
    Reach,
    Reply,
    TaskState,
)
from runner.operations import load_operations
from runner.providers import base, vidu, vidu_tasks
from tests.builders import ANY_JSON, answered

ACCOUNT = Account(
    provider="vidu",
    base_url="https://api.vidu.cn",
    auth="token",
    key=Secret("vda_1"),
    key_env="VIDU_API_KEY",
)
CREATED = {  # the sample answer of the Vidu document
    "task_id": "911092490931552256",
    "state": "created",
    "model": "viduq2",
    "prompt": "一只可爱的小猫坐在窗台上,阳光洒在它的身上,温馨的画面",
    "images": [],
    "seed": 616519648,
    "aspect_ratio": "auto",
    "callback_url": "",
    "payload": "",
    "cus_priority": 0,
    "credits": 6,
    "created_at": "2026-01-20T07:08:12.262592985Z",
    "watermark": False,
}


def error(reason: str) -> dict[str, Any]:
    return {
        "code": 400,
        "reason": reason,
        "message": "no good",
        "metadata": {"trace_id": "tr-1"},
    }


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://api.vidu.cn", "token"),
        ("https://api.vidu.com", "token"),
        ("https://API.VIDU.CN:443", "token"),
        ("https://gateway.example", "bearer"),
        ("https://api.vidu.cn.evil.example", "bearer"),
        ("http://127.0.0.1:8080", "bearer"),
    ],
)
def test_the_vendor_takes_token_and_a_gateway_bearer(base_url: str, expected: str) -> None:
    assert vidu.default_auth(base_url) == expected


def test_a_submission_is_the_post_that_the_document_describes() -> None:
    operation = load_operations()["vidu/reference2image"]
    sent = base.submission(operation, {"model": "viduq2", "prompt": "猫"}, ACCOUNT)
    assert (sent.method, sent.url) == ("POST", "https://api.vidu.cn/ent/v2/reference2image")
    assert sent.headers["Authorization"] == "Token vda_1"
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.body == '{"model":"viduq2","prompt":"猫"}'.encode()


def test_the_sample_answer_is_a_task_with_seed_and_credits() -> None:
    found = vidu.read_submission(answered(200, CREATED, x_request_id="r-1"))
    assert found.fate is Fate.SUBMITTED
    assert (found.task_id, found.seed, found.credits) == ("911092490931552256", 616519648, 6)
    assert found.error is None
    assert found.trace_id == "r-1"


@pytest.mark.parametrize(
    ("body", "task_id", "seed", "price"),
    [
        ({"task_id": "t1"}, "t1", None, None),
        ({"id": "t1", "seed": "7", "credits": 6.0}, "t1", 7, 6),
        ({"task_id": 911092490931552256}, "911092490931552256", None, None),
        ({"task_id": "", "id": "t2"}, "t2", None, None),
        ({"task_id": "t1", "seed": float("nan"), "credits": "many"}, "t1", None, None),
        ({"task_id": "t1", "seed": 10**40, "credits": [6], "style": {"x": 1}}, "t1", None, None),
        ({"task_id": "t1", "state": "failed", "err_code": "FieldInvalid"}, "t1", None, None),
    ],
)
def test_a_task_id_is_read_leniently(
    body: Any, task_id: str, seed: int | None, price: int | None
) -> None:
    found = vidu.read_submission(answered(200, body))
    assert found.fate is Fate.SUBMITTED
    assert (found.task_id, found.seed, found.credits) == (task_id, seed, price)


INPUT, POLICY, QUOTA = ErrorClass.INPUT, ErrorClass.POLICY, ErrorClass.QUOTA
AUTH, PROVIDER, TRANSIENT = ErrorClass.AUTH, ErrorClass.PROVIDER, ErrorClass.TRANSIENT


@pytest.mark.parametrize(
    ("status", "reason", "fate", "class_", "too_many_tasks"),
    [
        (400, "BadRequest", Fate.REFUSED, INPUT, False),
        (400, "FieldLacking", Fate.REFUSED, INPUT, False),
        (400, "FieldUnwanted", Fate.REFUSED, INPUT, False),
        (400, "FieldInvalid", Fate.REFUSED, INPUT, False),
        (400, "FieldItemCountOutOfRange", Fate.REFUSED, INPUT, False),
        (400, "PageSizeOutOfRange", Fate.REFUSED, INPUT, False),
        (400, "ImageFormatInvalid", Fate.REFUSED, INPUT, False),
        (400, "ImageDownloadFailure", Fate.REFUSED, INPUT, False),
        (400, "ModelUnavailable", Fate.REFUSED, PROVIDER, False),
        (400, "AuditSubmitIllegal", Fate.REFUSED, POLICY, False),
        (400, "TaskPromptPolicyViolation", Fate.REFUSED, POLICY, False),
        (400, "CreationPolicyViolation", Fate.REFUSED, POLICY, False),
        (400, "OperationInProcess", Fate.BUSY, TRANSIENT, False),
        (400, "CreditInsufficient", Fate.STOPPED, QUOTA, False),
        (402, "CreditInsufficient", Fate.STOPPED, QUOTA, False),
        (401, "Unauthorized", Fate.STOPPED, AUTH, False),
        (403, "Forbidden", Fate.REFUSED, AUTH, False),
        (403, "AuditSubmitIllegal", Fate.REFUSED, POLICY, False),
        (404, "NotFound", Fate.WRONG_ADDRESS, PROVIDER, False),
        (409, "Conflict", Fate.AMBIGUOUS, TRANSIENT, False),
        (499, "Canceled", Fate.AMBIGUOUS, TRANSIENT, False),
        (429, "QuotaExceeded", Fate.BUSY, QUOTA, True),
        (400, "QuotaExceeded", Fate.BUSY, QUOTA, True),
        (429, "TooManyRequests", Fate.BUSY, TRANSIENT, False),
        (429, "SystemThrottling", Fate.BUSY, TRANSIENT, False),
        (500, "InternalServiceFailure", Fate.AMBIGUOUS, PROVIDER, False),
        (500, "FieldInvalid", Fate.AMBIGUOUS, INPUT, False),
        (400, "SomethingNew", Fate.REFUSED, INPUT, False),
        (403, "SomethingNew", Fate.REFUSED, AUTH, False),
        (503, "SomethingNew", Fate.AMBIGUOUS, TRANSIENT, False),
        (200, "FieldInvalid", Fate.REFUSED, INPUT, False),
        (200, "OperationInProcess", Fate.BUSY, TRANSIENT, False),
        (200, "CreditInsufficient", Fate.STOPPED, QUOTA, False),
        (200, "InternalServiceFailure", Fate.AMBIGUOUS, PROVIDER, False),
        (200, "SomethingNew", Fate.AMBIGUOUS, TRANSIENT, False),
    ],
)
def test_an_error_code_decides_fate_and_class(
    status: int, reason: str, fate: Fate, class_: ErrorClass, too_many_tasks: bool
) -> None:
    found = vidu.read_submission(answered(status, error(reason)))
    assert (found.fate, found.too_many_tasks, found.trace_id) == (fate, too_many_tasks, "tr-1")
    assert found.error is not None
    assert (found.error.code, found.error.message) == (reason, "no good")
    assert found.error.class_ is class_
    assert (found.error.billed is Billed.UNKNOWN) == (fate is Fate.AMBIGUOUS)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"code": "FieldInvalid"}, "FieldInvalid"),
        (400, {"err_code": "FieldInvalid"}, "FieldInvalid"),
        (400, {"error": {"code": "FieldInvalid", "message": "m"}}, "FieldInvalid"),
        (400, {"error": "a text"}, "http_400"),
        (200, {"code": 402}, "402"),
        (200, {"code": "401"}, "401"),
        (401, b"", "Unauthorized"),
        (402, b"<html>", "CreditInsufficient"),
        (403, b"", "Forbidden"),
        (429, b"", "TooManyRequests"),
        (400, {"code": 400}, "http_400"),
        (502, b"<html>Bad Gateway</html>", "http_502"),
        (200, b"<html>", "unreadable"),
        (200, b"", "unreadable"),
        (200, {"task_id": 9.11e17}, "unreadable"),
        (200, {"task_id": None, "reason": ["x"], "metadata": 3}, "unreadable"),
    ],
)
def test_the_code_is_found_where_answers_put_it(status: int, body: Any, code: str) -> None:
    found = vidu.read_submission(answered(status, body)).error
    assert found is not None
    assert found.code == code
    assert found.message


@pytest.mark.parametrize("body", [{"code": 402}, {"code": "402"}, {"err_code": "402"}])
def test_402_in_a_body_means_lack_of_credit(body: Any) -> None:
    assert vidu.read_submission(answered(200, body)).fate is Fate.STOPPED


@pytest.mark.parametrize(
    ("reach", "fate", "code", "billed"),
    [
        (Reach.NOT_SENT, Fate.NOT_SENT, "not_sent", Billed.NO),
        (Reach.UNTRUSTED, Fate.WRONG_ADDRESS, "untrusted", Billed.NO),
        (Reach.SENT, Fate.AMBIGUOUS, "no_answer", Billed.UNKNOWN),
    ],
)
def test_without_an_answer_the_network_error_is_kept(
    reach: Reach, fate: Fate, code: str, billed: Billed
) -> None:
    found = vidu.read_submission(Reply(reach=reach, error="cut in the middle"))
    assert found.fate is fate
    assert found.error is not None
    assert (found.error.code, found.error.message) == (code, "cut in the middle")
    assert found.error.billed is billed


def test_a_truncated_answer_is_ambiguous() -> None:
    cut = Reply(reach=Reach.SENT, status=200, body=json.dumps(CREATED).encode(), error="cut")
    assert vidu.read_submission(cut).fate is Fate.AMBIGUOUS


def test_retry_after_is_read() -> None:
    found = vidu.read_submission(answered(429, error("TooManyRequests"), retry_after="9"))
    assert found.retry_after_s == 9.0


def test_the_task_id_is_escaped_in_the_url() -> None:
    asked = vidu.status(ACCOUNT, "a/../b?c#d")
    assert asked.url == "https://api.vidu.cn/ent/v2/tasks/a%2F..%2Fb%3Fc%23d/creations"
    assert (asked.method, asked.body) == ("GET", None)
    assert asked.headers["Authorization"] == "Token vda_1"


DONE = {
    "id": "t1",
    "state": "success",
    "err_code": "",
    "credits": 6,
    "payload": "tag",
    "creations": [
        {"id": "c1", "url": "https://f/1.png?S=%2F", "cover_url": "https://f/c.png"},
        {"id": "c2", "url": "https://f/2.png"},
    ],
}


def test_a_finished_task_has_urls_credits_and_tag() -> None:
    found = vidu.read_status(answered(200, DONE), "t1")
    assert found.state is TaskState.SUCCEEDED
    assert found.urls == ("https://f/1.png?S=%2F", "https://f/2.png")
    assert (found.credits, found.tag, found.seed, found.error) == (6, "tag", None, None)


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, {"id": "t1", "state": "created"}, TaskState.WAITING),
        (200, {"id": "t1", "state": "queueing"}, TaskState.WAITING),
        (200, {"id": "t1", "state": "processing"}, TaskState.RUNNING),
        (200, {"id": "t1", "status": "processing"}, TaskState.RUNNING),
        (200, {"state": "Processing"}, TaskState.RUNNING),
        (200, {"id": 1, "task_id": "t1", "state": "processing"}, TaskState.RUNNING),
        (200, {"id": "t1", "creations": DONE["creations"]}, TaskState.SUCCEEDED),
        (
            200,
            {"state": "success", "creations": [{"watermarked_url": "https://h/u"}]},
            TaskState.UNKNOWN,
        ),
        (200, {"id": "t1", "state": "success", "creations": []}, TaskState.UNKNOWN),
        (200, {"id": "t1", "state": "success", "creations": "none"}, TaskState.UNKNOWN),
        (200, {"id": "t1", "state": "success", "creations": [7, {}]}, TaskState.UNKNOWN),
        (200, {"id": "t1", "state": "dreaming"}, TaskState.UNKNOWN),
        (200, {"id": "t1", "state": 7}, TaskState.UNKNOWN),
        (200, {"id": "t2", "state": "success"}, TaskState.UNKNOWN),
        (200, {}, TaskState.UNKNOWN),
        (200, b"<html>", TaskState.UNKNOWN),
        (404, error("TaskNotFound"), TaskState.GONE),
        (404, error("CreationNotFound"), TaskState.GONE),
        (404, error("NotFound"), TaskState.GONE),
        (400, error("TaskNotFound"), TaskState.GONE),
        (200, error("TaskNotFound"), TaskState.GONE),
        (404, b"", TaskState.GONE),
        (404, b"<html>no such page</html>", TaskState.UNKNOWN),
        (429, error("TooManyRequests"), TaskState.UNKNOWN),
        (500, error("InternalServiceFailure"), TaskState.UNKNOWN),
        (302, b"", TaskState.UNKNOWN),
    ],
)
def test_a_status_answer_has_a_state(status: int, body: Any, state: TaskState) -> None:
    found = vidu.read_status(answered(status, body), "t1")
    assert found.state is state
    assert found.task_id == "t1"
    assert bool(found.detail) == (state in {TaskState.UNKNOWN, TaskState.GONE})
    assert not found.fatal


def test_the_watermarked_url_stands_in_only_for_now() -> None:
    creation = {"id": "1", "url": "", "watermarked_url": "https://h/w"}
    found = vidu.read_status(answered(200, {"state": "success", "creations": [creation]}), "t1")
    assert (found.state, found.urls) == (TaskState.UNKNOWN, ("https://h/w",))
    assert found.shortfall is not None
    assert found.shortfall.code == ONLY_WATERMARKED
    assert found.detail == "it is done, but the provider offers the result only with its watermark"


def test_a_row_without_a_state_can_lack_the_clean_url() -> None:
    row = {"id": "t1", "creations": [{"url": None, "watermarked_url": "https://h/w"}]}
    assert vidu.read_task(row, "t1").state is TaskState.UNKNOWN


@pytest.mark.parametrize("code", ["TooManyRequests", "SystemThrottling", "QuotaExceeded"])
def test_every_request_can_be_throttled(code: str) -> None:
    assert vidu.read_status(answered(429, error(code)), "1").throttled
    assert vidu_tasks.read_list(answered(429, error(code))).throttled
    assert not vidu.read_status(answered(500, error("Internal")), "1").throttled


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, b""), (403, b"<html>"), (401, error("Unauthorized")), (400, error("Unauthorized"))],
)
def test_a_refused_key_is_fatal(status: int, body: Any) -> None:
    found = vidu.read_status(answered(status, body), "t1")
    assert found.state is TaskState.UNKNOWN
    assert found.fatal


def test_a_status_request_without_an_answer_is_unknown() -> None:
    found = vidu.read_status(Reply(reach=Reach.NOT_SENT, error="refused"), "t1")
    assert (found.state, found.fatal) == (TaskState.UNKNOWN, False)
    assert "refused" in found.detail


@pytest.mark.parametrize(
    ("answer", "code", "billed"),
    [
        ({"state": "failed", "err_code": "Canceled", "off_peak": True}, "Canceled", Billed.NO),
        ({"state": "failed", "err_code": CANCELLED, "off_peak": True}, CANCELLED, Billed.NO),
        ({"state": "cancelled", "off_peak": True, "credits": 7}, "Canceled", Billed.NO),
        ({"state": "canceled", "off_peak": False}, "Canceled", Billed.UNKNOWN),
        ({"state": "failed", "off_peak": True}, "failed", Billed.UNKNOWN),
    ],
)
def test_an_off_peak_task_that_the_provider_cancelled_is_not_billed(
    answer: dict[str, Any], code: str, billed: Billed
) -> None:
    found = vidu.read_task({"id": "t1", **answer}, "t1")
    assert found.state is TaskState.FAILED
    assert found.error is not None
    assert (found.error.code, found.error.billed) == (code, billed)
    assert found.error.class_ in (TRANSIENT, PROVIDER)


@pytest.mark.parametrize(
    ("err_code", "price", "class_", "billed"),
    [
        ("CreationPolicyViolation", None, POLICY, Billed.UNKNOWN),
        ("AuditSubmitIllegal", 0, POLICY, Billed.NO),
        ("InternalServiceFailure", 6, PROVIDER, Billed.UNKNOWN),
        ("ImageDownloadFailure", 0, INPUT, Billed.NO),
        ("ImageFormatInvalid", 0, INPUT, Billed.NO),
        ("PageSizeOutOfRange", 0, INPUT, Billed.NO),
        ("TaskPromptPolicyViolation", 0, POLICY, Billed.NO),
        ("UserCancelled", 0, TRANSIENT, Billed.NO),
        ("ImageCheckBodyJointsFailed", 0, INPUT, Billed.NO),
        ("ImageCheckFaceFailed", 0, INPUT, Billed.NO),
        ("ImageObjectsUndetected", 0, INPUT, Billed.NO),
        ("FaceDetectFailure", 0, INPUT, Billed.NO),
        ("FaceDetectNotPass", 0, INPUT, Billed.NO),
        ("NoFaceDetected", 0, INPUT, Billed.NO),
        ("MultiFaceDetected", 0, INPUT, Billed.NO),
        ("VideoDownloadFailure", 0, INPUT, Billed.NO),
        ("VideoFormatInvalid", 0, INPUT, Billed.NO),
        ("ImageSizeInvalid", 0, INPUT, Billed.NO),
        ("PhotoAuditNotPass", 0, POLICY, Billed.NO),
        ("AuditFailed", None, POLICY, Billed.UNKNOWN),
        ("Unknown", 0, PROVIDER, Billed.NO),
        ("SomethingNew", 0, PROVIDER, Billed.NO),
    ],
)
def test_a_failed_task_is_classed_by_its_code(
    err_code: str, price: int | None, class_: ErrorClass, billed: Billed
) -> None:
    body = {"id": "t1", "state": "failed", "err_code": err_code, "credits": price}
    found = vidu.read_status(answered(200, body), "t1")
    assert found.state is TaskState.FAILED
    assert found.error is not None
    assert (found.error.code, found.error.class_) == (err_code, class_)
    assert found.error.billed is billed


def test_a_failed_task_without_a_code_has_an_error() -> None:
    found = vidu.read_status(answered(200, {"state": "failed", "err_msg": "why"}), "t1").error
    assert found is not None
    assert (found.code, found.message) == ("failed", "why")


NAMES = st.sampled_from([*CREATED, *DONE, "error", "reason", "code", "message", "status"])


@given(st.sampled_from([200, 400, 404, 429, 500]), st.dictionaries(NAMES, ANY_JSON))
def test_no_answer_raises(status: int, body: dict[str, Any]) -> None:
    reply = answered(status, body)
    assert isinstance(vidu.read_submission(reply).fate, Fate)
    assert isinstance(vidu.read_status(reply, "t1").state, TaskState)
