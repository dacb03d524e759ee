"""Removes rows from a results manifest without parsing it, to make reading a large one fast.

After a run of 100,000 jobs the file has millions of lines, and the ledger knows most of their
content. Only rows in the very layout that this program writes are removed; any other text stays
for the parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

SkipRow: TypeAlias = Callable[[str, str], bool]
"""Whether the row of that job id and fingerprint may be left out."""

_BLOCK_BYTES = 1 << 20
_MAX_ROW_BYTES = 1 << 24
"""A longer row was not written by this program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How rows are laid out in one format."""

    start: bytes
    """The bytes before each row of a list."""
    row: re.Pattern[bytes]
    """A whole row with its id, if another row follows."""
    fingerprint: re.Pattern[bytes]
    removed: bytes
    """The bytes before the rows of removed jobs, which follow those of jobs."""


YAML = Layout(
    start=b"\n  - ",
    row=re.compile(rb'id: "?([^"\n]*+)"?(?:\n    [^\n]*+|\n)*+(?<!\n)'),
    fingerprint=re.compile(rb'\n    fingerprint: "?([0-9a-f]{64})"?(?=\n|\Z)'),
    removed=b"\nremoved:",
)
JSON = Layout(
    start=b"\n    {\n      ",
    row=re.compile(rb'"id": "([^"\\\n]*+)",(?:\n      [^\n]*+)*+\n    },'),
    fingerprint=re.compile(rb'\n      "fingerprint": "([0-9a-f]{64})",?(?=\n)'),
    removed=b'\n  "removed":',
)


def filter_rows(file: BinaryIO, layout: Layout, skip: SkipRow) -> tuple[bytes, int]:
    """The file's content without the rows to skip, and how many of them were rows of jobs."""
    # The last row of a list is never removed, because `row` matches only before another row: a
    # list that became empty would read as null.
    kept, skipped_jobs, in_jobs = [], 0, True
    for piece in _pieces(file, layout.start):
        if _is_skipped(piece, layout, skip):
            skipped_jobs += in_jobs
        else:
            kept.append(piece)
            in_jobs = in_jobs and layout.removed not in piece
    return layout.start.join(kept), skipped_jobs


def _pieces(file: BinaryIO, start: bytes) -> Iterator[bytes]:
    """Yield the file, cut where rows start; holds one row and one block in memory."""
    tail = b""
    while block := file.read(_BLOCK_BYTES):
        *complete, tail = (tail + block).split(start)
        yield from complete
        if len(tail) > _MAX_ROW_BYTES:
            yield tail + file.read()
            return
    yield tail


def _is_skipped(piece: bytes, layout: Layout, skip: SkipRow) -> bool:
    row = layout.row.fullmatch(piece)
    fingerprints = layout.fingerprint.findall(piece) if row else []
    if row is None or len(fingerprints) != 1:
        return False
    return skip(row[1].decode("utf-8", "replace"), fingerprints[0].decode())
