"""Amounts of credits and yuan as YAML or text in, by unit out; an UnfitError tells the form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from runner.model import UNITS, Unit
from runner.settings.values import UnfitError, is_number, number_in

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
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_PART = re.compile(rf"({_NUMBER})\s*({_WORD})|({_WORD})\s*:?\s*({_NUMBER})", re.IGNORECASE)
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
            raise UnfitError(f'has the unknown unit "{unit}" (credits, cny)')
    return {unit: _amount(value[unit]) for unit in UNITS if unit in value}


def amounts_or_one_for_all(value: Any) -> dict[Unit, Decimal]:
    """Amounts by unit, or one number that holds in every unit."""
    return dict.fromkeys(UNITS, _amount(value)) if is_number(value) else amounts(value)


def meant(value: Any) -> Sequence[Mapping[Unit, str]]:
    """The ways in which a value that is no amounts by unit may be meant, each as such.

    One of them where it names its units, one for each unit where it is a mere number, and an
    example where it says nothing clear.
    """
    said = amounts_in(value) if isinstance(value, str) else value
    if is_number(said) and said >= 0:
        return [{unit: str(said)} for unit in UNITS]
    found = _understood(value.replace("=", " ")) if isinstance(value, str) else None
    return [found] if found else _EXAMPLE


def _formless(value: Any) -> UnfitError:
    """What is wrong with a value that is no mapping, with its own numbers in the right form."""
    if isinstance(value, str):
        return UnfitError(
            "is not in the form of amounts by unit (credits, cny)", forms=meant(value)
        )
    return UnfitError("names no unit: write credits, cny or both", forms=meant(value))


def _understood(text: str) -> dict[Unit, str] | None:
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
        raise UnfitError("is not a number")
    if value < 0:
        raise UnfitError("is below 0")
    return Decimal(str(value))  # by way of its text: 0.1 is meant as 0.1
