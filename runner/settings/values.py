"""Setting values: parses the texts of flags and variables, and checks values of every source."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from runner.file_names import unexpanded
from runner.ledger.shared import SharedLedger
from runner.model.operations import UNITS, Unit
from runner.model.tasks import URL_NAMES, UrlName
from runner.model.values import is_number

Reader: TypeAlias = Callable[[Any], Any]
"""Checks a value as YAML would hold it; raises ValueFormError."""

_DIGITS = r"[0-9]+(?:\.[0-9]+)?"
_NUMBER = re.compile(f"[+-]?{_DIGITS}")
_DURATION = re.compile(f"(?:({_DIGITS})h)?(?:({_DIGITS})m)?(?:({_DIGITS})s)?")
_BOOLEANS = dict.fromkeys(("true", "1", "yes", "on"), True) | dict.fromkeys(
    ("false", "0", "no", "off"), False
)
# A longer one is a mistake in the unit: such as milliseconds.
_MAX_DURATION_S = 30 * 24 * 3600


class ValueFormError(ValueError):
    """A value that a setting does not accept; the message continues it: "is not a number"."""

    def __init__(self, message: str, *, forms: Sequence[Mapping[Unit, str]] = ()) -> None:
        """`forms`: what the user may have meant, each as amounts by unit."""
        super().__init__(message)
        self.forms = forms


def _require(condition: object, message: str) -> None:
    if not condition:
        raise ValueFormError(message)


def parse_number(text: str) -> int | float | str:
    """The number, or the text itself, which the reader then rejects."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def parse_boolean(text: str) -> bool | str:
    """True or false as environments write them, or the text itself."""
    return _BOOLEANS.get(text.strip().lower(), text)


def parse_names(text: str) -> list[str]:
    """The names in `url,cover_url`."""
    return [name.strip() for name in text.split(",")]


def parse_amounts(text: str) -> dict[str, Any] | int | float | str:
    """`credits=500,cny=40` as a mapping, or a number, or the text itself."""
    if "=" not in text:
        return parse_number(text)
    pairs = (part.partition("=") for part in text.split(","))
    return {unit.strip(): parse_number(value) for unit, _, value in pairs}


def whole(minimum: int, maximum: int) -> Callable[[Any], int]:
    """A reader of whole numbers in a range, both ends included."""

    def read(value: Any) -> int:
        _require(is_number(value) and isinstance(value, int), "is not a whole number")
        _require(minimum <= value <= maximum, f"is not between {minimum} and {maximum}")
        return int(value)

    return read


read_concurrency = whole(1, 10_000)


def read_rate(value: Any) -> float:
    """Requests per second."""
    _require(is_number(value), "is not a number")
    _require(0 < value <= 1000, "is not above 0 and at most 1000")
    return float(value)


def read_duration(value: Any) -> float:
    """Seconds of `30m`, `5s`, `1h30m`, `1.5h` or of a number (of seconds)."""
    seconds = value if is_number(value) else _parse_duration(value)
    _require(0 <= seconds <= _MAX_DURATION_S, "is not between 0 and 30 days")
    return float(seconds)


def read_timeout(value: Any) -> float:
    """A duration above zero."""
    seconds = read_duration(value)
    _require(seconds > 0, "is not above 0")
    return seconds


def _parse_duration(value: Any) -> float:
    text = value.strip() if isinstance(value, str) else ""
    if text and (parts := _DURATION.fullmatch(text)):
        hours, minutes, seconds = (float(part or 0) for part in parts.groups())
        return hours * 3600 + minutes * 60 + seconds
    _require(_NUMBER.fullmatch(text), "is not a duration such as 30m, 5s, 1h30m or 90 (seconds)")
    return float(text)


def read_boolean(value: Any) -> bool:
    """True or false, nothing that only resembles them."""
    _require(isinstance(value, bool), "is neither true nor false")
    return bool(value)


def read_keep(value: Any) -> tuple[UrlName, ...]:
    """Names of URLs, in their own order."""
    _require(isinstance(value, list) and value, f"is not a list of: {', '.join(URL_NAMES)}")
    unknown = next((name for name in value if name not in URL_NAMES), None)
    _require(unknown is None, f'names "{unknown}" (known: {", ".join(URL_NAMES)})')
    return tuple(name for name in URL_NAMES if name in value)


def one_of(*choices: str) -> Reader:
    """A reader of a few words."""

    def read(value: Any) -> Any:
        _require(value in choices, f"is not one of: {', '.join(choices)}")
        return value

    return read


