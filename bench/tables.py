"""Tables of what was measured: records in, aligned Markdown out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of a part of the bench.

    A part is a module of this folder with `measure(*, quick: bool) -> list[Table]`.
    """

    name: str
    """What marks its place in BENCHMARKS.md: unique, in lower case, without blanks."""
    title: str
    command: str
    """What anyone types to get it again."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """Cells as text, see `number`; as many in each row as there are columns."""
    notes: tuple[str, ...] = ()
    """Sentences under the table: what is special about these numbers, what was left out."""


def number(value: float | None, digits: int = 2) -> str:
    """A number with that many decimals and commas between thousands; a dash for None."""
    return "-" if value is None else f"{value:,.{digits}f}"


def ratio(value: float, target: float | None = None) -> str:
    """`1.03 x`, and whether that is within what is to be reached: `1.03 x (<= 1.04: yes)`."""
    if target is None:
        return f"{value:.2f} x"
    return f"{value:.2f} x (<= {target:g}: {'yes' if value <= target else 'NO'})"


def markdown(table: Table) -> str:
    """The rows under their columns; the first column is text, the others stand to the right."""
    columns = zip(table.columns, *table.rows, strict=True)
    widths = [max(3, *map(len, column)) for column in columns]
    rules = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(row, widths) for row in (table.columns, rules, *table.rows))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    texts = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return f"| {' | '.join(texts)} |"


def report(tables: Iterable[Table]) -> str:
    """The tables one after the other, for a terminal."""
    return "\n".join(
        f"\n{table.title}  ({table.command})\n\n{markdown(table)}\n"
        + "".join(f"\n{note}\n" for note in table.notes)
        for table in tables
    )
