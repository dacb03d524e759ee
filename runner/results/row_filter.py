"""A results manifest's bytes in; the same without the rows that nobody needs, unparsed, out.

After a run of 100,000 jobs the results manifest has millions of lines, and the ledger knows
nearly all that they say. The rows that the program itself has written are told apart by their
layout alone; everything else is left for the parser, and whatever is in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

Needless: TypeAlias = Callable[[str, str], bool]
"""Whether nobody needs the row of that job id and fingerprint."""

_BLOCK_BYTES = 1 << 20
_MOST_BYTES = 1 << 24
"""No row is longer: what is, is none of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the rows of one format stand in the file."""

    start: bytes
    """What stands before each row of a list."""
    row: re.Pattern[bytes]
    """All of a row that another one follows, with its id."""
    fingerprint: re.Pattern[bytes]


YAML = Layout(
    start=b"\n  - ",
    row=re.compile(rb'id: "?([^"\n]*+)"?(?:\n    [^\n]*+|\n)*+(?<!\n)'),
    fingerprint=re.compile(rb'\n    fingerprint: "?([0-9a-f]{64})"?(?=\n|\Z)'),
)
JSON = Layout(
    start=b"\n    {\n      ",
    row=re.compile(rb'"id": "([^"\\\n]*+)",(?:\n      [^\n]*+)*+\n    },'),
    fingerprint=re.compile(rb'\n      "fingerprint": "([0-9a-f]{64})",?(?=\n)'),
)


def filter_rows(file: BinaryIO, layout: Layout, needless: Needless) -> bytes:
    """What is left of the file. The last row of each list stays, so that no list gets empty."""
    pieces = _pieces(file, layout.start)
    return layout.start.join(piece for piece in pieces if not _can_go(piece, layout, needless))


def _pieces(file: BinaryIO, start: bytes) -> Iterator[bytes]:
    """The file, cut where rows start; never more of it at once than a row and a block."""
    rest = b""
    while block := file.read(_BLOCK_BYTES):
        *whole, rest = (rest + block).split(start)
        yield from whole
        if len(rest) > _MOST_BYTES:
            yield rest + file.read()
            return
    yield rest


def _can_go(piece: bytes, layout: Layout, needless: Needless) -> bool:
    row = layout.row.fullmatch(piece)
    fingerprints = layout.fingerprint.findall(piece) if row else []
    if row is None or len(fingerprints) != 1:
        return False
    return needless(row[1].decode("utf-8", "replace"), fingerprints[0].decode())
