"""Marking: by keyboard alone, kept by the browser, saved as a file that `run --redo` reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from runner.marks.document import read_marks
from runner.marks.write import format_marks
from runner.model.marks import Choice, Mark
from runner.report.contents import Reviewer
from tests.report.browser.opened import Opened
from tests.report.galleries import fingerprint, gallery, job, many, small


def saved(opened: Opened, folder: Path) -> tuple[Mark, ...]:
    """What Ctrl-S writes, as the program reads it; and in the very form in which it writes it."""
    with opened.page.expect_download() as download:
        opened.press("Control+s")
    assert download.value.suggested_filename == "spring.marks.yaml"
    path = folder / "spring.marks.yaml"
    download.value.save_as(path)
    marks = read_marks(path).marks
    assert path.read_text(encoding="utf-8") == format_marks(marks)
    return marks


def test_a_whole_review_needs_only_the_keyboard(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(small(tmp_path))
    opened.search("tag:hero")
    opened.press("Enter")
    assert opened.ids == ["noir-wide", "ink-wide", "paper-wide"]
    opened.press("/", "Backspace", "Enter", "Home", "p", "x", "3")
    assert opened.focused == "noir-close-up"
    opened.press("s", "ArrowRight", "s", "c")
    expect(opened.page.locator(".pane")).to_have_count(2)
    opened.press("d", "d", "Space", "g")
    opened.search("film")
    opened.press("Enter", "Space")
    opened.until("document.querySelector('.cell video')?.currentTime > 0")
    opened.press("Enter", "n")
    opened.page.keyboard.type('手指 # five: "ok"')
    opened.press("Escape")
    assert saved(opened, tmp_path) == (
        Mark(id="noir-wide", fingerprint=fingerprint(0), choice=Choice.PICKED),
        Mark(id="ink-wide", fingerprint=fingerprint(1), choice=Choice.REJECTED),
        Mark(id="paper-wide", fingerprint=fingerprint(2), stars=3),
        Mark(id="film", fingerprint=fingerprint(9), note='手指 # five: "ok"'),
    )


def test_odd_notes_and_ids_are_read_back_as_they_were(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    ids = ["true", "1e3", "~", "a: b", "look.1", "x#y", "y", "Off", "-"]
    notes = [
        "\u2028 \u0085 \ufeff \x7f",
        "🏳️‍🌈",
        "- a\n- b",
        "'\"\\",
        "{a}",
        "null",
        " x ",
        "%",
        "@",
    ]
    prints = [f"{1234:064d}", f"{12:062d}e3", *(fingerprint(n) for n in range(7))]
    jobs = [
        job(number, id=name, stack=name, fingerprint=print_)
        for number, (name, print_) in enumerate(zip(ids, prints, strict=True))
    ]
    marks = {
        each.id: {"fingerprint": each.fingerprint, "note": note}
        for each, note in zip(jobs, notes, strict=True)
    }
    opened = show(gallery(jobs, reviewers=[Reviewer(name="anna", marks=marks)]))
    assert [(each.id, each.note) for each in saved(opened, tmp_path)] == list(
        zip(ids, notes, strict=True)
    )


def test_a_marked_result_that_drops_out_leaves_the_focus_to_the_next(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(small(tmp_path), "#all?q=mark:none+tag:hero")
    opened.press("ArrowRight", "x")
    assert opened.ids == ["noir-wide", "paper-wide"]
    assert opened.focused == "paper-wide"
    opened.press("p")
    assert opened.focused == "noir-wide"
    opened.press("Control+z")
    assert opened.ids == ["noir-wide", "paper-wide"]


def test_shift_p_picks_one_take_and_rejects_the_others(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(small(tmp_path), "#all?at=look.1")
    opened.press(".", "P")
    opened.says("look.2: Picked")
    assert [(each.id, each.choice) for each in saved(opened, tmp_path)] == [
        ("look.1", Choice.REJECTED),
        ("look.2", Choice.PICKED),
        ("look.3", Choice.REJECTED),
    ]
    opened.press("Control+z")
    opened.says("3 undone.")
    assert saved(opened, tmp_path) == ()


def test_after_a_rejected_take_comes_the_next_take(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(small(tmp_path), "#all?at=look.1")
    opened.press("x")
    assert opened.focused == "look.2"
    opened.press("p")
    assert opened.focused == "film"


def test_a_mark_is_for_the_whole_selection_it_is_made_in(
    show: Callable[..., Opened], tmp_path: Path
) -> None:
    opened = show(small(tmp_path))
    opened.press("s", "ArrowRight", "s", "4", "ArrowRight", "x")
    assert [(each.id, each.stars, each.choice) for each in saved(opened, tmp_path)] == [
        ("noir-wide", 4, None),
        ("ink-wide", 4, None),
        ("paper-wide", 0, Choice.REJECTED),
    ]


def test_a_browser_keeps_the_marks_of_its_gallery_alone(
    show: Callable[..., Opened], tmp_path: Path, context: BrowserContext
) -> None:
    opened = show(small(tmp_path))
    opened.press("p")
    opened.go("#all?q=mark:picked")
    assert opened.ids == ["noir-wide"]
    other = show(gallery([job(0, id="noir-wide")], key="another run"), "#all?q=mark:picked")
    assert other.ids == []
    assert len(context.pages) == 2


def test_a_mark_never_passes_to_another_result(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(small(tmp_path))
    opened.press("p")
    changed = show(gallery([job(0, id="noir-wide", fingerprint=fingerprint(77))]))
    expect(changed.page.locator("#n-picked")).to_have_text("0")


def test_what_reviewers_disagree_on_is_shown(show: Callable[..., Opened]) -> None:
    marks = [
        {
            job_id: {"fingerprint": fingerprint(n), "mark": mark}
            for n, (job_id, mark) in enumerate(each)
        }
        for each in (
            [("job-0", "picked"), ("job-1", "rejected"), ("job-2", "picked")],
            [("job-0", "picked"), ("job-1", "picked")],
        )
    ]
    reviewers = [Reviewer(name=n, marks=m) for n, m in zip(("anna", "bo"), marks, strict=True)]
    opened = show(gallery([job(n) for n in range(3)], reviewers=reviewers))
    expect(opened.page.locator("#n-picked")).to_have_text("2")
    opened.page.get_by_role("button", name="Reviewers differ").click()
    assert opened.ids == ["job-1"]
    opened.page.locator(".cell").focus()
    opened.press("Enter")
    assert "bo\nPicked" in opened.page.locator("#facts").inner_text()


def test_buttons_mark_as_keys_do(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(small(tmp_path))
    cell = opened.page.locator(".cell").nth(1)
    pick = cell.get_by_role("button", name="Pick")
    pick.click()
    expect(pick).to_have_attribute("aria-pressed", "true")
    cell.get_by_role("button", name="4 of 5 stars").click()
    pick.click()
    assert saved(opened, tmp_path) == (Mark(id="ink-wide", fingerprint=fingerprint(1), stars=4),)


def test_a_mark_touches_its_own_cell_alone(show: Callable[..., Opened], tmp_path: Path) -> None:
    opened = show(many(tmp_path, 500), "#all?advance=false")
    opened.page.evaluate(
        """() => {
          window.touched = new Set();
          const grid = document.getElementById('grid');
          const note = ({ target }) => touched.add(target.closest('.cell')?.dataset.n);
          new MutationObserver((changes) => changes.forEach(note)).observe(
            grid, { subtree: true, childList: true, attributes: true });
        }"""
    )
    opened.press("ArrowRight")
    opened.page.evaluate("touched.clear()")
    opened.press("p", "5")
    opened.says("job-1: Picked  ★★★★★")
    assert opened.page.evaluate("[...touched]") == ["1"]
