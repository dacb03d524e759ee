"""Reviewers: finds what the first of them thinks of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runner.model.values import as_dict
from runner.report.contents import Reviewer
from runner.report.rows import Row


def mark_of(row: Row, reviewers: Sequence[Reviewer]) -> Mapping[str, Any]:
    """The mark of a job: `mark`, `stars` and `note`; empty without one."""
    found = as_dict(reviewers[0].marks.get(row["id"])) if reviewers else {}
    # A mark of another fingerprint is about another picture.
    return found if found.get("fingerprint") == row["fingerprint"] else {}
