"""Search, order and groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from runner.report.contents import Gallery, JobFailure
from tests.report.browser.opened import Opened
from tests.report.galleries import gallery, job, many, small

FOUND = {
    "lantern": ["a", "b", "c"],
    "LANTERN number": ["a", "b", "c"],
    '"number 2"': ["c"],
    "-id:a -id:b": ["c"],
    "tag:hero": ["a"],
    "tag:h*": ["a", "b"],
    "-tag:hero": ["b", "c"],
    "style:noir,水墨": ["a", "b"],
    'style:"film noir"': ["c"],
    "STYLE:Noir": ["a"],
    "seed:7": ["b"],
    "cost>5": ["a", "c"],
    "cost>=6 cost<9": ["a"],
    "label:none": ["a", "b"],
    "label:aigc": ["c"],
    "state:failed": ["b"],
    "error:policy": ["b"],
    "model:viduq2": ["a", "b"],
    "take:2": ["c"],
    "mark:none": ["a", "b", "c"],
    "mark:picked": [],
    "http://x": [],
    "nosuch:key": [],
    "-": [],
    '"': ["a", "b", "c"],
    "桂花": ["b"],
}


def three() -> Gallery:
    """Jobs that differ in everything that can be searched."""
    broken = JobFailure(code="Bad", message="no", class_="policy", billed="no")
    one = job(0, id="a", stack="a", tags=["hero"], axes={"style": "noir"})
    two = job(
        1, id="b", stack="b", tags=["hall"], axes={"style": "水墨"}, seed=7, cost={"cny": 0.5}
    )
    two = replace(two, state="failed", failure=broken, prompt="A lantern, number 1: 桂花")
    three = job(2, id="c", stack="c", axes={"style": "film noir"}, labels=["aigc"], model="viduq1")
    return gallery([one, two, replace(three, take=2, cost={"credits": 20})])


def test_tokens_find_what_they_name(show: Callable[..., Opened]) -> None:
    opened = show(three())
    box = opened.page.locator("#q")
    for query, ids in FOUND.items():
        box.fill(query)
        assert opened.ids == ids, query


@pytest.mark.parametrize(
    ("sort", "ids"),
    [("cost", ["b", "a", "c"]), ("-cost", ["c", "a", "b"]), ("-order", ["c", "b", "a"])],
)
def test_results_are_sorted(show: Callable[..., Opened], sort: str, ids: list[str]) -> None:
    assert show(three(), f"#all?sort={sort}").ids == ids


def test_groups_have_heads(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(small(tmp_path), "#all?group=style")
    heads = opened.page.get_by_role("rowheader").all_inner_texts()
    assert heads == ["noir  2", "水墨  2", "watercolour  2", "None  6"]
    opened.press("ArrowRight", "ArrowDown")
    assert opened.focused == "ink-close-up"


def test_what_finds_nothing_can_be_cleared(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(small(tmp_path), "#all?q=nothing")
    expect(opened.page.locator("#empty")).to_be_visible()
    opened.page.get_by_role("button", name="Clear the search").click()
    assert opened.ids[:1] == ["noir-wide"]


def test_only_the_rows_near_the_window_are_there(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(many(tmp_path, 3000))
    assert opened.page.locator(".cell").count() < 80
    opened.press("End")
    assert opened.focused == "job-2999"
    assert opened.page.locator(".cell").count() < 80
    opened.search("tag:hero")
    expect(opened.page.locator("#count")).to_have_text("429 of 3000")


def test_takes_are_one_cell_with_a_way_through_them(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(small(tmp_path), "#all?q=look")
    assert opened.ids == ["look.1"]
    opened.press(".")
    assert opened.focused == "look.2"
    opened.page.get_by_role("button", name="Next take").click()
    assert opened.focused == "look.3"
    opened.press(".")
    assert opened.focused == "look.1"
    opened.page.get_by_label("Stack takes").click()
    assert opened.ids == ["look.1", "look.2", "look.3"]


def test_the_grid_is_one_tab_stop(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(small(tmp_path))
    opened.press("ArrowRight", "ArrowRight")
    assert opened.page.locator("#grid [tabindex='0']").count() == 1
    opened.press("Shift+Tab", "Tab")
    assert opened.focused == "paper-wide"
