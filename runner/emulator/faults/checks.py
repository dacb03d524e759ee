"""Checks of single written values: the one to use, or what is wanted instead."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[Any], Any]
"""A written value to the one to use; raises WantedError."""


class WantedError(Exception):
    """What a value must be; reads on after "must be"."""


def whole(low: int, high: float = math.inf) -> Check:
    """A whole number within bounds."""

    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            upper = f" to {high}" if high < math.inf else " on"
            raise WantedError(f"a whole number from {low}{upper}")
        return value

    return check


def number(low: float = 0, high: float = math.inf) -> Check:
    """A finite number within bounds."""

    def check(value: Any) -> float:
        plain = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not plain or not math.isfinite(value) or not low <= value <= high:
            upper = f" to {high}" if high < math.inf else " on"
            raise WantedError(f"a number from {low}{upper}")
        return float(value)

    return check


def text(value: Any) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise WantedError("a text")
    return value


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise WantedError("true or false")
    return value


def one_of(*names: str) -> Check:
    """One of some words."""

    def check(value: Any) -> str:
        if value not in names:
            raise WantedError(f"one of {', '.join(names)}")
        return str(value)

    return check


def names(value: Any) -> tuple[str, ...]:
    """A list of texts, at least one."""
    if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
        raise WantedError("a list of field names")
    return tuple(value)


def mapping(value: Any) -> dict[str, Any]:
    """A mapping with at least one entry."""
    if not isinstance(value, dict) or not value:
        raise WantedError("a mapping of field names to values")
    return dict(value)


def retry_after(value: Any) -> str:
    """Seconds, or any text: an HTTP date, or nonsense."""
    return value if isinstance(value, str) else f"{number()(value):g}"


def not_zero(value: Any) -> int:
    """Bytes more or fewer."""
    if not isinstance(value, int) or isinstance(value, bool) or value == 0:
        raise WantedError("a whole number other than 0")
    return value
