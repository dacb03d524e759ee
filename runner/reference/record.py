"""The reference as JSON values, for programs."""

from __future__ import annotations

from typing import Any

from runner.reference.page import Page
from runner.reference.prices import Grid
from runner.results.rows import json_number


def list_record(page: Page) -> dict[str, Any]:
    """An operation in the list; `prices` is empty where none is known."""
    return {
        "operation": page.name,
        "title": page.title,
        "makes": page.makes,
        "takes": list(page.takes),
        "models": list(page.models),
        "prices": [
            {
                "unit": each.unit,
                "from": json_number(each.least),
                "to": json_number(each.most),
                "per": each.per or None,
                "extra_from": json_number(each.least_extra),
                "extra": json_number(each.extra),
            }
            for each in page.prices
        ],
    }


def page_record(page: Page) -> dict[str, Any]:
    """The whole page; conditions and values in words, as people read them."""
    return {
        **list_record(page),
        "description": page.description,
        "rules": list(page.rules),
        "parameters": [
            {
                "name": each.name,
                "required": each.required,
                "values": each.values,
                "default": each.default,
                "description": each.description,
                "cases": [
                    {"if": case.condition, "values": case.values, "default": case.default}
                    for case in each.cases
                ],
            }
            for each in page.parameters
        ],
        "price_tables": [_grid(grid) for grid in page.grids],
        "time_tables": [_grid(grid) for grid in page.times],
        "example": page.example,
    }


def _grid(grid: Grid) -> dict[str, Any]:
    return {
        "caption": grid.caption,
        "head": list(grid.head),
        "rows": [list(row) for row in grid.rows],
        "changes": list(grid.changes),
    }
