"""Request fields: parses a body and checks its values; raises ApiError for every wrong one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from runner.emulator.api.errors import ApiError, bad_request, invalid, lacking

_DIGITS = re.compile("-?[0-9]+")
_PROMPT_LIMIT = 2000  # characters, in both documents
# No document states a range: 32 bits, and those that fit whether or not they have a sign.
SEED_LIMIT = 2**31 - 1
_MOST_DIGITS = 20  # of an integer as text: more than 64 bits have


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; also rejects what only Python's parser accepts, such as NaN."""
    try:
        value = json.loads(body.decode(), parse_constant=int)  # `int` rejects NaN and Infinity
    except (ValueError, RecursionError) as error:  # too many digits or levels too
        raise bad_request("the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise bad_request("the body must be a JSON object")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The fields of a JSON object. A field without a default is required and must not be empty.

    `null` counts as absent: protocol stacks take it for a field that is not set.
    """

    values: Mapping[str, Any]
    path: str = ""
    """What messages have before the name of a field, such as `parameters.`."""

    def _value(self, key: str, default: Any) -> tuple[Any, str]:
        """The value of a field, and its full name."""
        name, value = self.path + key, self.values.get(key)
        if default is None and value in (None, ""):
            raise lacking(name)
        return default if value is None else value, name

    def text(self, key: str, default: str | None = None, limit: int | None = None) -> str:
        """A string of at most `limit` characters."""
        value, name = self._value(key, default)
        text = _text(value, name)
        if limit is not None and len(text) > limit:
            raise invalid(f"{name} has {len(text)} characters, at most {limit} are allowed")
        return text

    def prompt(self) -> str:
        """The required `prompt`."""
        return self.text("prompt", limit=_PROMPT_LIMIT)

    def choice(self, key: str, offered: Sequence[str], default: str | None = None) -> str:
        """One of the offered names, in exactly this spelling, or the default."""
        found = self.text(key, default)
        if found not in (*offered, default):
            raise invalid(f"{self.path}{key} must be one of {', '.join(offered)}")
        return found

    def integer(self, key: str, default: int | None, low: int, high: int) -> int:
        """A JSON integer; neither true nor 5.0 is one."""
        value, name = self._value(key, default)
        if not isinstance(value, int) or isinstance(value, bool):  # to Python, a bool is an int
            raise invalid(f"{name} must be an integer")
        return _in_range(value, name, low, high)

    def number(self, key: str, default: int | None, low: int, high: int) -> int:
        """An integer as a JSON number or as text: Vidu's protocol stack takes either for any."""
        value, name = self._value(key, default)
        if isinstance(value, str) and _DIGITS.fullmatch(value) and len(value) <= _MOST_DIGITS:
            value = int(value)
        if isinstance(value, float) and value.is_integer():  # 5.0 is an integer in JSON
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise invalid(f"{name} must be an integer")
        return _in_range(value, name, low, high)

    def real(self, key: str, default: float | None, low: float, high: float) -> float | None:
        """A JSON number; null where there is no default either."""
        value = self.values.get(key)
        if value is None:
            return default
        name = self.path + key
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise invalid(f"{name} must be a number")
        if not low <= value <= high:
            raise invalid(f"{name} must be from {low:g} to {high:g}")
        return value

    def flag(self, key: str, *, default: bool | None = False) -> bool:
        """A JSON boolean; neither 0 nor "false" is one."""
        value, name = self._value(key, default)
        if not isinstance(value, bool):
            raise invalid(f"{name} must be a boolean")
        return value

    def object(self, key: str) -> Fields:
        """The fields of a required JSON object."""
        value, name = self.values.get(key), self.path + key
        if value is None:
            raise lacking(name)
        if not isinstance(value, dict):
            raise invalid(f"{name} must be an object")
        return Fields(values=value, path=f"{name}.")

    def texts(self, least: int, most: int | None, key: str) -> list[str]:
        """A list of strings; empty without one."""
        value, name = self._list(key, "strings")
        found = [_text(item, f"{name}[{n}]") for n, item in enumerate(value)]
        _check_count(len(found), least, most, name)
        return found

    def objects(self, least: int, most: int | None, key: str) -> list[Fields]:
        """The fields of each object in a list."""
        value, name = self._list(key, "objects")
        _check_count(len(value), least, most, name)
        for number, item in enumerate(value):
            if not isinstance(item, dict):
                raise invalid(f"{name}[{number}] must be an object")
        return [Fields(values=item, path=f"{name}[{n}].") for n, item in enumerate(value)]

    def _list(self, key: str, items: str) -> tuple[list[Any], str]:
        value, name = self._value(key, [])
        if not isinstance(value, list):
            raise invalid(f"{name} must be an array of {items}")
        return value, name

    def callback_url(self) -> str:
        """An http(s) URL, or the empty text, which stands for no URL in the document's sample."""
        found = self.text("callback_url", "")
        if found and not is_web_url(found):
            raise invalid("callback_url must be an http or https URL")
        return found


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"{name} must be a string")
    # JSON can spell half of a character: a lone surrogate, which no file or answer can hold.
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise invalid(f"{name} is not valid Unicode text")
    return value


def _check_count(count: int, least: int, most: int | None, name: str) -> None:
    if not least <= count <= (count if most is None else most):
        upper = f"{least} to {most}" if most is not None else f"at least {least}"
        expected = str(least) if least == most else upper
        message = f"{name} must have {expected} items, not {count}"
        raise ApiError("FieldItemCountOutOfRange", message)


def _in_range(number: int, name: str, low: int, high: int) -> int:
    if not low <= number <= high:
        raise invalid(f"{name} must be " + (f"from {low} to {high}" if low < high else str(low)))
    return number


def is_web_url(url: str) -> bool:
    """Whether `url` is an http(s) address with a host and without spaces or controls."""
    if any(character <= " " or character == "\x7f" for character in url):
        return False
    try:
        parts = urlsplit(url)  # a bad port or bracket raises ValueError, here or when it is read
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
