"""One setting's value as YAML or text in, the checked value out; an UnfitError tells why not."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias, TypeGuard

from runner.model import UNITS, Unit

Reader: TypeAlias = Callable[[Any], Any]

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_DURATION = re.compile(r"(?:(N)h)?(?:(N)m)?(?:(N)s)?".replace("N", r"[0-9]+(?:\.[0-9]+)?"))
_TRUTH = {"true": True, "1": True, "yes": True, "on": True}
_FALSEHOOD = {"false": False, "0": False, "no": False, "off": False}
_LONGEST_S = 30 * 24 * 3600


class ValueFormError(ValueError):
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
            raise ValueFormError("is not a whole number")
        if not least <= value <= most:
            raise ValueFormError(f"is not between {least} and {most}")
        return value

    return read


CONCURRENCY = whole(1, 10_000)
"""Tasks in flight: all together, or with one provider."""


def rate(value: Any) -> float:
    """A number of requests a second."""
    if not is_number(value):
        raise ValueFormError("is not a number")
    if not 0 < value <= 1000:
        raise ValueFormError("is not above 0 and at most 1000")
    return float(value)


def duration(value: Any) -> float:
    """Seconds of `30m`, `5s`, `1h30m`, `1.5h` or of a number (of seconds)."""
    seconds = value if is_number(value) else _spelled_seconds(value)
    if not 0 <= seconds <= _LONGEST_S:
        raise ValueFormError("is not between 0 and 30 days")
    return float(seconds)


def limit(value: Any) -> float:
    """A duration that is no time limit when it is zero."""
    seconds = duration(value)
    if seconds == 0:
        raise ValueFormError("is no time at all")
    return seconds


def _spelled_seconds(value: Any) -> float:
    text = value.strip() if isinstance(value, str) else ""
    found = _DURATION.fullmatch(text) if text else None
    if found is not None:
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds
    if _NUMBER.fullmatch(text):
        return float(text)
    raise ValueFormError("is not a duration such as 30m, 5s, 1h30m or 90 (seconds)")


def truth(value: Any) -> bool:
    """True or false and nothing that resembles them."""
    if not isinstance(value, bool):
        raise ValueFormError("is neither true nor false")
    return value


def one_of(*choices: str) -> Reader:
    """One of a few words."""

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueFormError(f"is not offered ({', '.join(choices)})")
        return str(value)

    return read


def folder(value: Any) -> str:
    """The name of a folder, not looked at."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueFormError("is not the name of a folder")
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


_WORDS: Mapping[str, Unit] = {
    "credits": "credits",
    "credit": "credits",
    "cny": "cny",
    "rmb": "cny",
    "yuan": "cny",
    "\u5143": "cny",  # 元
    "\u00a5": "cny",  # the sign of the yuan, and its fullwidth form
    "\uffe5": "cny",
}
"""What people call the units; only the first of each is taken, the others are understood."""

_WORD = "|".join(_WORDS)
_AMOUNT_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_PART = re.compile(
    rf"({_AMOUNT_NUMBER})\s*({_WORD})|({_WORD})\s*:?\s*({_AMOUNT_NUMBER})", re.IGNORECASE
)
_BETWEEN = re.compile(r"[\s,;+&]*(?:and\b)?\s*", re.IGNORECASE)

_EXAMPLE: Sequence[Mapping[Unit, str]] = ({"credits": "500", "cny": "40"},)


def amounts_in(text: str) -> dict[str, Any] | int | float | str:
    """`credits=500,cny=40` as the mapping a manifest would hold."""
    if "=" not in text:
        return number_in(text)
    pairs = (part.partition("=") for part in text.split(","))
    return {unit.strip(): number_in(value) for unit, _, value in pairs}


def amounts(value: Any) -> dict[Unit, Decimal]:
    """Amounts by unit: `{credits: 500, cny: 40}`."""
    if not isinstance(value, Mapping) or not value:
        raise _formless(value)
    for unit in value:
        if unit not in UNITS:
            raise ValueFormError(f'has the unknown unit "{unit}" (credits, cny)')
    return {unit: _amount(value[unit]) for unit in UNITS if unit in value}


def amounts_or_one_for_all(value: Any) -> dict[Unit, Decimal]:
    """Amounts by unit, or one number that holds in every unit."""
    return dict.fromkeys(UNITS, _amount(value)) if is_number(value) else amounts(value)


def read_amounts_text(value: Any) -> Sequence[Mapping[Unit, str]]:
    """The ways in which a value that is no amounts by unit may be meant, each as such.

    One of them where it names its units, one for each unit where it is a mere number, and an
    example where it says nothing clear.
    """
    said = amounts_in(value) if isinstance(value, str) else value
    if is_number(said) and said >= 0:
        return [{unit: str(said)} for unit in UNITS]
    found = _parsed(value.replace("=", " ")) if isinstance(value, str) else None
    return [found] if found else _EXAMPLE


def _formless(value: Any) -> ValueFormError:
    """What is wrong with a value that is no mapping, with its own numbers in the right form."""
    if isinstance(value, str):
        return ValueFormError(
            "is not in the form of amounts by unit (credits, cny)", forms=read_amounts_text(value)
        )
    return ValueFormError(
        "names no unit: write credits, cny or both", forms=read_amounts_text(value)
    )


def _parsed(text: str) -> dict[Unit, str] | None:
    """The amounts that `60 credits` or `¥40 and 60 credits` means; None where it is not clear."""
    found: dict[Unit, str] = {}
    at = 0
    while at < len(text.rstrip()):
        start = _BETWEEN.match(text, at)
        part = _PART.match(text, start.end() if start else at)
        if part is None:
            return None
        number, word = part[1] or part[4], part[2] or part[3]
        unit = _WORDS[word.lower()]
        if unit in found:
            return None
        found[unit] = number
        at = part.end()
    return found or None


def _amount(value: Any) -> Decimal:
    if not is_number(value):
        raise ValueFormError("is not a number")
    if value < 0:
        raise ValueFormError("is below 0")
    return Decimal(str(value))  # by way of its text: 0.1 is meant as 0.1
