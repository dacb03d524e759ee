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

_EXAMPLE = ({"credits": "500", "cny": "40"},)


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


def _formless(value: Any) -> UnfitError:
    """What is wrong with a value that is no mapping, with its own numbers in the right form."""
    if is_number(value) and value >= 0:
        forms: Sequence[Mapping[str, str]] = [{unit: str(value)} for unit in UNITS]
    else:
        found = _understood(value) if isinstance(value, str) else None
        forms = [found] if found else _EXAMPLE
    if isinstance(value, str):
        return UnfitError("is not in the form of amounts by unit (credits, cny)", forms=forms)
    return UnfitError("names no unit: write credits, cny or both", forms=forms)


def _understood(text: str) -> dict[str, str] | None:
    """The amounts that `60 credits` or `¥40 and 60 credits` means; None where it is not clear."""
    found: dict[str, str] = {}
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
