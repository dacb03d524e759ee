"""BENCHMARKS.md: its prose is written by hand, the tables between its marks are not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from bench.processes import ROOT, BenchError
from bench.tables import Table, markdown

PAGE = ROOT / "BENCHMARKS.md"
_BLOCK = re.compile(r"(<!-- bench: (?P<name>[a-z0-9.-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def update(path: Path, tables: Iterable[Table], origin: str) -> None:
    """Put the tables where their names are marked, each with its `origin` (when and where).

    Other places are left as they are. Raises BenchError for a table that has no place.
    """
    new = {table.name: _block(table, origin) for table in tables}
    text = path.read_text(encoding="utf-8")
    places = {found["name"] for found in _BLOCK.finditer(text)}
    if homeless := sorted(new.keys() - places):
        raise BenchError(f"{path.name} has no place for {', '.join(homeless)}")

    def replaced(found: re.Match[str]) -> str:
        return found[1] + new[found["name"]] + found[3] if found["name"] in new else found[0]

    path.write_text(_BLOCK.sub(replaced, text), encoding="utf-8")


def _block(table: Table, origin: str) -> str:
    notes = " ".join((*table.notes, f"`{table.command}`; {origin}."))
    return f"**{table.title}**\n\n{markdown(table)}\n\n{notes}\n"
