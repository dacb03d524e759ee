"""CSV: one row for each job, in columns that a spreadsheet can sort, filter and add up."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.errors import printable
from runner.export.results import Export, costs_of
from runner.model.values import as_dict
from runner.report.rows import Row

COLUMNS = (
    *("id", "state", "reason", "operation", "model", "prompt", "seed", "task_id"),
    *("mark", "stars", "note", "tags", "labels", "warnings", "files"),
    *("credits", "cost.credits", "cost.cny", "cost"),
    *("error.code", "error.class", "error.billed", "error.message"),
    *("usage", "urls", "creation_ids", "reused", "attempts", "submitted_at", "finished_at"),
    "fingerprint",
)
"""The columns that are always there, in this order; `axes.*` and `param.*` follow."""

_MARKS = frozenset({"mark", "stars", "note"})

_FORMULA = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What a cell begins with that a spreadsheet takes for a formula, in full width too (OWASP)."""


def csv_text(export: Export, *, raw: bool = False) -> str:
    """The table with its head, its lines ending in a line feed alone.

    Without `raw`, cells that a spreadsheet would take for a formula begin with an apostrophe, and
    control characters are written as visible escapes.
    """
    jobs = {job.id: job for job in export.jobs()}
    rows = [
        {**_fixed(export, row), **_costs(costs_of(jobs[row["id"]])), **_own(row)}
        for row in export.rows
    ]
    names = dict.fromkeys(name for row in rows for name in row)
    columns = [*COLUMNS, *_in_groups(name for name in names if name not in COLUMNS)]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([_cell(name, raw=raw) for name in columns])
    writer.writerows([_cell(row.get(name), raw=raw) for name in columns] for row in rows)
    return stream.getvalue()


def _fixed(export: Export, row: Row) -> dict[str, Any]:
    error, mark = as_dict(row.get("error")), export.mark(row)
    found = {name: row.get(name) for name in COLUMNS if name not in _MARKS}
    found |= {name: mark.get(name) for name in _MARKS}
    found |= {f"error.{name}": error.get(name) for name in ("code", "class", "billed", "message")}
    return found


def _costs(costs: Mapping[str, int | float]) -> dict[str, Any]:
    return {f"cost.{unit}": value for unit, value in costs.items()}


def _own(row: Row) -> dict[str, Any]:
    """The columns that only some manifests have."""
    axes = as_dict(row.get("axes"))
    found = {f"axes.{kind}.{name}": v for kind in ("matrix", "row") for name, v in _of(axes, kind)}
    if "take" in axes:
        found["axes.take"] = axes["take"]
    return found | {f"param.{name}": value for name, value in _of(row, "parameters")}


def _of(value: Mapping[str, Any], key: str) -> Iterator[tuple[Any, Any]]:
    yield from as_dict(value.get(key)).items()


def _in_groups(names: Iterator[str]) -> list[str]:
    """Axes before parameters, each in the order in which they came."""
    return sorted(names, key=lambda name: name.startswith("param."))


def _cell(value: Any, *, raw: bool) -> str | int | float:
    if value is None or value in ([], {}, ""):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):  # a number is no formula, be it below zero
        return value
    is_text = isinstance(value, str)
    text = value if is_text else json.dumps(value, ensure_ascii=False, default=str)
    if raw:
        return text
    # A carriage return inside of a cell is the end of the row to some programs.
    text = text.replace("\r\n", "\n")
    return printable("'" + text if _FORMULA.match(text) else text)
