"""Exports of a few rows, as the command makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.export.results import Export
from runner.report.build import Results
from runner.report.contents import Reviewer, RunFacts
from tests.builders import result_row, results_document

FAILED: dict[str, Any] = {
    "state": "failed",
    "task_id": None,
    "seed": None,
    "cost": {"estimated": {"credits": 6}, "actual": None, "at_risk": None},
    "error": {
        "code": "CreationPolicyViolation",
        "message": "the prompt was refused",
        "class": "policy",
        "billed": "no",
    },
}
"""What differs in the row of a job that was refused."""


def export_of(*rows: dict[str, Any], marks: Mapping[str, Any] | None = None) -> Export:
    """The rows of spring.yaml, in the folder `work` as seen from here."""
    reviewers = [] if marks is None else [Reviewer(name="spring", marks=marks)]
    run = RunFacts(started="2026-03-01T10:00:00.000Z", finished="2026-03-01T10:05:00.250Z")
    results = Results(
        name="spring cats",
        stem="spring",
        key="spring",
        rows=rows,
        run=run,
        totals=results_document(rows)["totals"],
        reviewers=reviewers,
        makes=lambda _operation: "image",
    )
    return Export(
        results=results, manifest="work/spring.yaml", folder="work", link_folder="../work"
    )


def marked(id_: str, mark: str | None, stars: int = 0, note: str = "") -> dict[str, Any]:
    """The mark of a job that `result_row` made."""
    fingerprint = result_row(id_)["fingerprint"]
    return {id_: {"fingerprint": fingerprint, "mark": mark, "stars": stars, "note": note}}


def file_row(path: str, **more: Any) -> dict[str, Any]:
    """A file in a row."""
    return {"path": path, "sha256": "0" * 64, "bytes": 1, "media_type": "image/png", **more}
