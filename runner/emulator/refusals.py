"""A request that is answered with an error: status, code and words, before any API's own form."""

from __future__ import annotations


class RefusedError(Exception):
    """Why a request is refused. Codes are Vidu's; ModelVerse has few and maps them to its own."""

    def __init__(self, status: int, reason: str, message: str):
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message


def bad_request(message: str) -> RefusedError:
    """The request as a whole cannot be read, or comes at the wrong time."""
    return RefusedError(400, "BadRequest", message)


def lacking(name: str) -> RefusedError:
    """A required field is missing or empty."""
    return RefusedError(400, "FieldLacking", f"{name} is missing or empty")


def invalid(message: str) -> RefusedError:
    """A field has a wrong type or value."""
    return RefusedError(400, "FieldInvalid", message)


def item_count(message: str) -> RefusedError:
    """A list has too few or too many items."""
    return RefusedError(400, "FieldItemCountOutOfRange", message)


def image_size(message: str) -> RefusedError:
    """An image has too few pixels, is too narrow or has too many bytes."""
    return RefusedError(400, "PageSizeOutOfRange", message)


def image_format(message: str) -> RefusedError:
    """An image is not what it should be."""
    return RefusedError(400, "ImageFormatInvalid", message)


def image_download(message: str) -> RefusedError:
    """An image cannot be fetched from its URL."""
    return RefusedError(400, "ImageDownloadFailure", message)


def unauthorized(message: str) -> RefusedError:
    """No key, or one that is not let in."""
    return RefusedError(401, "Unauthorized", message)


def not_found(message: str) -> RefusedError:
    """No such task."""
    return RefusedError(404, "TaskNotFound", message)


def too_many(message: str) -> RefusedError:
    """The account has its limit of tasks in flight."""
    return RefusedError(429, "QuotaExceeded", message)


def no_credit(message: str) -> RefusedError:
    """The balance does not cover the task."""
    return RefusedError(400, "CreditInsufficient", message)


def no_encoder(message: str) -> RefusedError:
    """The emulator cannot make what was asked for."""
    return RefusedError(400, "ModelUnavailable", message)
