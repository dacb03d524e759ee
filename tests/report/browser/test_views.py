"""Every view: readable for everybody, without errors, without requests, the same by its link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.report.browser.opened import Opened
from tests.report.galleries import HOSTILE, endless, films, gallery, hostile, job, picture, small

VIEWS = (
    "#all",
    "#all?q=state:failed",
    "#all?q=nothing-like-this",
    "#all?group=tag&sort=-cost&stack=false",
    "#axes",
    "#axes?sx=take&sy=model",
    "#compare",
    "#compare?ids=look.1&ids=look.3&ids=noir-wide",
    "#compare?ids=film&ids=film-b&mode=swipe",
    "#all?one=look.2",
    "#all?one=broken",
    "#all?one=sound",
    "#failures",
    "#run",
    "#costs",
    "#print",
)


def test_no_view_has_barriers(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(small(tmp_path))
    for view in VIEWS:
        opened.go(view)
        assert _barriers(opened, Axe()) == [], view
        # Of all that is checked only colours depend on the scheme.
        opened.page.emulate_media(color_scheme="dark")
        assert _barriers(opened, Axe(), runOnly=["color-contrast"]) == [], view
        opened.page.emulate_media(color_scheme="light")
    opened.go("")
    opened.press("?")
    assert _barriers(opened, Axe()) == []


def _barriers(opened: Opened, axe: Axe, **options: Any) -> list[tuple[str, str]]:
    found = axe.run(opened.page, options={"resultTypes": ["violations"], **options})
    return [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]]


_PRESS_ALL = """
for (const key of 'pxuPsgacdnz+-/?,. 012345'.split('').concat(
    'Enter', 'Escape', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End',
    'PageUp', 'PageDown')) {
  document.getElementById('help').close();
  history.replaceState(null, '', address);
  dispatchEvent(new PopStateEvent('popstate'));
  for (const where of [document.body, document.querySelector('main section:not([hidden]) .cell')]) {
    where?.focus();
    where?.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
  }
}
"""
_ODD = ("#all?ids=nobody&ids=look.1&at=look.1", "#all?one=nobody", "#compare?ids=nobody&one=nobody")


def test_no_key_fails_wherever_it_is_pressed(show: Callable[..., Opened], tmp_path: Path) -> None:
    for made in (small(tmp_path), gallery([])):
        opened = show(made)
        for view in (*VIEWS, *_ODD):
            opened.page.evaluate(f"(address) => {{{_PRESS_ALL}}}", view)
            assert opened.complaints == [], view


def test_hostile_texts_stay_texts(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(hostile(tmp_path))
    for view in (*VIEWS, "#all?group=style", "#nowhere?x=1&size=-5&mode=%00&fix==", "#%?%%=&one=x"):
        opened.go(view)
        assert opened.page.locator("img[onerror], svg[onload]").count() == 0
        assert opened.page.locator("script").count() == 3
        assert opened.page.locator('a[href^="javascript"]').count() == 0
        assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view


def test_texts_without_a_blank_take_no_room_from_others(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    made = endless(tmp_path)
    opened = show(made)
    ids = [quote(each.id) for each in made.jobs]
    views = ("#all?group=tag", "#axes", f"#compare?ids={ids[0]}&ids={ids[1]}", "#failures", "#run")
    for size in ((1440, 900), (390, 844)):
        opened.page.set_viewport_size({"width": size[0], "height": size[1]})
        for view in views:
            opened.go(view)
            assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
            assert opened.page.evaluate("main.clientHeight > innerHeight / 2"), view
        opened.go(f"#all?one={ids[0]}")
        facts = opened.page.locator("#one-facts")
        assert facts.evaluate("each => each.scrollWidth <= each.clientWidth")


def test_a_picture_too_large_for_a_grid_is_shown_alone(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    file = replace(picture(tmp_path, 0), thumb=None, width=10_000, height=10_000)
    opened = show(gallery([job(0, files=[file])]))
    expect(opened.page.locator(".cell .blank")).to_have_text("Picturepicture-0.webp")
    assert opened.requested(".webp") == []
    opened.press("Enter")
    expect(opened.page.locator("#one-stage img")).to_be_visible()


def test_hostile_texts_are_shown_as_they_are(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(hostile(tmp_path))
    expect(opened.page.locator("h1")).to_have_text(HOSTILE[0])
    for number, text in enumerate(HOSTILE):
        opened.press("Enter")
        shown = opened.page.locator("#facts dt", has_text="Prompt").first
        assert shown.evaluate("each => each.nextSibling.textContent") == text, number
        expect(opened.page.locator("#one-id")).to_have_text(
            f"{number}{text[:60]}", use_inner_text=False
        )
        opened.press("Escape", "ArrowRight")


def test_a_file_with_odd_characters_in_its_name_is_shown(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(hostile(tmp_path))
    opened.until("[...document.images].every((each) => each.naturalWidth === 480)")
    assert opened.page.evaluate("document.images.length") == len(HOSTILE)


def test_a_link_shows_the_same_again(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(small(tmp_path))
    for view in VIEWS[1:12:2]:
        opened.go(view)
        before = _picture_of(opened)
        opened.go(opened.page.evaluate("location.hash"))
        assert _picture_of(opened) == before


def _picture_of(opened: Opened) -> tuple[Any, ...]:
    shown = opened.page.locator("main > section:visible, dialog:visible").all_inner_texts()
    return (*shown, opened.page.locator("#q").input_value())


def test_what_somebody_did_is_in_the_address(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(small(tmp_path))
    opened.search("tag:hero")
    opened.press("Tab")
    opened.page.locator("#sort").select_option("cost")
    opened.page.get_by_label("Reverse order").click()
    opened.page.locator("#group").select_option("style")
    opened.until("location.hash.includes('group')")
    assert (
        opened.page.evaluate("location.hash")
        == "#all?q=tag:hero&sort=-cost&group=style&at=noir-wide"
    )


def test_back_closes_what_was_opened(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(small(tmp_path))
    opened.press("Enter")
    expect(opened.page.locator("#one")).to_be_visible()
    opened.page.go_back()
    expect(opened.page.locator("#one")).to_be_hidden()


def test_the_page_speaks_the_language_of_its_reader(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(small(tmp_path), lang="zh")
    expect(opened.page.locator("nav a").first).to_have_text("全部")
    assert opened.page.locator("html").get_attribute("lang") == "zh-CN"
    opened.page.close()


def test_nothing_of_a_film_is_loaded_before_somebody_plays_one(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(films(tmp_path, 300))
    for _ in range(20):
        opened.press("PageDown")
    assert opened.page.locator("video").count() == 0
    assert opened.requested(".mp4") == []
    opened.press("Space")
    opened.until("document.querySelector('video').currentTime > 0")
    [first] = opened.requested(".mp4")
    opened.press("ArrowLeft", "Space")
    opened.until(f"!['', '{first}'].includes(document.querySelector('video').currentSrc)")
    opened.until("document.querySelector('video').currentTime > 0")
    assert opened.page.locator("video").count() == 1
    assert len(opened.requested(".mp4")) == 2


def test_without_scripts_the_results_and_failures_are_there(
    browser: Any, tmp_path: Path, show: Callable[..., Opened]
) -> None:
    opened = show(small(tmp_path))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(opened.file.as_uri())
    expect(page.locator("noscript img")).to_have_count(11)
    expect(page.locator("#view-failures tbody tr")).to_have_count(1)
    expect(page.locator("#q")).to_be_hidden()
    context.close()
