"""The bytes of a request body to checked values; anything else is refused, never a crash."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn
from urllib.parse import urlsplit

from runner.emulator.api.errors import bad_request, invalid, lacking

PROMPT_LIMIT = 2000
"""Characters, in both documents."""
PAYLOAD_LIMIT = 1_048_576
"""Characters, in the Vidu document."""
SEED_LIMIT = 2**63 - 1
"""No document gives a limit; answers carry the seed as an integer, so one of 64 bits."""


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Nesting, digits or constants that JSON cannot hold are refused."""
    try:
        value = json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise bad_request("the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise bad_request("the body must be a JSON object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def text(value: Any, name: str) -> str:
    """A string of whole characters: JSON can spell half of one (a lone surrogate)."""
    if not isinstance(value, str):
        raise invalid(f"{name} must be a string")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise invalid(f"{name} is not valid Unicode text")
    return value


def prompt(value: Any, name: str = "prompt") -> str:
    """The prompt: required, at most 2000 characters."""
    if value is None or value == "":
        raise lacking(name)
    found = text(value, name)
    if len(found) > PROMPT_LIMIT:
        raise invalid(f"{name} has {len(found)} characters, at most {PROMPT_LIMIT} are allowed")
    return found


def choice(value: Any, name: str, offered: Sequence[str]) -> str:
    """One of the offered names, spelt exactly so."""
    found = text(value, name)
    if found not in offered:
        raise invalid(f"{name} must be one of {', '.join(offered)}")
    return found


def integer(value: Any, name: str, low: int, high: int) -> int:
    """A JSON integer; true is none, nor is 5.0."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(f"{name} must be an integer")
    if not low <= value <= high:
        raise invalid(f"{name} must be from {low} to {high}")
    return value


def flag(value: Any, name: str) -> bool:
    """A JSON boolean; 0 and "false" are none."""
    if not isinstance(value, bool):
        raise invalid(f"{name} must be a boolean")
    return value


def seed_digits(value: Any, name: str = "seed") -> int:
    """A seed that travels as a string of digits, as in the Vidu document."""
    found = text(value, name)
    if not (found.isascii() and found.isdigit() and len(found) <= 19):
        raise invalid(f"{name} must be a string of digits")
    return integer(int(found), name, 0, SEED_LIMIT)


def texts(value: Any, name: str) -> list[str]:
    """A list of strings."""
    if not isinstance(value, list):
        raise invalid(f"{name} must be an array of strings")
    return [text(item, f"{name}[{n}]") for n, item in enumerate(value)]


def payload(value: Any) -> str:
    """Anything the caller wants back."""
    found = text(value, "payload")
    if len(found) > PAYLOAD_LIMIT:
        raise invalid(f"payload has {len(found)} characters, at most {PAYLOAD_LIMIT} are allowed")
    return found


def callback_url(value: Any) -> str:
    """An http(s) URL; the empty text means none, as the sample answer spells it."""
    found = text(value, "callback_url")
    if found and not is_web(found):
        raise invalid("callback_url must be an http or https URL")
    return found


def is_web(url: str) -> bool:
    """Whether `url` can be an http(s) address: scheme, host, no space or control character."""
    if any(character <= " " or character == "\x7f" for character in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
