"""JSON values: reads JSON strictly by the standard library, many times faster than events.

What needs a place in the text is left to `json_events`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import chain
from typing import Any, NoReturn

# Numbers that may be too large for a double.
_LARGE_NUMBER = re.compile(r"[0-9][eE]\+?[0-9]{3}|[0-9]{300}")
_CONTAINERS = frozenset((dict, list))
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json(text: str) -> Any:
    """The value of `text`; raises ValueError, also where `json` itself would let an error pass.

    These are keys given twice, NaN, infinity and halves of surrogate pairs. Raises RecursionError.
    """
    value = json.loads(text, object_pairs_hook=_mapping, parse_constant=_reject)
    # Only an escape can spell one: the text itself was UTF-8.
    if _SURROGATE_ESCAPE.search(text) and _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise ValueError("it has half a surrogate pair, which is not a character")
    return value


def read_plain_json(text: str, most_depth: int) -> Any:
    """The value of `text`; raises ValueError where it is wrong, or may have to be explained.

    So do texts that are blank, that nest deeper than `most_depth`, or have a key twice.
    """
    if _LARGE_NUMBER.search(text):
        raise ValueError("perhaps a number without a value")
    try:
        value = read_json(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if _is_deeper(value, most_depth):
        raise ValueError("nested too deeply")
    return value


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):  # `json` itself keeps the last one
        names = Counter(name for name, _ in pairs)
        raise ValueError(f'it has "{names.most_common(1)[0][0]}" twice')
    return mapping


def _reject(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _is_deeper(value: Any, most_depth: int) -> bool:
    """Whether more than `most_depth` lists and mappings are inside each other."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(most_depth):
        parts = (part.values() if isinstance(part, dict) else part for part in level)
        level = [part for part in chain.from_iterable(parts) if part.__class__ in _CONTAINERS]
    return bool(level)
