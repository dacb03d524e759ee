"""A JSON value in, its one canonical text out (RFC 8785)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from json import encoder
from typing import Any

import rfc8785

MOST_EXACT = 2**53 - 1
"""The largest integer that RFC 8785 writes: beyond it a double no longer tells neighbours apart."""

_quoted = encoder.encode_basestring
"""C code that escapes just what RFC 8785 escapes; rfc8785's own is a hundred times slower."""


def canonical(value: Any) -> str:
    """The text of `value`; equal for equal JSON values, whatever the order of keys.

    An integer beyond 2^53, which RFC 8785 refuses, is written as the string of its digits.
    """
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(members(value, sorted(value, key=order))) + "}"
    return rfc8785.dumps(value).decode()


@lru_cache(maxsize=1024)
def order(key: str) -> bytes:
    """What RFC 8785 sorts keys by: their UTF-16 code units."""
    return key.encode("utf-16be")


def members(value: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    """The canonical `"key":value` texts of these keys, in the order given."""
    return [f"{_quoted(key)}:{canonical(value[key])}" for key in keys]


def _integer(value: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = int.__repr__(value)
    return text if -MOST_EXACT <= value <= MOST_EXACT else f'"{text}"'
