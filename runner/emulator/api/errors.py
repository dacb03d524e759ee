"""API errors: the codes that both vendors publish, and the bodies that carry them."""

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
"""Reason to HTTP status (the vendor's public documentation)."""

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
"""Code to HTTP status (the vendor's public documentation)."""

REASONS = VIDU | MODELVERSE
ERR_CODES = (*VIDU, "UserCancelled")
"""What a failed task may have as its `err_code`; the documents have no list of these."""

_TRANSLATIONS = {
    "AuditSubmitIllegal": "sensitive_check_error",
    "TaskPromptPolicyViolation": "sensitive_check_error",
    "CreationPolicyViolation": "sensitive_check_error",
    "ModelUnavailable": "model_error",
    "MethodNotAllowed": "param_error",
    "invalid_messages": "AuditSubmitIllegal",
    "sensitive_check_error": "AuditSubmitIllegal",
    "model_error": "ModelUnavailable",
}
"""The codes whose counterpart in the other API does not follow from the status."""
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


class ApiError(Exception):
    """A refused request, by Vidu's reason; its status follows from the reason unless given."""

    def __init__(self, reason: str, message: str, status: int | None = None):
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.status = VIDU[reason] if status is None else status


def bad_request(message: str) -> ApiError:
    """The request as a whole cannot be read, or comes at the wrong time."""
    return ApiError("BadRequest", message)


def lacking(name: str) -> ApiError:
    """A required field is missing or empty."""
    return ApiError("FieldLacking", f"{name} is missing or empty")


def invalid(message: str) -> ApiError:
    """A field has a wrong type or value."""
    return ApiError("FieldInvalid", message)


def reason_for(api: str, status: int, reason: str | None) -> str:
    """The reason in the terms of `api`; None, or one of the other API, follows from the status."""
    own, foreign = (VIDU, MODELVERSE) if api == "vidu" else (MODELVERSE, VIDU)
    if reason is not None:
        translated = _TRANSLATIONS.get(reason)
        if translated in own:
            return translated
        if reason not in foreign:
            return reason
    if api == "vidu":
        return _VIDU_BY_STATUS.get(status, "InternalServiceFailure")
    fallback = "param_error" if status < 500 else "internal_error"
    return _MODELVERSE_BY_STATUS.get(status, fallback)


def error_body(api: str, status: int, reason: str, message: str) -> dict[str, Any]:
    """The body of an error of `api`; `reason` is one of its own."""
    if api != "vidu":
        # The document shows no error: this is the envelope that most gateways use.
        return {"error": {"type": reason, "code": reason, "message": message}}
    return {
        "code": VIDU.get(reason, status),
        "reason": reason,
        "message": message,
        "metadata": {"trace_id": uuid.uuid4().hex},
    }
