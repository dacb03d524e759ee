"""The reference as Markdown: the text of `docs/operations.md`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from runner.model.operations import Operation
from runner.reference.page import Page, Parameter, page_of
from runner.reference.prices import Grid, ranges_text
from runner.reference.text import case_text

_HEAD = """# The operations

Generated from the [schemas](../schemas/README.md) by `python -m runner.reference`.
`vidu-run operations` prints the same in a terminal. Prices are from the tables in the schemas,
"unknown" where none has one; `x duration` multiplies a price by that parameter. What is added or
multiplied afterwards stands below each table.
"""


def reference_text(operations: Mapping[str, Operation]) -> str:
    """The whole document."""
    pages = [page_of(operation) for operation in operations.values()]
    parts = [_HEAD, *_summary(pages)]
    for page in pages:
        parts += _section(page)
    return "\n".join(parts).rstrip() + "\n"


def _summary(pages: Iterable[Page]) -> Iterator[str]:
    rows = [
        (
            f"[`{page.name}`](#{_anchor(page.name)})",
            page.makes,
            ", ".join(page.takes),
            ", ".join(page.models),
            ranges_text(list(page.prices)),
        )
        for page in pages
    ]
    yield from _table(("operation", "makes", "takes", "models", "price"), rows)


def _section(page: Page) -> Iterator[str]:
    yield from [f"## {page.name}", "", _escaped(page.description or page.title), ""]
    takes = ", ".join(page.takes)
    yield from [f"Makes {page.makes} from {takes}. Price: {ranges_text(list(page.prices))}.", ""]
    if page.rules:
        yield from [*(f"- {_escaped(rule)}" for rule in page.rules), ""]
    head = ("parameter", "values", "default", "meaning")
    yield from _table(head, [_parameter_row(each) for each in page.parameters])
    cases = [
        (f"`{each.name}`", case.condition, case_text(case))
        for each in page.parameters
        for case in each.cases
    ]
    if cases:
        yield from _table(("parameter", "with", "values"), cases)
    for grid in page.grids:
        yield from _grid("Price", grid)
    for grid in page.times:
        yield from _grid("Time", grid)
    yield from ["```yaml", page.example.rstrip(), "```", ""]


def _parameter_row(parameter: Parameter) -> tuple[str, ...]:
    name = f"`{parameter.name}`" + (" (required)" if parameter.required else "")
    return name, parameter.values, parameter.default or "", parameter.description


def _grid(what: str, grid: Grid) -> Iterator[str]:
    yield from [f"{what} in {_escaped(grid.caption)}:", "", *_table(grid.head, grid.rows)]
    if grid.changes:
        yield from [*(f"- {_escaped(change)}" for change in grid.changes), ""]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _row(head)
    yield "|" + "---|" * len(head)
    yield from map(_row, rows)
    yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    """Text in which a bar ends no cell, and no word is taken for HTML."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def _anchor(name: str) -> str:
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-")
