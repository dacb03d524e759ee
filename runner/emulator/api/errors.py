"""A request that is answered with an error: status, code and words, before any API's own form."""

from __future__ import annotations


class ApiError(Exception):
    """Why a request is refused. Codes are Vidu's; ModelVerse has few and maps them to its own."""

    def __init__(self, status: int, reason: str, message: str):
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message


def bad_request(message: str) -> ApiError:
    """The request as a whole cannot be read, or comes at the wrong time."""
    return ApiError(400, "BadRequest", message)


def lacking(name: str) -> ApiError:
    """A required field is missing or empty."""
    return ApiError(400, "FieldLacking", f"{name} is missing or empty")


def invalid(message: str) -> ApiError:
    """A field has a wrong type or value."""
    return ApiError(400, "FieldInvalid", message)


def item_count(message: str) -> ApiError:
    """A list has too few or too many items."""
    return ApiError(400, "FieldItemCountOutOfRange", message)


def image_size(message: str) -> ApiError:
    """An image has too few pixels, is too narrow or has too many bytes."""
    return ApiError(400, "PageSizeOutOfRange", message)


def image_format(message: str) -> ApiError:
    """An image is not what it should be."""
    return ApiError(400, "ImageFormatInvalid", message)


def image_download(message: str) -> ApiError:
    """An image cannot be fetched from its URL."""
    return ApiError(400, "ImageDownloadFailure", message)


def unauthorized(message: str) -> ApiError:
    """No key, or one that is not let in."""
    return ApiError(401, "Unauthorized", message)


def not_found(message: str) -> ApiError:
    """No such task."""
    return ApiError(404, "TaskNotFound", message)


def too_many(message: str) -> ApiError:
    """The account has its limit of tasks in flight."""
    return ApiError(429, "QuotaExceeded", message)


def no_credit(message: str) -> ApiError:
    """The balance does not cover the task."""
    return ApiError(400, "CreditInsufficient", message)


def no_encoder(message: str) -> ApiError:
    """The emulator cannot make what was asked for."""
    return ApiError(400, "ModelUnavailable", message)
