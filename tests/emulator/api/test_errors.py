from __future__ import annotations

import pytest

from runner.emulator.api.errors import MODELVERSE, VIDU, ApiError, error_body, reason_for


def test_the_status_follows_from_the_reason() -> None:
    assert ApiError("QuotaExceeded", "").status == 429
    assert ApiError("MethodNotAllowed", "", 405).status == 405


@pytest.mark.parametrize(
    ("api", "status", "reason", "translated"),
    [
        ("vidu", 400, "FieldInvalid", "FieldInvalid"),
        ("vidu", 400, "sensitive_check_error", "AuditSubmitIllegal"),
        ("vidu", 429, "rate_limit", "TooManyRequests"),
        ("vidu", 402, None, "CreditInsufficient"),
        ("vidu", 503, None, "InternalServiceFailure"),
        ("modelverse", 400, "FieldInvalid", "param_error"),
        ("modelverse", 400, "ModelUnavailable", "model_error"),
        ("modelverse", 400, "AuditSubmitIllegal", "sensitive_check_error"),
        ("modelverse", 404, "TaskNotFound", "param_error"),
        ("modelverse", 405, "MethodNotAllowed", "param_error"),
        ("modelverse", 429, "QuotaExceeded", "rate_limit"),
        ("modelverse", 500, "InternalServiceFailure", "internal_error"),
        ("modelverse", 504, None, "gateway_timeout_error"),
        ("modelverse", 418, "Teapot", "Teapot"),
    ],
)
def test_each_api_has_its_own_reason(
    api: str, status: int, reason: str | None, translated: str
) -> None:
    assert reason_for(api, status, reason) == translated


@pytest.mark.parametrize("reason", [*VIDU, *MODELVERSE])
def test_every_reason_has_a_translation(reason: str) -> None:
    status = (VIDU | MODELVERSE)[reason]
    assert reason_for("vidu", status, reason) in VIDU
    assert reason_for("modelverse", status, reason) in MODELVERSE


def test_bodies_have_the_form_of_their_api() -> None:
    vidu = error_body("vidu", 400, "FieldInvalid", "why")
    assert vidu.pop("metadata")["trace_id"]
    assert vidu == {"code": 400, "reason": "FieldInvalid", "message": "why"}
    modelverse = error_body("modelverse", 400, "param_error", "why")
    assert modelverse["error"].pop("param")  # a request id
    assert modelverse == {
        "error": {"type": "invalid_request_error", "code": "param_error", "message": "why"}
    }


@pytest.mark.parametrize(
    ("status", "code", "type_"),
    [
        (401, "auth_error", "invalid_request_error"),
        (408, "timeout", "timeout"),
        (429, "rate_limit", "rate_limit_error"),
        (500, "model_server_error", "internal_error"),
        (504, "gateway_timeout_error", "timeout"),
    ],
)
def test_modelverse_has_types_beside_its_codes(status: int, code: str, type_: str) -> None:
    error = error_body("modelverse", status, code, "why")["error"]
    assert (error["type"], error["code"]) == (type_, code)


def test_the_refusal_of_a_key_has_a_code_of_its_own() -> None:
    error = error_body("modelverse", 403, "permission_error", "why")["error"]
    assert (error["type"], error["code"]) == ("permission_error", "forbidden")
