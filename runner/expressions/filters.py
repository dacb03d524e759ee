"""Filters: convert the value of an expression, such as `int`, `slug` or `default("x")`."""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runner.model.values import is_number


class FilterError(ValueError):
    """A value that a filter does not accept; the message describes what is wrong with it."""

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter as expressions call it."""

    name: str
    apply: Callable[..., Any]
    """Called with the value and the arguments; raises FilterError."""
    arguments: tuple[int, ...] = (0,)
    """How many it may be given."""


# ASCII digits only, and no more than a float can hold.
_INTEGER = re.compile(r"[-+]?[0-9]{1,308}")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
# As YAML 1.1 reads unquoted words, and what tables use.
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def is_whole(value: Any) -> bool:
    """Whether a value is an integer in JSON's sense: 2.0 is one, true and infinity are not."""
    return is_number(value) and value % 1 == 0


def format_value(value: Any) -> str:
    """A value for a message: JSON, at most 40 characters."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 40 else text[:39] + "…"


def to_text(value: Any) -> str:
    """A text as it is, a number or boolean as JSON writes it; raises FilterError for the rest."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return json.dumps(value)
    raise FilterError(f"{format_value(value)} is not text")


def _int(value: Any) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if is_whole(value):
        return int(value)
    raise FilterError(f"{format_value(value)} is not a whole number")


def _float(value: Any) -> float:
    is_decimal = isinstance(value, str) and _DECIMAL.fullmatch(value.strip())
    try:
        number = float(value) if is_decimal or is_number(value) else math.nan
    except OverflowError:  # an integer beyond the range of a float
        number = math.inf
    if not math.isfinite(number):
        raise FilterError(f"{format_value(value)} is not a number")
    return number


def _bool(value: Any) -> bool:
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word not in _TRUE | _FALSE:
        raise FilterError(f"{format_value(value)} is neither true nor false")
    return word in _TRUE


def _slug(value: Any, most_bytes: Any = None) -> str:
    """Lower-case letters and digits of any script; everything between them becomes a hyphen.

    It is cut after a whole character to `most_bytes` in UTF-8, as file names and ids are counted.
    """
    # NFC, because a combining accent is not a letter and would split a word.
    text = unicodedata.normalize("NFC", to_text(value)).lower()
    slug = _BETWEEN_WORDS.sub("-", text).strip("-")
    if not slug:
        hint = "make the id from | digest or ${{ row.number }}"
        raise FilterError(f"{format_value(value)} contains no letter or digit", hint)
    if most_bytes is None:
        return slug
    if not is_whole(most_bytes) or most_bytes < _LEAST_SLUG:
        message = f"its length must be a whole number of bytes from {_LEAST_SLUG}"
        raise FilterError(f"{message}, not {format_value(most_bytes)}")
    return slug.encode()[: int(most_bytes)].decode(errors="ignore").rstrip("-")


_LEAST_SLUG = 4
"""The bytes of the longest character."""


def _digest(value: Any) -> str:
    """Eight hex digits of the SHA-256 of a text in UTF-8, or of another value's JSON."""
    text = value if isinstance(value, str) else _json(value)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _default(value: Any, default: Any) -> Any:
    # Empty text counts as missing: it is an empty cell of a table.
    return default if value is None or value == "" else value


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        raise FilterError(f"{format_value(value)} cannot be written as JSON") from None


DEFAULT = Filter(name="default", apply=_default, arguments=(1,))
"""Also applies where the last name of a path does not exist."""

FILTERS = {
    filter_.name: filter_
    for filter_ in (
        Filter(name="int", apply=_int),
        Filter(name="float", apply=_float),
        Filter(name="bool", apply=_bool),
        Filter(name="str", apply=to_text),
        Filter(name="lower", apply=lambda value: to_text(value).lower()),
        Filter(name="upper", apply=lambda value: to_text(value).upper()),
        Filter(name="trim", apply=lambda value: to_text(value).strip()),
        Filter(name="slug", apply=_slug, arguments=(0, 1)),
        Filter(name="digest", apply=_digest),
        Filter(name="json", apply=_json),
        DEFAULT,
    )
}
