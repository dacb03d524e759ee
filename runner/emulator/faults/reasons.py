"""The error codes of both APIs, and a scripted error's body in the form of either."""

from __future__ import annotations

import uuid
from typing import Any

VIDU = {
    "BadRequest": 400,
    "FieldLacking": 400,
    "FieldUnwanted": 400,
    "FieldInvalid": 400,
    "FieldItemCountOutOfRange": 400,
    "PageSizeOutOfRange": 400,
    "ImageFormatInvalid": 400,
    "ImageDownloadFailure": 400,
    "ModelUnavailable": 400,
    "AuditSubmitIllegal": 400,
    "TaskPromptPolicyViolation": 400,
    "CreationPolicyViolation": 400,
    "OperationInProcess": 400,
    "CreditInsufficient": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "TaskNotFound": 404,
    "CreationNotFound": 404,
    "NotFound": 404,
    "Conflict": 409,
    "QuotaExceeded": 429,
    "TooManyRequests": 429,
    "SystemThrottling": 429,
    "Canceled": 499,
    "InternalServiceFailure": 500,
}
"""Reason to status (the vendor's public documentation)."""

MODELVERSE = {
    "param_error": 400,
    "invalid_messages": 400,
    "sensitive_check_error": 400,
    "model_error": 400,
    "auth_error": 401,
    "timeout": 408,
    "rate_limit": 429,
    "internal_error": 500,
    "model_server_error": 500,
    "gateway_timeout_error": 504,
}
"""Code to status (the vendor's public documentation)."""

REASONS = VIDU | MODELVERSE
ERR_CODES = tuple({**VIDU, "UserCancelled": 0})
"""What a failed task may say; the documents give no list of its own."""

_TWINS = {
    "AuditSubmitIllegal": "sensitive_check_error",
    "TaskPromptPolicyViolation": "sensitive_check_error",
    "CreationPolicyViolation": "sensitive_check_error",
    "ModelUnavailable": "model_error",
    "invalid_messages": "AuditSubmitIllegal",
    "sensitive_check_error": "AuditSubmitIllegal",
    "model_error": "ModelUnavailable",
}
"""What one API says where the other says that, when the status alone does not tell."""
_VIDU_BY_STATUS = {
    400: "BadRequest",
    401: "Unauthorized",
    402: "CreditInsufficient",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    429: "TooManyRequests",
    499: "Canceled",
}
_MODELVERSE_BY_STATUS = {
    401: "auth_error",
    403: "auth_error",
    408: "timeout",
    429: "rate_limit",
    504: "gateway_timeout_error",
}


def reason_for(api: str, status: int, reason: str | None) -> str:
    """The reason as `api` spells it: the one given, its twin, or what the status says."""
    own, other = (VIDU, MODELVERSE) if api == "vidu" else (MODELVERSE, VIDU)
    if reason is not None and (reason in own or reason not in other):
        return reason
    if reason in _TWINS:
        return _TWINS[reason]
    if api == "vidu":
        return _VIDU_BY_STATUS.get(status, "InternalServiceFailure")
    fallback = "param_error" if status < 500 else "internal_error"
    return _MODELVERSE_BY_STATUS.get(status, fallback)


def error_body(api: str, status: int, reason: str, message: str) -> dict[str, Any]:
    """An error in the form of `api`; the reason is one of its own."""
    if api != "vidu":
        return {"error": {"type": reason, "code": reason, "message": message}}
    return {
        "code": VIDU.get(reason, status),
        "reason": reason,
        "message": message,
        "metadata": {"trace_id": uuid.uuid4().hex},
    }
