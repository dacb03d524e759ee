"""One setting's value as YAML or text in, the checked value out; an UnfitError tells why not."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard

from runner.model import Unit

Reader: TypeAlias = Callable[[Any], Any]

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_DURATION = re.compile(r"(?:(N)h)?(?:(N)m)?(?:(N)s)?".replace("N", r"[0-9]+(?:\.[0-9]+)?"))
_TRUTH = {"true": True, "1": True, "yes": True, "on": True}
_FALSEHOOD = {"false": False, "0": False, "no": False, "off": False}
_LONGEST_S = 30 * 24 * 3600


class UnfitError(ValueError):
    """A value that a setting cannot have; reads on from the value: "is not a whole number"."""

    def __init__(self, words: str, *, forms: Sequence[Mapping[Unit, str]] = ()) -> None:
        """`forms`: what could be written instead, each as the amounts of a few units."""
        super().__init__(words)
        self.forms = forms


def plain(text: str) -> str:
    """Text that is meant as text."""
    return text


def number_in(text: str) -> int | float | str:
    """The number that `text` writes; `text` itself if it is none, for the reader to refuse."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def truth_in(text: str) -> bool | str:
    """True or false as environments write them."""
    return (_TRUTH | _FALSEHOOD).get(text.strip().lower(), text)


def whole(least: int, most: int) -> Callable[[Any], int]:
    """A whole number in a range, both ends included."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise UnfitError("is not a whole number")
        if not least <= value <= most:
            raise UnfitError(f"is not between {least} and {most}")
        return value

    return read


CONCURRENCY = whole(1, 10_000)
"""Tasks in flight: all together, or with one provider."""


def rate(value: Any) -> float:
    """A number of requests a second."""
    if not is_number(value):
        raise UnfitError("is not a number")
    if not 0 < value <= 1000:
        raise UnfitError("is not above 0 and at most 1000")
    return float(value)


def duration(value: Any) -> float:
    """Seconds of `30m`, `5s`, `1h30m`, `1.5h` or of a number (of seconds)."""
    seconds = value if is_number(value) else _spelled_seconds(value)
    if not 0 <= seconds <= _LONGEST_S:
        raise UnfitError("is not between 0 and 30 days")
    return float(seconds)


def limit(value: Any) -> float:
    """A duration that is no time limit when it is zero."""
    seconds = duration(value)
    if seconds == 0:
        raise UnfitError("is no time at all")
    return seconds


def _spelled_seconds(value: Any) -> float:
    text = value.strip() if isinstance(value, str) else ""
    found = _DURATION.fullmatch(text) if text else None
    if found is not None:
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds
    if _NUMBER.fullmatch(text):
        return float(text)
    raise UnfitError("is not a duration such as 30m, 5s, 1h30m or 90 (seconds)")


def truth(value: Any) -> bool:
    """True or false and nothing that resembles them."""
    if not isinstance(value, bool):
        raise UnfitError("is neither true nor false")
    return value


def one_of(*choices: str) -> Reader:
    """One of a few words."""

    def read(value: Any) -> str:
        if value not in choices:
            raise UnfitError(f"is not offered ({', '.join(choices)})")
        return str(value)

    return read


def folder(value: Any) -> str:
    """The name of a folder, not looked at."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise UnfitError("is not the name of a folder")
    return value


def shown(value: Any) -> str:
    """A value as a message shows it: texts in quotes, nothing of Python's spelling."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {shown(one)}" for key, one in value.items())
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether it is a finite number, which true and false are not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)
