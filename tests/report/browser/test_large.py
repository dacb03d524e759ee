"""Large views: one result, several compared, and the table of axes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml
from playwright.sync_api import BrowserContext, expect

from runner.report.contents import Axis
from tests.report.browser.opened import Opened
from tests.report.galleries import HOSTILE, gallery, job, small


def copied(opened: Opened, context: BrowserContext, button: str) -> str:
    """What stands in the clipboard after that button."""
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened.page.get_by_role("button", name=button).click()
    opened.says("Copied.")
    return str(opened.page.evaluate("navigator.clipboard.readText()"))


def test_a_copied_job_is_read_back_the_same(
    show: Callable[..., Opened], context: BrowserContext
) -> None:
    parameters = {
        "duration": 5,
        "off_peak": True,
        "seed_text": "007",
        "nested": {"a: b": [1.5, None, "null", "yes"]},
        "images": ["${{ jobs['look'].output }}", "refs/茶 瓶.png"],
        **{f"text{number}": text for number, text in enumerate(HOSTILE)},
    }
    opened = show(gallery([job(0, parameters=parameters, tags=["a, b"])]), "#all?one=job-0")
    (entry,) = yaml.safe_load(copied(opened, context, "Copy as YAML job"))
    assert entry == {
        "id": "job-0",
        "operation": "vidu/reference2image",
        "model": "viduq2",
        "prompt": "A lantern in the fog, number 0",
        **parameters,
        "seed": 1000,
        "tags": ["a, b"],
    }


def test_a_copied_prompt_is_no_expression(
    show: Callable[..., Opened], context: BrowserContext
) -> None:
    opened = show(gallery([job(0, prompt="${{ vars.x }}")]), "#all?one=job-0")
    assert copied(opened, context, "Copy prompt") == "${{ vars.x }}"
    (entry,) = yaml.safe_load(copied(opened, context, "Copy as YAML job"))
    assert entry["prompt"] == "$${{ vars.x }}"


def test_a_result_leads_to_what_it_was_made_from(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(small(tmp_path), "#all?one=film")
    opened.page.get_by_role("button", name="look.1").click()
    expect(opened.page.locator("#one-id")).to_have_text("look.1")
    opened.page.locator("#facts").get_by_role("button", name="film").click()
    expect(opened.page.locator("#one-id")).to_have_text("film")


def test_arrows_walk_through_results_and_takes(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(small(tmp_path), "#all?one=look.1")
    opened.press("ArrowDown")
    expect(opened.page.locator("#one-id")).to_have_text("look.2")
    opened.press("ArrowRight")
    expect(opened.page.locator("#one-id")).to_have_text("film")
    opened.press("Escape")
    expect(opened.page.locator(".cell:focus .id")).to_have_text("film")


def test_the_player_of_the_large_view_plays_on_demand(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(small(tmp_path), "#all?one=film")
    assert opened.requested(".mp4") == []
    opened.press("Space")
    opened.until("document.querySelector('video')?.currentTime > 0")
    opened.press("Space")
    opened.until("document.querySelector('video').paused")
    opened.press("ArrowRight", "ArrowRight", "Space")
    opened.until("document.querySelector('video')?.src.endsWith('.wav')")
    assert opened.page.locator("video").count() == 1


def test_a_pointer_that_rests_on_a_film_plays_it(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(small(tmp_path), "#all?q=film")
    opened.page.locator(".pic").first.hover()
    opened.until("document.querySelector('.cell video')?.currentTime > 0")
    opened.page.locator("h1").hover()
    opened.page.locator("#q").hover()
    opened.page.emulate_media(reduced_motion="reduce")
    opened.page.locator(".pic").nth(1).hover()
    opened.page.wait_for_timeout(600)
    assert len(opened.requested(".mp4")) == 1


def test_zoom_and_pan_are_in_step(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(small(tmp_path), "#compare?ids=look.1&ids=look.2&ids=ink-wide")
    opened.page.locator(".pane").first.hover()
    opened.page.mouse.wheel(0, -400)
    images = "[...document.querySelectorAll('.pane img')]"
    transforms = f"[...new Set({images}.map((each) => getComputedStyle(each).transform))]"
    opened.until(f"{transforms}.length === 1 && {transforms}[0].startsWith('matrix(2.7')")
    before = opened.page.evaluate(transforms)
    opened.page.mouse.down()
    opened.page.mouse.move(300, 300)
    opened.page.mouse.up()
    after = opened.page.evaluate(transforms)
    assert len(after) == 1
    assert after != before


def test_modes_lay_two_pictures_over_each_other(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(small(tmp_path), "#compare?ids=look.1&ids=look.2&ids=ink-wide")
    opened.page.get_by_role("button", name="Difference").click()
    assert opened.style(".pane.top", "mixBlendMode") == "difference"
    assert opened.page.locator(".pane:visible").count() == 2
    opened.page.get_by_role("button", name="Flicker").click()
    opened.page.locator(".pane-head button").first.focus()
    visible = "(each) => each.checkVisibility({visibilityProperty: true})"
    shown = f"[...document.querySelectorAll('.pane')].findIndex({visible})"
    assert opened.page.evaluate(shown) == 0
    opened.press("ArrowRight")
    assert opened.page.evaluate(shown) == 1
    opened.page.get_by_role("button", name="Swipe").click()
    opened.page.locator("#cut").fill("25")
    assert opened.style(".pane.top", "clipPath") == "inset(0px 0px 0px 25%)"


def test_what_differs_is_bold_and_prompts_differ_by_words(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(small(tmp_path), "#compare?ids=look.1&ids=look.3")
    assert opened.page.locator(".differs th").all_inner_texts() == ["Seed"]
    assert opened.page.locator("del").all_inner_texts() == ["warm"]
    assert opened.page.locator("ins").all_inner_texts() == ["cold"]


def test_films_are_compared_in_step(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(small(tmp_path), "#compare?ids=film&ids=film-b")
    assert opened.requested(".mp4") == []
    opened.press("Space")
    films = "[...document.querySelectorAll('.pane video')]"
    opened.until(f"{films}.every((each) => each.currentTime > 0)")
    opened.press("Space")
    opened.page.locator("#film-time").fill("500")
    opened.until(f"{films}.every((each) => Math.abs(each.currentTime - 0.5) < 0.1)")
    opened.press("g")
    assert opened.page.locator("video").count() == 0


def test_axes_show_each_result_at_its_values(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(small(tmp_path), "#axes")
    assert opened.page.locator("#axis-table th").all_inner_texts() == [
        "noir", "水墨", "watercolour", "wide", "close-up",
    ]  # fmt: skip
    opened.page.locator("#axis-table .cell").first.focus()
    opened.press("ArrowRight", "ArrowDown", "p")
    opened.says("ink-close-up: Picked")
    opened.press("ArrowLeft", "Enter")
    expect(opened.page.locator("#one-id")).to_have_text("ink-close-up")
    opened.press("Escape")
    opened.page.locator("summary").click()
    opened.page.get_by_role("checkbox", name="noir").uncheck()
    assert opened.page.locator("#axis-table .cell").count() == 4
    opened.page.locator("[data-bind=sy]").select_option("take")
    assert opened.page.locator("#axis-table .cell").count() == 0
    opened.page.locator("[data-bind=x]").select_option("take")
    opened.page.locator("[data-bind=y]").select_option("–")
    opened.page.locator("[data-bind=sy]").select_option("–")
    assert opened.page.locator("#axis-table .id").all_inner_texts() == [
        "look.1",
        "look.2",
        "look.3",
    ]


def test_one_cell_of_axes_leads_through_all_that_are_there(show: Callable[..., Opened]) -> None:
    jobs = [job(number, axes={"x": str(number // 3)}) for number in range(4)]
    opened = show(gallery(jobs, axes=[Axis(name="x", values=["0", "1"])]), "#axes")
    ids = opened.page.locator("#axis-table .id")
    opened.page.get_by_role("button", name="Next take").click()
    expect(ids).to_have_text(["job-1", "job-3"])
    opened.press(".", ".", ",")
    expect(ids).to_have_text(["job-2", "job-3"])
    opened.press("p")
    opened.says("job-2: Picked")


def test_another_axis_is_fixed_by_its_tabs(show: Callable[..., Opened]) -> None:
    jobs = [
        job(number, axes={"x": str(number % 2), "y": "0", "z": str(number // 2)})
        for number in range(4)
    ]
    axes = [Axis(name=name, values=["0", "1"]) for name in "xyz"]
    opened = show(gallery(jobs, axes=axes), "#axes")
    opened.page.get_by_role("group", name="z").get_by_role("button", name="1").click()
    assert opened.page.locator("#axis-table .id").all_inner_texts() == ["job-2", "job-3"]


def test_too_many_cells_ask_for_fewer(show: Callable[..., Opened]) -> None:
    values = [str(number) for number in range(50)]
    opened = show(gallery([job(0)], axes=[Axis(name=n, values=values) for n in "xy"]), "#axes")
    expect(opened.page.locator("#axis-table")).to_contain_text("2500 cells are too many")
