"""Values, names and types in; the words that messages use for them, out."""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections.abc import Iterable
from typing import Any

TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
"""JSON Schema's types as a sentence names what it wants."""

_SHOWN_CHARACTERS = 60


class TextToCome(str):
    """Stands in for a text that another job's result will give."""

    __slots__ = ()


class NumberToCome(int):
    """Stands in for a number that another job's result will give."""

    __slots__ = ()


def shown(value: Any) -> str:
    """The value as YAML's flow style would write it, cut where it is long."""
    if isinstance(value, (TextToCome, NumberToCome)):
        return "(another job's result)"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def described(value: Any) -> str:
    """What kind of value it is, with the value where it is short."""
    match value:
        case TextToCome():
            text = "another job's output, a text"
        case NumberToCome():
            text = "another job's seed, a number"
        case None:
            text = "empty (null)"
        case bool():
            text = shown(value)
        case str():
            text = f"the text {shown(value)}"
        case int() | float():
            text = f"the number {shown(value)}"
        case _:
            text = "a mapping" if isinstance(value, dict) else "a list"
    return text


def dotted(path: Iterable[str | int]) -> str:
    """`("providers", "vidu", "auth")` as `providers.vidu.auth`, indices as `images[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def counted(number: int, noun: str) -> str:
    """`1 item`, `8 items`, `no items`."""
    return f"{number or 'no'} {noun}{'s' * (number != 1)}"


def nearest(word: str, known: Iterable[Any], *, cutoff: float = 0.72) -> str | None:
    """A hint at the one known name that may have been meant, or None.

    What differs in case, width or punctuation only (`2k`, `aspectRatio`, `16-9`) always counts.
    """
    names = [name for name in known if isinstance(name, str)]
    plain = {_plain(name): name for name in reversed(names)}
    found = plain.get(_plain(word)) if _plain(word) else None
    if found is None:
        found = next(iter(difflib.get_close_matches(word, names, n=1, cutoff=cutoff)), None)
    return None if found is None else f'did you mean "{found}"?'


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
