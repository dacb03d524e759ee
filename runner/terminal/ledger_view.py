"""Shows a shared ledger: runs that have not ended, and what was spent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from runner.errors import one_line, plural, table_row, width
from runner.ledger.overview import Overview, RunState, Spending
from runner.ledger.shared import SharedLedger
from runner.model.operations import Amount
from runner.terminal.format import money


def format_ledger(location: SharedLedger, overview: Overview, columns: int | None) -> str:
    """Both tables, folded at `columns` of a terminal."""
    living = sum(run.alive for run in overview.runs)
    lines = [f"{location}, schema {one_line(location.schema)}: {plural(living, 'run')} alive"]
    lines += _table([_run_cells(run) for run in overview.runs], columns)
    if overview.spending:
        lines += ["", "spent, by account, manifest and month:"]
        lines += _table([_spending_cells(each) for each in overview.spending], columns)
    if ambiguous := sum(each.ambiguous for each in overview.spending):
        fate = f"the fate of {plural(ambiguous, 'submission')} is unknown"
        lines += ["", f"{fate}: `vidu-run status MANIFEST` shows which"]
    return "\n".join(line.rstrip() for line in lines)


def ledger_record(location: SharedLedger, overview: Overview) -> dict[str, Any]:
    """The same as JSON values; sums of money are numbers."""
    return {
        "ledger": str(location),
        "schema": location.schema,
        "runs": [asdict(run) for run in overview.runs],
        "spending": [
            {**asdict(each), "credits": int(each.credits), "cny": float(each.cny)}
            for each in overview.spending
        ],
    }


def _run_cells(run: RunState) -> Sequence[str]:
    state = "alive" if run.alive else "dead"
    return (
        *(state, f"{run.host}:{run.pid}", run.started_at),
        f"{one_line(run.manifest)}, {run.in_flight} in flight",
    )


def _spending_cells(each: Spending) -> Sequence[str]:
    amounts = (
        Amount(unit="credits", value=each.credits),
        Amount(unit="cny", value=each.cny),
    )
    cost = " and ".join(money(amount) for amount in amounts if amount.value) or "nothing"
    tail = f", {each.ambiguous} of unknown fate" if each.ambiguous else ""
    return (
        *(each.month, cost, plural(each.submissions, "submission") + tail),
        f"{one_line(each.manifest)} ({one_line(each.account)})",
    )


def _table(rows: Sequence[Sequence[str]], columns: int | None) -> Iterable[str]:
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for *cells, last in rows:
        pairs = zip(cells, widths, strict=False)
        padded = (cell + " " * (wide - width(cell) + 2) for cell, wide in pairs)
        yield from table_row(["  ", *padded], last, columns)
