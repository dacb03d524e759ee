"""API errors: the codes that both vendors publish, and the bodies that carry them."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any


def _by_reason(table: str) -> dict[str, int]:
    """Maps each reason to its status; a line of the table has a status and its reasons."""
    lines = (line.split() for line in table.strip().splitlines())
    return {reason: int(status) for status, *reasons in lines for reason in reasons}


# From the vendors' public documentation; the two documents list no errors. Vidu's page gives no
# statuses any more: those that it does not show elsewhere are ours. The first reason of a
# status stands for all errors of which only the status is known.
VIDU = _by_reason("""
    400 BadRequest FieldLacking FieldUnwanted FieldInvalid FieldItemCountOutOfRange
    400 PageSizeOutOfRange ImageFormatInvalid ImageDownloadFailure ModelUnavailable
    400 AuditSubmitIllegal TaskPromptPolicyViolation CreationPolicyViolation
    400 PhotoAuditNotPass AuditFailed ImageSizeInvalid VideoDownloadFailure VideoFormatInvalid
    400 ImageCheckBodyJointsFailed ImageCheckFaceFailed ImageObjectsUndetected Unknown
    400 FaceDetectFailure FaceDetectNotPass NoFaceDetected MultiFaceDetected
    400 OperationInProcess CreditInsufficient
    401 Unauthorized
    403 Forbidden
    404 NotFound TaskNotFound CreationNotFound
    409 Conflict
    429 TooManyRequests QuotaExceeded SystemThrottling
    499 Canceled
    500 InternalServiceFailure
""")
MODELVERSE = _by_reason("""
    400 param_error invalid_messages sensitive_check_error model_error
    401 auth_error
    403 permission_error
    408 timeout
    429 rate_limit
    500 internal_error model_server_error
    504 gateway_timeout_error
""")
REASONS = VIDU | MODELVERSE
# The documents do not list what a failed task may have as its `err_code`.
ERR_CODES = (*VIDU, "UserCancelled")

# The reasons whose counterpart in the other API does not follow from the status.
_TRANSLATIONS = {
    "AuditSubmitIllegal": "sensitive_check_error",
    "TaskPromptPolicyViolation": "sensitive_check_error",
    "CreationPolicyViolation": "sensitive_check_error",
    "PhotoAuditNotPass": "sensitive_check_error",
    "AuditFailed": "sensitive_check_error",
    "Forbidden": "permission_error",
    "permission_error": "Forbidden",
    "ModelUnavailable": "model_error",
    "MethodNotAllowed": "param_error",
    "invalid_messages": "AuditSubmitIllegal",
    "sensitive_check_error": "AuditSubmitIllegal",
    "model_error": "ModelUnavailable",
}
# Reasons for statuses that one of the APIs does not publish.
_NEAREST = {402: "CreditInsufficient", 403: "auth_error"}


# From the vendor's table of errors; its page about keys shows the last one.
_MODELVERSE_TYPES = {
    "timeout": "timeout",
    "gateway_timeout_error": "timeout",
    "rate_limit": "rate_limit_error",
    "internal_error": "internal_error",
    "model_server_error": "internal_error",
    "permission_error": "permission_error",
}
"""By reason; the others are errors of the request, or internal ones by their status."""
_MODELVERSE_CODES = {"permission_error": "forbidden"}
"""The codes that are not the name of their reason."""


class ApiError(Exception):
    """A refused request, by Vidu's reason; its status follows from the reason unless given."""

    def __init__(self, reason: str, message: str, status: int | None = None):
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.status = VIDU[reason] if status is None else status


bad_request = partial(ApiError, "BadRequest")
"""The error of a request that cannot be read as a whole, or comes at the wrong time."""
invalid = partial(ApiError, "FieldInvalid")
"""The error of a field with a wrong type or value."""


def lacking(name: str) -> ApiError:
    """The error of a required field that is missing or empty."""
    return ApiError("FieldLacking", f"{name} is missing or empty")


def reason_for(api: str, status: int, reason: str | None) -> str:
    """The reason in the terms of `api`; None, or one of the other API, follows from the status."""
    own, foreign = (VIDU, MODELVERSE) if api == "vidu" else (MODELVERSE, VIDU)
    if reason is not None:
        # Translations go both ways; only one into the reasons of `api` applies.
        translated = _TRANSLATIONS.get(reason)
        if translated in own:
            return translated
        if reason not in foreign:
            return reason  # its own, or an undocumented one that a script demands
    same_status = (found for found, its_status in own.items() if its_status == status)
    found = next(same_status, _NEAREST.get(status))
    if found in own:
        return found
    if api == "vidu":
        return "InternalServiceFailure"
    return "param_error" if status < 500 else "internal_error"


def error_body(api: str, status: int, reason: str, message: str) -> dict[str, Any]:
    """The body of an error of `api`; `reason` is one of its own."""
    if api != "vidu":
        # The document shows no error: the envelope is that of the vendor's page about keys.
        code, request_id = _MODELVERSE_CODES.get(reason, reason), str(uuid.uuid4())
        usual = "internal_error" if status >= 500 else "invalid_request_error"
        type_ = _MODELVERSE_TYPES.get(reason, usual)
        return {"error": {"message": message, "type": type_, "param": request_id, "code": code}}
    return {
        # That of the answer, unless a script hides an error in a success.
        "code": status if status >= 400 else VIDU.get(reason, status),
        "reason": reason,
        "message": message,
        "metadata": {"trace_id": uuid.uuid4().hex},
    }
