"""Scalars: the value that YAML 1.1, or JSON, gives a text without quotes.

With a warning or an error if it surprises.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, NamedTuple


class Reading(NamedTuple):
    """The value of a scalar, and what its author should know about it."""

    value: Any
    error: str | None = None
    warning: str | None = None
    as_text: str | None = None
    """A warning that counts only where the value may become a part of a text."""


NON_TEXT_STARTS = frozenset("0123456789+-.~nNyYtTfFoO")
"""First characters of all plain scalars that can have another value than their own text."""

_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
# As PyYAML reads YAML 1.1: "y" and "n" are text.
_WORDS = {
    spelling: value
    for word, value in (_BOOLEANS | {"null": None}).items()
    for spelling in (word, word.capitalize(), word.upper())
} | {"~": None, "": None}

# Longer numbers are beyond the range of a double, with which they could not be compared.
_MAX_DIGITS = 308

_UNSURPRISING = {"true", "false", "null", ""}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)")
_HEX_OR_BINARY = re.compile(r"[-+]?0(?:b[01_]*[01][01_]*|x[0-9a-fA-F_]*[0-9a-fA-F][0-9a-fA-F_]*)")
_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_DECIMAL = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
)
# Numbers in JSON and YAML 1.2, but texts in YAML 1.1.
_NEW_FLOAT = re.compile(r"([-+]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:([eE])([-+]?)([0-9]+))?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_SEXAGESIMAL = re.compile(
    r"[-+]?(?:[1-9][0-9_]*(?::[0-5]?[0-9])+|[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)"
)
_NUMBERS = (_INTEGER, _DECIMAL, _SEXAGESIMAL, _OCTAL, _HEX_OR_BINARY, _NOT_FINITE)


_REPEATED = 64
"""Characters of the longest text that may come again: a process must not keep every prompt."""


def read_plain(text: str) -> Reading:
    """The value of a plain scalar. Timestamps, "=" and "<<" stay text."""
    return _cached(text) if len(text) <= _REPEATED else _read(text)


@lru_cache(maxsize=4096)  # durations, ratios and words are the same in many jobs
def _cached(text: str) -> Reading:
    return _read(text)


def _read(text: str) -> Reading:
    if text in _WORDS:
        return _read_word(text)
    if text[0] not in NON_TEXT_STARTS:
        return Reading(text)
    if len(text) > _MAX_DIGITS and any(form.fullmatch(text) for form in _NUMBERS):
        return Reading(0, error=_too_long(text))
    return _read_number(text)


def _read_word(text: str) -> Reading:
    value = _WORDS[text]
    if value is None or text.lower() in _UNSURPRISING:
        return Reading(value)
    word = str(value).lower()
    warning = f"YAML reads an unquoted {text} as {word}: quote it, or write {word}"
    return Reading(value, warning=warning)


def _read_number(text: str) -> Reading:
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(text):
        return _with_underscores(text, int(digits))
    if _DECIMAL.fullmatch(text):
        value = float(digits)
        finite = math.isfinite(value)
        return _with_underscores(text, value) if finite else _misread(text, "infinity")
    if _HEX_OR_BINARY.fullmatch(text):
        return Reading(int(digits, 0), as_text=_other_number(text, int(digits, 0)))
    # Hardly anyone means the following forms as numbers.
    if _SEXAGESIMAL.fullmatch(text):
        return _misread(text, f"the number {_sexagesimal(digits)}")
    if _OCTAL.fullmatch(text):
        return _misread(text, f"the octal number {int(digits, 8)}")
    if _NOT_FINITE.fullmatch(text):
        return _misread(text, "infinity" if "inf" in text.lower() else "not a number")
    return _read_unlike_json(text)


def _with_underscores(text: str, value: float) -> Reading:
    if "_" in text:
        return Reading(value, warning=_other_number(text, value))
    # The end of 3.10 may be a part of a version, the sign of +5 one of a text. An exponent is
    # written for a number.
    loses = str(value) != text and "e" not in text.lower()
    return Reading(value, as_text=_other_number(text, value) if loses else None)


def _other_number(text: str, value: float) -> str:
    return f'YAML reads {text} as the number {value}; if it is text, quote it: "{text}"'


def _read_unlike_json(text: str) -> Reading:
    """A text in which other readers find a number."""
    found = _NEW_FLOAT.fullmatch(text)
    if found is None or not (found[5] or text[0] in "+-."):
        return Reading(text)
    sign, whole, fraction, bare, e, exponent_sign, exponent = found.groups("")
    number = f"{sign}{whole or 0}.{fraction or bare or 0}"
    number += f"{e}{exponent_sign or '+'}{exponent}" if e else ""
    return Reading(text, warning=f'{text} is read as text: write {number}, or quote it: "{text}"')


def _misread(text: str, meaning: str) -> Reading:
    return Reading(text, error=f'YAML reads {text} as {meaning}; quote it: "{text}"')


_JSON_WORDS = {"true": True, "false": False, "null": None}


def read_json_word(text: str) -> Reading:
    """The value of what stands without quotes in JSON: a number or one of three words."""
    if text in _JSON_WORDS:
        return Reading(_JSON_WORDS[text])
    is_integer = text.lstrip("-").isdigit()
    if is_integer and len(text) > _MAX_DIGITS:
        return Reading(0, error=_too_long(text))
    value = int(text) if is_integer else float(text)
    if not math.isfinite(value):
        return Reading(0, error=f"the number {text[:20]} is too large; quote it if it is text")
    return Reading(value)


def _too_long(text: str) -> str:
    return f"a number of {len(text):,} digits is too long; quote it if it is text"


def _sexagesimal(digits: str) -> float:
    """The number that YAML 1.1 makes of digits between colons, in base 60."""
    total: float = 0
    for part in digits.lstrip("+-").split(":"):
        total = total * 60 + (float(part) if "." in part else int(part))
    return -total if digits[0] == "-" else total


_TAGGED_TYPES: dict[str, tuple[type, ...]] = {
    "!!int": (int,),
    "!!float": (float, int),
    "!!bool": (bool,),
    "!!null": (type(None),),
}


def read_tagged(tag: str, text: str) -> Reading:
    """The value of a scalar with an explicit tag such as `!!str`."""
    if tag in ("!!str", "!!timestamp"):
        return Reading(text)
    types = _TAGGED_TYPES.get(tag)
    if types is None:
        return Reading(text, error=unknown_tag(tag))
    reading = read_plain(text)
    if reading.error is None and type(reading.value) in types:
        return Reading(float(reading.value) if tag == "!!float" else reading.value)
    return Reading(text, error=f'the tag {tag} does not fit "{text}"')


def unknown_tag(tag: str) -> str:
    """The error for a tag that has no JSON value."""
    return f'unknown tag {tag}; quote the text if it should start with "!"'
