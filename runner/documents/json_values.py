"""JSON values: reads a faultless JSON text by the standard library, many times faster than events.

What needs a message, and so a place in the text, is left to `json_events`.
"""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import Any, NoReturn

# Numbers that may be too large for a double.
_LARGE_NUMBER = re.compile(r"[0-9][eE]\+?[0-9]{3}|[0-9]{300}")
_CONTAINERS = frozenset((dict, list))
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def read_plain_json(text: str, most_depth: int) -> Any:
    """The value of `text`; raises ValueError where it is wrong, or may have to be explained.

    So do texts that are blank, that nest deeper than `most_depth`, or have a key twice.
    """
    if _LARGE_NUMBER.search(text):
        raise ValueError("perhaps a number without a value")
    try:
        value = json.loads(text, object_pairs_hook=_mapping, parse_constant=_reject)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if _is_deeper(value, most_depth):
        raise ValueError("nested too deeply")
    if _SURROGATE_ESCAPE.search(text):
        json.dumps(value, ensure_ascii=False).encode()  # half a pair is a ValueError
    return value


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise ValueError("a key given twice")
    return mapping


def _reject(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _is_deeper(value: Any, most_depth: int) -> bool:
    """Whether more than `most_depth` lists and mappings are inside each other."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(most_depth):
        parts = (part.values() if isinstance(part, dict) else part for part in level)
        level = [part for part in chain.from_iterable(parts) if part.__class__ in _CONTAINERS]
    return bool(level)
