"""Reviewers: reads marks files for those who look at results, in a gallery or in an export."""

from __future__ import annotations

from pathlib import Path

from runner.marks.document import SUFFIX, read_marks
from runner.report.contents import Reviewer


def reviewer_of(path: Path, stem: str) -> Reviewer:
    """The marks in a file, under a name that is made of the file's: `spring.anna.marks.yaml`.

    Raises ManifestError.
    """
    name = path.name.removesuffix(SUFFIX)
    marks = {
        each.id: {
            "fingerprint": each.fingerprint,
            "mark": each.choice and each.choice.value,
            "stars": each.stars,
            "note": each.note,
        }
        for each in read_marks(path).marks
    }
    return Reviewer(name=name.removeprefix(f"{stem}.") or name, marks=marks)
