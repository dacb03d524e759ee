"""The list and the pages as a terminal shows them."""

from __future__ import annotations

import pytest

from runner.errors import width
from runner.operations import load_operations
from runner.reference.page import page_of
from runner.reference.text import grid_lines, list_text, page_text

PAGES = {name: page_of(operation) for name, operation in load_operations().items()}


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_the_terminal(name: str, columns: int) -> None:
    page, _, example = page_text(PAGES[name], columns=columns).partition("\nExample\n")
    assert max(map(width, page.splitlines())) <= columns
    assert example.strip() == PAGES[name].example.strip()


def test_the_list_fits_the_terminal() -> None:
    assert max(map(width, list_text(PAGES.values(), columns=80).splitlines())) <= 80


def test_without_a_terminal_no_line_is_folded() -> None:
    page = PAGES["vidu/img2video"]
    (described,) = [each.description for each in page.parameters if each.name == "meta_data"]
    assert f"      {described}\n" in page_text(page)


def test_numbers_stand_to_the_right_of_their_column() -> None:
    rows = [("model", "seconds", "720p"), ("viduq2", "1", "15"), ("viduq1", "10", "")]
    assert list(grid_lines(rows)) == [
        "  model   seconds  720p",
        "  viduq2        1    15",
        "  viduq1       10",
    ]


def test_what_goes_on_is_further_to_the_right_than_what_begins() -> None:
    lines = page_text(PAGES["vidu/img2video"], columns=80).splitlines()
    begins = lines.index(
        "      - viduq2-pro-fast, viduq2-pro, viduq2-turbo, viduq1, viduq1-classic,"
    )
    assert lines[begins + 1] == "        vidu2.0 with audio true: not true"


def test_columns_stand_in_the_order_of_the_rule() -> None:
    heads = [grid.head for grid in PAGES["vidu/img2video"].grids]
    assert ("model", "duration", "360p", "540p", "720p", "1080p") in heads
