"""Gallery selection: leaves in a gallery only the jobs that `--select` and `--exclude` match."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from runner.commands.options import Options
from runner.errors import UsageError
from runner.model.jobs import Draft
from runner.model.marks import Choice
from runner.model.operations import UNITS, Unit
from runner.model.outcomes import State
from runner.model.values import as_dict, as_list, is_number
from runner.planning.selection import select
from runner.report.build import Results
from runner.report.contents import Reviewer
from runner.report.rows import Row
from runner.results.rows import json_number

_MARK = "mark:"


def select_results(results: Results, options: Options) -> Results:
    """The results with the selected jobs alone; all of them without a selection.

    Beside the patterns of other verbs there is `mark:picked`, by the first file of marks. Raises
    UsageError for a pattern that matches no job.
    """
    if not options.select and not options.exclude:
        return results
    rows = [*results.rows, *results.removed]
    chosen = {row["id"] for row in rows} if not options.select else set[str]()
    chosen |= _matching(options.select, rows, results.reviewers)
    chosen -= _matching(options.exclude, rows, results.reviewers)
    kept = [row for row in results.rows if row["id"] in chosen]
    removed = [row for row in results.removed if row["id"] in chosen]
    # A page keeps the marks of its own jobs alone: those of the whole gallery must not be lost.
    patterns = [*options.select, *(f"-{each}" for each in options.exclude)]
    key = " ".join([results.key, *patterns])
    return replace(results, key=key, rows=kept, removed=removed, totals=_totals(kept))


def _matching(
    patterns: Iterable[str], rows: Sequence[Row], reviewers: Sequence[Reviewer]
) -> set[str]:
    found: set[str] = set()
    drafts = [_draft(row) for row in rows]
    states = {row["id"]: str(row["state"]) for row in rows}
    for pattern in patterns:
        if pattern.startswith(_MARK):
            found |= _marked(pattern.removeprefix(_MARK), rows, reviewers)
        else:
            found |= select(drafts, select=[pattern], states=states).ids
    return found


def _draft(row: Row) -> Draft:
    """What a pattern looks at."""
    tags = tuple(tag for tag in as_list(row.get("tags")) if isinstance(tag, str))
    return Draft(entry=0, id=row["id"], operation="", parameters={}, base=Path(), tags=tags)


def _marked(name: str, rows: Iterable[Row], reviewers: Sequence[Reviewer]) -> set[str]:
    if not reviewers:
        raise UsageError(f"{_MARK}{name} needs marks", hint="name their file with --marks")
    if name not in set(Choice):
        raise UsageError(f'there is no mark "{name}"', hint=f"known: {', '.join(Choice)}")
    marks = reviewers[0].marks
    return {
        row["id"]
        for row in rows
        # A mark of another fingerprint is about another picture.
        if (mark := marks.get(row["id"]))
        and mark["mark"] == name
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
