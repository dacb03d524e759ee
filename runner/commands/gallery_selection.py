"""Gallery selection: leaves in a gallery only the jobs that `--select` and `--exclude` match."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from runner.commands.options import Options
from runner.model.jobs import Draft
from runner.model.operations import UNITS, Unit
from runner.model.outcomes import State
from runner.model.values import as_dict, as_list, is_number
from runner.planning.selection import JobFacts, available, select
from runner.report.build import Results
from runner.report.contents import Reviewer
from runner.report.rows import Row
from runner.results.rows import json_number


def select_results(results: Results, options: Options) -> Results:
    """The results with the selected jobs alone; all of them without a selection.

    Raises UsageError for a pattern that matches no job, and for `changed`: rows are all there is.
    """
    if not options.select and not options.exclude:
        return results
    rows = [*results.rows, *results.removed]
    drafts, facts = [_draft(row) for row in rows], _facts(rows, results.reviewers)
    chosen = select(drafts, select=options.select, exclude=options.exclude, facts=facts).ids
    kept = [row for row in results.rows if row["id"] in chosen]
    removed = [row for row in results.removed if row["id"] in chosen]
    # A page keeps the marks of its own jobs alone: those of the whole gallery must not be lost.
    patterns = [*options.select, *(f"-{each}" for each in options.exclude)]
    key = " ".join([results.key, *patterns])
    notes = [
        *results.notes,
        *([] if chosen else [f"no job is selected; {available(drafts, facts)}"]),
    ]
    return replace(results, key=key, notes=notes, rows=kept, removed=removed, totals=_totals(kept))


def _facts(rows: Sequence[Row], reviewers: Sequence[Reviewer]) -> JobFacts:
    """What the rows have, and the first file of marks."""
    return JobFacts(
        states={row["id"]: str(row["state"]) for row in rows},
        changed=None,  # rows are of requests that were made
        marks=_marks(rows, reviewers[0].marks) if reviewers else None,
        marks_hint="name their file with --marks",
    )


def _draft(row: Row) -> Draft:
    """What a pattern looks at."""
    tags = tuple(tag for tag in as_list(row.get("tags")) if isinstance(tag, str))
    return Draft(entry=0, id=row["id"], operation="", parameters={}, base=Path(), tags=tags)


def _marks(rows: Iterable[Row], marks: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Job id to what it is marked as."""
    return {
        row["id"]: mark["mark"]
        for row in rows
        # A mark of another fingerprint is about another picture.
        if (mark := marks.get(row["id"]))
        and mark["mark"]
        and mark["fingerprint"] == row["fingerprint"]
    }


def _totals(rows: Sequence[Row]) -> dict[str, int | float]:
    """The totals of these rows, by the rule of results manifests."""
    states = [row["state"] for row in rows]
    cost: dict[Unit, Decimal] = {unit: Decimal(0) for unit in UNITS}
    for row in rows:
        prices = as_dict(row.get("cost"))
        listed = prices.get("estimated") if row["state"] == State.SUCCEEDED else None
        price = as_dict(prices.get("actual") or listed)
        for unit in UNITS:
            if is_number(value := price.get(unit)):
                cost[unit] += Decimal(str(value))
    return {
        "jobs": len(rows),
        **{state.value: states.count(state.value) for state in State},
        "reused": sum(row.get("reused") is True for row in rows),
        **{unit: json_number(value) for unit, value in cost.items()},
    }
