"""Parsers for foreign JSON: total functions; nothing a provider sends can raise or flood."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import quote

from runner.model.values import as_dict

JsonObject: TypeAlias = Mapping[str, Any]

_TEXT_LIMIT = 2_000
_URL_LIMIT = 65_536
_ID_LIMIT = 512
_INT_LIMIT = 2**63 - 1
_USAGE_LIMIT = 50
_URL = re.compile(r"(https?://)([^/?#]+)(.*)", re.IGNORECASE | re.DOTALL)
_LINE_BREAKS = re.compile(r"[\t\r\n]")
"""Left out of a URL, as browsers do."""
_NOT_IN_URLS = re.compile(r"[^!-~]+")
_DIGITS = re.compile(r"[0-9]{1,19}")


def json_object(body: bytes) -> JsonObject | None:
    """The JSON object in `body`; None for anything else, such as text that nests too deep.

    A prompt that comes back with bare line breaks, or in another encoding, does not hide the id of
    a task.
    """
    try:
        return _object(body)
    except UnicodeDecodeError:
        texts = (body.decode(encoding, "replace") for encoding in _ENCODINGS)
        return next((found for text in texts if (found := _object(text)) is not None), None)


_ENCODINGS = ("utf-8", "gb18030")
"""Tried in turn for what is not UTF-8; characters that are not of the encoding are replaced."""


def _object(text: bytes | str) -> JsonObject | None:
    try:
        value = json.loads(text, strict=False)
    except UnicodeDecodeError:
        raise
    except (ValueError, RecursionError):  # ValueError: also too many digits
        return None
    return value if isinstance(value, dict) else None


def child(value: Any, key: str) -> JsonObject:
    """The object under `key`; empty if there is none."""
    return as_dict(as_dict(value).get(key))


def text(value: Any) -> str | None:
    """A text that is not blank, cut (visibly) at 2,000 characters, without lone surrogates."""
    if not isinstance(value, str) or not value.strip():
        return None
    # A lone surrogate is valid JSON, but neither a file nor the ledger can hold it.
    kept = value[:_TEXT_LIMIT].encode("utf-8", "replace").decode("utf-8")
    cut = len(value) - _TEXT_LIMIT
    return f"{kept}… ({cut} more characters cut)" if cut > 0 else kept


def first_text(*values: Any) -> str | None:
    """The first of `values` that is a text."""
    return next((found for value in values if (found := text(value))), None)


def task_id(*values: Any) -> str | None:
    """The first of `values` that can be an id; an integer becomes its digits."""
    # The documents have only "string": what is printable and has a letter or digit is accepted.
    for value in values:
        candidate = str(value) if type(value) is int and 0 < value <= _INT_LIMIT else value
        if isinstance(candidate, str) and _can_be_id(candidate.strip()):
            return candidate.strip()
    return None


def _can_be_id(text: str) -> bool:
    return any(map(str.isalnum, text)) and len(text) <= _ID_LIMIT and text.isprintable()


def whole(value: Any) -> int | None:
    """A whole number from 0 to 2^63-1, also written as float or digits."""
    is_digits = isinstance(value, str) and _DIGITS.fullmatch(value.strip())
    if is_digits or (isinstance(value, float) and math.isfinite(value) and value.is_integer()):
        value = int(value)
    return value if type(value) is int and 0 <= value <= _INT_LIMIT else None


def url(value: Any) -> str | None:
    """An http or https URL: byte for byte, except that what no URL can contain is encoded."""
    if not isinstance(value, str) or not 0 < len(value) <= _URL_LIMIT:
        return None
    # Any other scheme could name a local file where another job takes the result as an image.
    found = _URL.fullmatch(_LINE_BREAKS.sub("", value.strip()))
    if found is None:
        return None
    scheme, host, rest = found.groups()
    try:
        host = host if host.isascii() else host.encode("idna").decode()
        # Signed URLs are valid as they were signed: what is printable ASCII stays as it is.
        rest = _NOT_IN_URLS.sub(lambda some: quote(some[0]), rest)
    except UnicodeError:
        return None
    return None if _NOT_IN_URLS.search(host) else f"{scheme}{host}{rest}"


def scalars(value: Any) -> dict[str, Any]:
    """The texts, finite numbers and booleans of an object (such as "usage"), at most fifty."""
    if not isinstance(value, dict):
        return {}
    kept = {text(k): _scalar(v) for k, v in list(value.items())[:_USAGE_LIMIT]}
    return {k: v for k, v in kept.items() if k is not None and v is not None}


def _scalar(value: Any) -> Any:
    if isinstance(value, bool):  # to Python it is an int as well
        return value
    if isinstance(value, int):
        return value if abs(value) <= _INT_LIMIT else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return text(value)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds in `Retry-After`; a date there counts from the reply's own `Date`."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
        return float(value)
    until, now = http_date(value), http_date(headers.get("date", ""))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def http_date(date: str) -> datetime | None:
    """The time in an HTTP date; UTC if it has no zone."""
    # Late: no command that sends nothing needs it.
    from email.utils import parsedate_to_datetime

    try:
        found = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def moment(value: Any) -> datetime | None:
    """The time, in UTC, of an RFC 3339 text with a zone or of Unix seconds."""
    seconds = whole(value)
    try:
        if seconds is not None:
            return datetime.fromtimestamp(seconds, UTC)
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None
