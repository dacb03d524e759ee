"""The reference on a terminal: the list of operations, and the page of one, folded to its width."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from runner.errors import hang, printable, width
from runner.reference.page import Case, Page, Parameter
from runner.reference.prices import ranges_text


def list_text(pages: Iterable[Page], *, columns: int | None = None) -> str:
    """Each operation with what it makes and takes, its models and its price."""
    lines: list[str] = []
    for page in pages:
        lines += hang("", f"{page.name}: {page.makes} from {', '.join(page.takes)}", columns)
        if page.models:
            lines += hang("  models  ", ", ".join(page.models), columns)
        lines += hang("  price   ", ranges_text(list(page.prices)), columns)
    return "\n".join(printable(line) for line in lines)


def page_text(page: Page, *, columns: int | None = None) -> str:
    """The page of one operation; the manifest at its end stands unfolded, to be copied."""
    return "\n".join(printable(line.rstrip()) for line in _page_lines(page, columns))


def _page_lines(page: Page, columns: int | None) -> Iterator[str]:
    yield from hang("", f"{page.name}: {page.description or page.title}", columns)
    yield ""
    yield from hang("makes  ", page.makes, columns)
    yield from hang("takes  ", ", ".join(page.takes), columns)
    yield from hang("price  ", ranges_text(list(page.prices)), columns)
    for rule in page.rules:
        yield from hang("rule   ", rule, columns)
    yield from ["", "Parameters", ""]
    for parameter in page.parameters:
        yield from _parameter_lines(parameter, columns)
    named = [("Price", grid) for grid in page.grids] + [("Time", g) for g in page.times]
    for what, grid in named:
        yield ""
        yield from hang("", f"{what} in {grid.caption}", columns)
        yield ""
        yield from grid_lines([grid.head, *grid.rows])
        yield from (line for change in grid.changes for line in hang("  ", change, columns))
    yield from ["", "Example", "", *page.example.splitlines()]


def _parameter_lines(parameter: Parameter, columns: int | None) -> Iterator[str]:
    required = " (required)" if parameter.required else ""
    values = with_default(parameter.values, parameter.default)
    yield from hang(f"  {parameter.name}{required}: ", values, columns)
    yield from hang("      ", parameter.description, columns) if parameter.description else ()
    for case in parameter.cases:
        yield from hang("      - ", f"{case.condition}: {case_text(case)}", columns)


def case_text(case: Case) -> str:
    """The values and the default under a condition."""
    return with_default(case.values, case.default)


def with_default(values: str, default: str | None) -> str:
    """`720p, 1080p; default 720p`."""
    return "; ".join(filter(None, [values, "" if default is None else f"default {default}"]))


def grid_lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Aligned columns below a head, numbers to the right; an ideograph takes two columns."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(width, column)) for column in columns]
    to_right = [all(map(_is_number, column[1:])) for column in columns]
    for row in rows:
        cells = map(_aligned, row, widths, to_right)
        yield f"  {'  '.join(cells)}".rstrip()


def _is_number(cell: str) -> bool:
    """Whether the cell is a number, or empty as in the row of what has none."""
    return not cell or cell.replace(".", "", 1).isdecimal()


def _aligned(cell: str, wide: int, to_right: bool) -> str:
    blanks = " " * (wide - width(cell))
    return blanks + cell if to_right else cell + blanks
