"""Foreign bytes in, plain values out: nothing a provider sends can raise, flood or mislead."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

JsonObject: TypeAlias = Mapping[str, Any]

TEXT_LIMIT = 2_000
"""Characters of a foreign message that are kept."""
URL_LIMIT = 65_536
_INT_LIMIT = 2**63 - 1
_USAGE_LIMIT = 50

_ID_LIMIT = 512
_NUMBER = re.compile(r"[0-9]{1,19}")


def json_object(body: bytes) -> JsonObject | None:
    """The JSON object that `body` is, or None: not JSON, not an object, too deep, too long."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):  # ValueError: also bad UTF-8 and endless digits
        return None
    return value if isinstance(value, dict) else None


def child(value: Any, key: str) -> JsonObject:
    """The object under `key`; empty when there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def text(value: Any) -> str | None:
    """A non-empty text, bounded (a cut is said) and free of lone surrogates; None otherwise."""
    if not isinstance(value, str) or not value.strip():
        return None
    kept = value[:TEXT_LIMIT].encode("utf-8", "replace").decode("utf-8")
    left = len(value) - TEXT_LIMIT
    return f"{kept}… ({left} more characters cut)" if left > 0 else kept


def first_text(*values: Any) -> str | None:
    """The first of `values` that is a text."""
    return next((found for value in values if (found := text(value))), None)


def task_id(*values: Any) -> str | None:
    """The first of `values` that can be an id, an integer as its digits.

    The documents say "string" and no more: whatever can be shown and is not only signs will do.
    """
    for value in values:
        found = str(value) if _is_int(value) and 0 < value <= _INT_LIMIT else value
        if isinstance(found, str) and _can_be_id(found.strip()):
            return found.strip()
    return None


def _can_be_id(text: str) -> bool:
    named = any(map(str.isalnum, text)) and len(text) <= _ID_LIMIT
    return named and text.isprintable()


def whole(value: Any) -> int | None:
    """A whole number from 0 to 2^63-1, also written as float or digits; None otherwise."""
    digits = isinstance(value, str) and _NUMBER.fullmatch(value.strip())
    if digits or (isinstance(value, float) and math.isfinite(value) and value.is_integer()):
        value = int(value)
    return value if _is_int(value) and 0 <= value <= _INT_LIMIT else None


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def url(value: Any) -> str | None:
    """A result's URL, byte for byte; None for what cannot be one."""
    if not isinstance(value, str) or not 0 < len(value) <= URL_LIMIT:
        return None
    # Anything else could name a file of this machine where another job takes it as an image.
    web = value.lower().startswith(("http://", "https://"))
    return value if web and value.isprintable() and " " not in value else None


def scalars(value: Any) -> dict[str, Any]:
    """The texts, finite numbers and truths of an object, at most fifty: what is kept of "usage"."""
    if not isinstance(value, dict):
        return {}
    kept = {text(k): _scalar(v) for k, v in list(value.items())[:_USAGE_LIMIT]}
    return {k: v for k, v in kept.items() if k is not None and v is not None}


def _scalar(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _INT_LIMIT else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return text(value)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a `Retry-After` asks for; a date counts from the reply's own `Date`."""
    asked = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", asked):
        return float(asked)
    until, now = http_date(asked), http_date(headers.get("date", ""))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def http_date(date: str) -> datetime | None:
    """The moment that an HTTP date tells; without a zone it is UTC."""
    try:
        found = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def moment(value: Any) -> datetime | None:
    """The moment that an RFC 3339 text or Unix seconds tell, in UTC; None otherwise."""
    seconds = whole(value)
    try:
        if seconds is not None:
            return datetime.fromtimestamp(seconds, UTC)
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None
