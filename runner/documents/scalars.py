"""The text of a plain (unquoted) YAML scalar in, the value YAML 1.1 reads it as out."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, NamedTuple


class Reading(NamedTuple):
    """What a plain scalar is read as, and what its author should know about that."""

    value: Any
    error: str | None = None
    warning: str | None = None


SUSPECT = frozenset("0123456789+-.~nNyYtTfFoO")
"""First characters of all plain scalars that are not read as their own text."""

WORDS = {
    spelling: value
    for word, value in {
        "true": True,
        "false": False,
        "null": None,
        "yes": True,
        "no": False,
        "on": True,
        "off": False,
    }.items()
    for spelling in (word, word.capitalize(), word.upper())
} | {"~": None, "": None}
"""YAML 1.1 as PyYAML knows it: "y" and "n" are text."""

MAX_DIGITS = 308
"""Longer numbers leave the range of a double, where comparisons with one fail."""

_FAMILIAR = {"true", "false", "null", ""}
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)")
_BASED = re.compile(r"[-+]?0(?:b[01_]*[01][01_]*|x[0-9a-fA-F_]*[0-9a-fA-F][0-9a-fA-F_]*)")
_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_DECIMAL = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
)
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_SIXTIES = re.compile(
    r"[-+]?(?:[1-9][0-9_]*(?::[0-5]?[0-9])+|[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)"
)


@lru_cache(maxsize=4096)
def read_plain(text: str) -> Reading:
    """The value of a plain scalar. Timestamps, "=" and "<<" stay text."""
    if text in WORDS:
        return _word(text)
    if text[0] not in SUSPECT:
        return Reading(text)
    if len(text) > MAX_DIGITS and _is_number(text):
        return Reading(
            0, error=f"a number of {len(text):,} digits is too long; quote it, if it is text"
        )
    return _number(text)


def _word(text: str) -> Reading:
    value = WORDS[text]
    if value is None or text.lower() in _FAMILIAR:
        return Reading(value)
    word = str(value).lower()
    return Reading(
        value, warning=f"YAML reads an unquoted {text} as {word}: quote it, or write {word}"
    )


def _is_number(text: str) -> bool:
    return any(
        form.fullmatch(text) for form in (_WHOLE, _DECIMAL, _SIXTIES, _OCTAL, _BASED, _ENDLESS)
    )


def _number(text: str) -> Reading:
    digits = text.replace("_", "")
    if _WHOLE.fullmatch(text):
        return _spaced(text, int(digits))
    if _DECIMAL.fullmatch(text):
        value = float(digits)
        return _spaced(text, value) if math.isfinite(value) else _surprise(text, "infinity")
    if _BASED.fullmatch(text):
        return Reading(int(digits, 0))
    return _oddity(text)


def _oddity(text: str) -> Reading:
    """What hardly anyone means as a number."""
    if _SIXTIES.fullmatch(text):
        return _surprise(text, f"the number {_sixties(text)}")
    if _OCTAL.fullmatch(text):
        return _surprise(text, f"the octal number {int(text.replace('_', ''), 8)}")
    if _ENDLESS.fullmatch(text):
        return _surprise(text, "infinity" if "inf" in text.lower() else "not a number")
    return Reading(text)


def _spaced(text: str, value: float) -> Reading:
    if "_" not in text:
        return Reading(value)
    return Reading(
        value, warning=f'YAML reads {text} as the number {value}; if it is text, quote it: "{text}"'
    )


def _surprise(text: str, what: str) -> Reading:
    return Reading(text, error=f'YAML reads {text} as {what}; quote it: "{text}"')


def _sixties(text: str) -> float:
    """The number that YAML 1.1 makes of digits between colons: base 60."""
    sign = -1 if text[0] == "-" else 1
    total: float = 0
    for part in text.lstrip("+-").replace("_", "").split(":"):
        total = total * 60 + (float(part) if "." in part else int(part))
    return sign * total


def read_tagged(tag: str, text: str) -> Reading:
    """The value of a scalar with an explicit tag such as !!str."""
    if tag in ("!!str", "!!timestamp"):
        return Reading(text)
    types = _TAGGED.get(tag)
    if types is None:
        return Reading(text, error=unknown_tag(tag))
    reading = read_plain(text) if text[:1] in SUSPECT or not text else Reading(text)
    if reading.error is None and type(reading.value) in types:
        value = float(reading.value) if tag == "!!float" else reading.value
        return Reading(value)
    return Reading(text, error=f'"{text}" is not what {tag} says')


def unknown_tag(tag: str) -> str:
    """What to say about a tag that JSON values have no use for."""
    return f'unknown tag {tag}; quote the text, if it should start with "!"'


_TAGGED: dict[str, tuple[type, ...]] = {
    "!!int": (int,),
    "!!float": (float, int),
    "!!bool": (bool,),
    "!!null": (type(None),),
}
