"""Request fields: parses a body and checks its values; raises ApiError for every wrong one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from runner.emulator.api.errors import ApiError, bad_request, invalid, lacking

_PROMPT_LIMIT = 2000  # characters, in both documents
# No document states a limit; answers contain the seed as an integer, so one of 64 bits.
SEED_LIMIT = 2**63 - 1


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
    """The fields of a JSON object. A field without a default is required and must not be empty."""

    values: Mapping[str, Any]
    path: str = ""
    """What messages have before the name of a field, such as `parameters.`."""

    def _value(self, key: str, default: Any) -> tuple[Any, str]:
        """The value of a field, and its full name."""
        name = self.path + key
        if default is None and self.values.get(key) in (None, ""):
            raise lacking(name)
        return self.values.get(key, default), name

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
        """One of the offered names, in exactly this spelling."""
        found = self.text(key, default)
        if found not in offered:
            raise invalid(f"{self.path}{key} must be one of {', '.join(offered)}")
        return found

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        """A JSON integer; neither true nor 5.0 is one."""
        value, name = self._value(key, default)
        if not isinstance(value, int) or isinstance(value, bool):  # to Python, a bool is an int
            raise invalid(f"{name} must be an integer")
        return _in_range(value, name, low, high)

    def seed_digits(self) -> int:
        """A `seed` as a string of digits, as the Vidu document has it; 0 by default."""
        found = self.text("seed", "0")
        # More digits exceed the limit anyway, and `int` raises ValueError for thousands of them.
        if not (found.isascii() and found.isdigit() and len(found) <= 19):
            raise invalid("seed must be a string of digits")
        return _in_range(int(found), "seed", 0, SEED_LIMIT)

    def flag(self, key: str) -> bool:
        """A JSON boolean, false by default; neither 0 nor "false" is one."""
        value, name = self._value(key, default=False)
        if not isinstance(value, bool):
            raise invalid(f"{name} must be a boolean")
        return value

    def object(self, key: str) -> Fields:
        """The fields of a required JSON object."""
        value = self.values.get(key)
        if value is None:
            raise lacking(key)
        if not isinstance(value, dict):
            raise invalid(f"{key} must be an object")
        return Fields(values=value, path=f"{key}.")

    def images(self, least: int, most: int) -> list[str]:
        """The sources of `images`, as many as the model takes; only their number is checked."""
        value, name = self.values.get("images", []), f"{self.path}images"
        if not isinstance(value, list):
            raise invalid(f"{name} must be an array of strings")
        sources = [_text(item, f"{name}[{n}]") for n, item in enumerate(value)]
        if not least <= len(sources) <= most:
            message = f"images must have {least} to {most} items, not {len(sources)}"
            raise ApiError("FieldItemCountOutOfRange", message)
        return sources

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


def _in_range(number: int, name: str, low: int, high: int) -> int:
    if not low <= number <= high:
        raise invalid(f"{name} must be from {low} to {high}")
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
