"""A browser for the tests of the page: Debian's chromium, or any other that is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from runner.report.contents import Gallery
from runner.report.page import render
from tests.report.browser.opened import Opened

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


# Not for the session: an event loop runs in the thread as long as Playwright does, and the other
# tests of a worker need their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Started once for each file of tests, which are skipped where there is no browser."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(f"no browser is installed here: {', '.join(_NAMES)}")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=root)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A profile of its own, with nothing stored; saving is a download, as in any browser."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(5_000)
    context.add_init_script("delete window.showSaveFilePicker")
    yield context
    context.close()


@pytest.fixture
def show(context: BrowserContext, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open a gallery; at the end the page must have had no errors and asked nobody for anything."""
    pages: list[Opened] = []

    def open_gallery(gallery: Gallery, address: str = "", *, lang: str | None = None) -> Opened:
        file = tmp_path / "index.html"
        file.write_text(render(gallery, lang=lang), encoding="utf-8")
        pages.append(Opened(context.new_page(), file))
        pages[-1].go(address)
        return pages[-1]

    yield open_gallery
    for each in pages:
        assert each.complaints == []
        assert each.requests_elsewhere == []
