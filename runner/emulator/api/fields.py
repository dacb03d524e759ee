"""Request fields: parses a body and checks its values; raises ApiError for every wrong one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn
from urllib.parse import urlsplit

from runner.emulator.api.errors import bad_request, invalid, lacking

_PROMPT_LIMIT = 2000  # characters, in both documents
# No document states a limit; answers contain the seed as an integer, so one of 64 bits.
SEED_LIMIT = 2**63 - 1


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; also rejects what only Python's parser accepts, such as NaN."""
    try:
        value = json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:  # too many digits or levels too
        raise bad_request("the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise bad_request("the body must be a JSON object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def required(body: Mapping[str, Any], key: str, name: str | None = None) -> Any:
    """A value that must be there and not empty; `name` is its full name for messages."""
    if body.get(key) in (None, ""):
        raise lacking(name or key)
    return body[key]


def text(value: Any, name: str, limit: int | None = None) -> str:
    """A string of at most `limit` characters."""
    if not isinstance(value, str):
        raise invalid(f"{name} must be a string")
    # JSON can spell half of a character: a lone surrogate, which no file or answer can hold.
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise invalid(f"{name} is not valid Unicode text")
    if limit is not None and len(value) > limit:
        raise invalid(f"{name} has {len(value)} characters, at most {limit} are allowed")
    return value


def prompt(body: Mapping[str, Any], name: str = "prompt") -> str:
    """The required `prompt`."""
    return text(required(body, "prompt", name), name, _PROMPT_LIMIT)


def choice(value: Any, name: str, offered: Sequence[str]) -> str:
    """One of the offered names, in exactly this spelling."""
    found = text(value, name)
    if found not in offered:
        raise invalid(f"{name} must be one of {', '.join(offered)}")
    return found


def integer(value: Any, name: str, low: int, high: int) -> int:
    """A JSON integer; neither true nor 5.0 is one."""
    if not isinstance(value, int) or isinstance(value, bool):  # to Python, a bool is an int
        raise invalid(f"{name} must be an integer")
    if not low <= value <= high:
        raise invalid(f"{name} must be from {low} to {high}")
    return value


def seed_digits(value: Any, name: str = "seed") -> int:
    """A seed as a string of digits, as the Vidu document has it."""
    found = text(value, name)
    # More digits exceed the limit anyway, and `int` raises ValueError for thousands of them.
    if not (found.isascii() and found.isdigit() and len(found) <= 19):
        raise invalid(f"{name} must be a string of digits")
    return integer(int(found), name, 0, SEED_LIMIT)


def flag(value: Any, name: str) -> bool:
    """A JSON boolean; neither 0 nor "false" is one."""
    if not isinstance(value, bool):
        raise invalid(f"{name} must be a boolean")
    return value


def texts(value: Any, name: str) -> list[str]:
    """A list of strings."""
    if not isinstance(value, list):
        raise invalid(f"{name} must be an array of strings")
    return [text(item, f"{name}[{n}]") for n, item in enumerate(value)]


def callback_url(value: Any) -> str:
    """An http(s) URL, or the empty text, which stands for no URL in the document's sample."""
    found = text(value, "callback_url")
    if found and not is_web_url(found):
        raise invalid("callback_url must be an http or https URL")
    return found


def is_web_url(url: str) -> bool:
    """Whether `url` is an http(s) address with a host and without spaces or controls."""
    if any(character <= " " or character == "\x7f" for character in url):
        return False
    try:
        parts = urlsplit(url)  # a bad port or bracket raises ValueError, here or when it is read
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
