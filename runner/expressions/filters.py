"""Filters: one value in, another out, or why not."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class FilterError(ValueError):
    """A value that a filter cannot take; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter by its name."""

    name: str
    apply: Callable[..., Any]
    """Takes the value and the arguments; raises FilterError."""
    arguments: int = 0


_INTEGER = re.compile(r"[-+]?[0-9]{1,308}")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True} | {
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
_NO_WORD = re.compile(r"[\W_]+")


def is_number(value: Any) -> bool:
    """Whether a value is a number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def shown(value: Any) -> str:
    """A value for a message, as JSON, shortened."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 40 else text[:39] + "…"


def _int(value: Any) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if is_number(value) and math.isfinite(value) and value == int(value):
        return int(value)
    raise FilterError(f"{shown(value)} is not a whole number")


def _float(value: Any) -> float:
    number = value if is_number(value) else math.nan
    if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
        number = float(value)
    try:
        found = float(number)
    except OverflowError:
        found = math.inf
    if math.isfinite(found):
        return found
    raise FilterError(f"{shown(value)} is not a number")


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int) and str(value).strip().lower() in _BOOLEANS:
        return _BOOLEANS[str(value).strip().lower()]
    raise FilterError(f"{shown(value)} is neither true nor false")


def to_text(value: Any) -> str:
    """A text as it is, a number or truth value as JSON writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return json.dumps(value)
    raise FilterError(f"{shown(value)} is not text")


def _slug(value: Any) -> str:
    """Lower-case letters and digits of any script, with hyphens for all between them."""
    text = unicodedata.normalize("NFC", to_text(value)).lower()
    slug = _NO_WORD.sub("-", text).strip("-")
    if not slug:
        raise FilterError(f"{shown(value)} has no letter or digit to make a slug of")
    return slug


def _default(value: Any, instead: Any) -> Any:
    """`instead` for null and for empty text, such as an empty cell of a table."""
    return instead if value is None or value == "" else value


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        raise FilterError(f"{shown(value)} cannot be written as JSON") from None


DEFAULT = Filter(name="default", apply=_default, arguments=1)
"""Catches a missing last name, too."""

FILTERS = {
    made.name: made
    for made in (
        Filter(name="int", apply=_int),
        Filter(name="float", apply=_float),
        Filter(name="bool", apply=_bool),
        Filter(name="str", apply=to_text),
        Filter(name="lower", apply=lambda value: to_text(value).lower()),
        Filter(name="upper", apply=lambda value: to_text(value).upper()),
        Filter(name="trim", apply=lambda value: to_text(value).strip()),
        Filter(name="slug", apply=_slug),
        Filter(name="json", apply=_json),
        DEFAULT,
    )
}
