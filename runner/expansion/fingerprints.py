"""One request in, the seed drawn for it and its fingerprint out.

The scheme, which never changes (golden vectors in the tests' data hold it): the fingerprint is
the SHA-256 over the RFC 8785 text of

    {"operation": NAME, "ordinal": N, "parameters": {...}, "v": 1}

where `parameters` is what the provider is asked for, without those that have no effect on what is
made and without those equal to the document's default: absent and default are one request, so
that a parameter the vendor adds changes nothing. An image is {"sha256": HEX} by its content,
{"url": TEXT} where only its address is known, {"job": FINGERPRINT, "output": N} where another job
makes it. `ordinal` tells requests apart that are equal and yet meant to differ; it is left out
when it is 0. A drawn seed comes from the same text without the seed and with "take": K.
"""

from __future__ import annotations

import hashlib
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


SCHEME = 1
SEED_MAX = 2**31 - 1


class Request:
    """One request as the fingerprint sees it, written once for both the seed and the print."""

    __slots__ = ("_after", "_before", "_operation", "_seed")

    def __init__(self, operation: str, seed_name: str | None, parameters: Mapping[str, Any]):
        """`parameters` without the seed, which `seed_name` names."""
        self._operation = canonical(operation)
        self._seed = canonical(seed_name)
        before, after = _around(seed_name, tuple(parameters))
        self._before = members(parameters, before)
        self._after = members(parameters, after)

    def draw(self, take: int, largest: int) -> int:
        """The seed of a take, 1 to `largest`: the same on every machine and under every id."""
        digest = hashlib.sha256(self._text(None, "", f'"take":{take},').encode()).digest()
        return 1 + int.from_bytes(digest[:8]) % min(largest, SEED_MAX)

    def identity(self, seed: Any) -> str:
        """The text that two requests share only if they ask for the same; None is no seed."""
        return self._text(seed, "", "")

    def fingerprint(self, seed: Any, ordinal: int = 0) -> str:
        """Hex SHA-256 of the identity and, beyond 0, the ordinal."""
        text = self._text(seed, f'"ordinal":{ordinal},' if ordinal else "", "")
        return hashlib.sha256(text.encode()).hexdigest()

    def _text(self, seed: Any, ordinal: str, take: str) -> str:
        own = [] if seed is None else [f"{self._seed}:{canonical(seed)}"]
        inside = ",".join([*self._before, *own, *self._after])
        return (
            f'{{"operation":{self._operation},{ordinal}"parameters":{{{inside}}},'
            f'{take}"v":{SCHEME}}}'
        )


@lru_cache(maxsize=1024)
def _around(
    seed_name: str | None, names: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names in canonical order, cut where the seed's goes: few manifests have many sets."""
    keys = tuple(sorted(names, key=order))
    at = len(keys) if seed_name is None else sum(order(key) < order(seed_name) for key in keys)
    return keys[:at], keys[at:]
