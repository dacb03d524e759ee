"""Writes marks as the text of a marks file: one line a job, the same bytes for the same marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from runner.documents.dump import flow_text
from runner.model.marks import Mark

# With another letter than "e" no reader of YAML takes it for a number.
_NO_NUMBER = re.compile("[abcdf]")


def format_marks(marks: Iterable[Mark], *, manifest: str | None = None) -> str:
    """The text of a marks file with these marks, in the order given: the manifest's.

    What is not marked at all (no choice, no star, no note) is left out.
    """
    lines = [_line(mark) for mark in marks if mark.choice or mark.stars or mark.note]
    head = ["version: 1", *([f"manifest: {flow_text(manifest)}"] if manifest else [])]
    return "\n".join([*head, "marks:" if lines else "marks: []", *lines]) + "\n"


def _line(mark: Mark) -> str:
    return f"  - {{{', '.join(_entries(mark))}}}"


def _entries(mark: Mark) -> Iterator[str]:
    yield f"id: {flow_text(mark.id)}"
    plain = _NO_NUMBER.search(mark.fingerprint)
    yield f"fingerprint: {mark.fingerprint}" if plain else f'fingerprint: "{mark.fingerprint}"'
    if mark.choice:
        yield f"mark: {mark.choice}"
    if mark.stars:
        yield f"stars: {mark.stars}"
    if mark.note:
        yield f"note: {flow_text(mark.note)}"
