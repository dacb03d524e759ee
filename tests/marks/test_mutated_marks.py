"""Marks files broken at random: they are read, or reported as wrong, and never anything else.

What is tried is drawn from seeds, see `tests/mutation.py`.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from runner.errors import ManifestError
from runner.marks.document import read_marks
from runner.marks.write import format_marks
from runner.model.marks import Choice, Mark
from tests.mutation import CHARACTERS, ROUNDS, seeds

MARKS = [
    Mark(id="look-noir.2", fingerprint="3f" * 32, choice=Choice.REJECTED, stars=2, note="手指"),
    Mark(id="look-水墨.1", fingerprint="1" * 64, choice=Choice.PICKED, note='a "b", c: d'),
    Mark(id="window", fingerprint="0a" * 32, stars=5),
]


def test_broken_marks_are_read_or_reported(tmp_path: Path) -> None:
    content = format_marks(MARKS, manifest="spring.yaml").encode()
    path = tmp_path / "spring.marks.yaml"
    read = reported = 0
    for source in islice(seeds(), ROUNDS // 10):
        broken = bytearray(content)
        for _ in range(source.choice((1, 2, 8))):
            at = source.randrange(len(broken))
            end = at + source.choice((0, 1, 1, 9))
            broken[at:end] = bytes([source.choice(CHARACTERS)])
        path.write_bytes(broken)
        try:
            assert len(read_marks(path).marks) <= len(MARKS), source.number
            read += 1
        except ManifestError as error:
            problems = error.diagnostics
        else:
            continue
        assert problems, source.number
        assert all(each.location for each in problems), source.number
        reported += 1
    assert read
    assert reported
