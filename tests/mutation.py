"""Seeded mutation: breaks JSON values and bytes, the same way for the same seed.

`VIDU_RUN_FUZZ_ROUNDS` is how often each test does so: a few seconds in `make test`, as long as one
likes otherwise (`make chaos`). A failure names its seed.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Iterator
from typing import Any

ROUNDS = int(os.environ.get("VIDU_RUN_FUZZ_ROUNDS", "1500"))
FIRST = int(os.environ.get("VIDU_RUN_FUZZ_FIRST", "0"))
"""The seed of the first round: to repeat one, or to go on where a long run ended."""

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 6.5, 2**63, -(2**70), 1e308, float("nan"), float("inf")),
    *("", " ", "0", "null", "success", "failed", "a\nb", "\ud800", "\u202e", "\x00", "x" * 5_000),
    *("http://", "https://h/ ü", "file:///etc/passwd", "//h/x", "9" * 400, "２"),
    *([], {}, [[]], [None], {"": {}}, [{}] * 3),
)
"""Values that nobody expects."""
CHARACTERS = b'{}[]":,\\\x00\xff\xe4 9-.eE\nnt'


class Source(random.Random):
    """A source of randomness that knows its seed."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def seeds() -> Iterator[Source]:
    """One source of randomness for each round."""
    return map(Source, range(FIRST, FIRST + ROUNDS))


def mutated(value: Any, source: random.Random) -> Any:
    """A copy of a JSON value with one to four of its parts changed."""
    root = {"root": copy.deepcopy(value)}
    for _ in range(source.choice((1, 1, 2, 4))):
        places = list(_places(root))
        if places:  # nothing is left of it otherwise
            _change(*source.choice(places), source)
    return root.get("root")


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every part of a value, as its parent and its key there."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in items:
        yield value, key
        if isinstance(part, dict | list):
            yield from _places(part)


def _change(parent: Any, key: Any, source: random.Random) -> None:
    match source.randrange(6):
        case 0:
            del parent[key]
        case 1:
            parent[key] = [copy.deepcopy(parent[key]) for _ in range(source.randrange(3))]
        case 2:
            parent[key] = {"error": parent[key], "code": copy.deepcopy(source.choice(ODD))}
        case 3 if isinstance(parent, dict):
            parent[source.choice(("id", "task_id", "state", "error", "reason", "code", "url"))] = (
                parent.pop(key)
            )
        case 4 if isinstance(parent[key], str):
            parent[key] += str(source.choice(ODD))
        case _:
            parent[key] = copy.deepcopy(source.choice(ODD))


def mutated_bytes(content: bytes, source: random.Random) -> bytes:
    """The bytes with some of them changed, left out, inserted or repeated; most often none."""
    changed = bytearray(content)
    for _ in range(source.choice((0, 0, 0, 1, 3))):
        at = source.randrange(len(changed) + 1)
        match source.randrange(4):
            case 0:
                del changed[at : at + source.choice((1, 5, 10_000))]
            case 1:
                changed[at:at] = bytes(source.choices(CHARACTERS, k=source.choice((1, 3))))
            case 2:
                changed[at:at] = changed[at : at + 40] * source.choice((1, 3))
            case _:
                changed[at : at + 1] = bytes([source.randrange(256)])
    return bytes(changed)


def as_json(value: Any) -> bytes:
    """JSON as a lenient server writes it: NaN and lone surrogates included."""
    return json.dumps(value).encode()