def read_folder(value: Any) -> Path:
    """The name of a folder, which need not exist."""
    return _read_path(value, "a folder")


def read_file(value: Any) -> Path:
    """The name of a file, which need not exist."""
    return _read_path(value, "a file")


def read_ledger(value: Any) -> SharedLedger:
    """The URL of a shared ledger."""
    _require(isinstance(value, str), "is not a URL: write postgresql://USER@HOST/DATABASE")
    try:
        return SharedLedger.parse(value)
    except ValueError as error:
        raise ValueFormError(str(error)) from error


def read_ledger_without_password(value: Any) -> SharedLedger:
    """The same, in a place that others can read."""
    ledger = read_ledger(value)
    _require(
        not ledger.has_password,
        "contains a password, which everybody gets who gets the manifest: set PGPASSWORD, "
        "PGPASSFILE (~/.pgpass) or PGSERVICE instead",
    )
    return ledger


def _read_path(value: Any, kind: str) -> Path:
    is_name = isinstance(value, str) and value.strip() and "\0" not in value
    _require(is_name, f"is not the name of {kind}")
    part = unexpanded(Path(value))
    _require(part is None, f'contains "{part}", which is not expanded: write the whole path')
    return Path(value)


def format_value(value: Any) -> str:
    """A value for a message, as YAML writes it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {format_value(item)}" for key, item in value.items())
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def read_amounts(value: Any) -> dict[Unit, Decimal]:
    """Amounts by unit: `{credits: 500, cny: 40}`."""
    if not isinstance(value, Mapping) or not value:
        message = "names no unit: write credits, cny or both"
        if isinstance(value, str):
            message = "must be written as UNIT=N (units: credits, cny)"
        raise ValueFormError(message, forms=suggest_amounts(value))
    for unit in value:
        _require(unit in UNITS, f'has the unknown unit "{unit}" (known: credits, cny)')
    return {unit: _read_amount(value[unit]) for unit in UNITS if unit in value}


def read_amounts_or_number(value: Any) -> dict[Unit, Decimal]:
    """Amounts by unit, or one number that applies to every unit."""
    return dict.fromkeys(UNITS, _read_amount(value)) if is_number(value) else read_amounts(value)


def _read_amount(value: Any) -> Decimal:
    _require(is_number(value), "is not a number")
    _require(value >= 0, "is below 0")
    return Decimal(str(value))  # through its text, so that 0.1 is exactly 0.1


# What people call the units, to understand what they meant; only the real names are accepted.
_YUAN_SIGNS = "\u5143\u00a5\uffe5"  # the character, the sign, and the sign in full width
_UNIT_WORDS: dict[str, Unit] = dict.fromkeys(("credits", "credit"), "credits")
_UNIT_WORDS |= dict.fromkeys(("cny", "rmb", "yuan", *_YUAN_SIGNS), "cny")
_UNITS = "|".join(_UNIT_WORDS)
_LOOSE_AMOUNT = re.compile(
    rf"({_DIGITS})\s*({_UNITS})|({_UNITS})\s*:?\s*({_DIGITS})", re.IGNORECASE
)
_SEPARATORS = re.compile(r"(?:[\s,;+&]|\band\b)*", re.IGNORECASE)
_EXAMPLE: Sequence[Mapping[Unit, str]] = ({"credits": "500", "cny": "40"},)


def suggest_amounts(value: Any) -> Sequence[Mapping[Unit, str]]:
    """What a value without the form of amounts by unit may mean: one or more amounts by unit.

    A bare number is one suggestion per unit; where nothing is clear, an example is returned.
    """
    number = parse_amounts(value) if isinstance(value, str) else value
    if is_number(number) and number >= 0:
        return [{unit: str(number)} for unit in UNITS]
    meant = _parse_loose(value.replace("=", " ")) if isinstance(value, str) else None
    return [meant] if meant else _EXAMPLE


def _parse_loose(text: str) -> dict[Unit, str] | None:
    """The amounts in `60 credits` or `¥40 and 60 credits`; None if anything is unclear."""
    if not _SEPARATORS.fullmatch(_LOOSE_AMOUNT.sub(" ", text)):
        return None
    matches = list(_LOOSE_AMOUNT.finditer(text))
    amounts = {_UNIT_WORDS[(m[2] or m[3]).lower()]: m[1] or m[4] for m in matches}
    # With one unit twice it is not clear which amount counts.
    return amounts if len(amounts) == len(matches) else None
