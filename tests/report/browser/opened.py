"""An open page, and what tests ask of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

_REPORT_VIOLATIONS = """
addEventListener('securitypolicyviolation', (event) => {
  console.error('policy violated', event.violatedDirective, event.blockedURI);
});
"""


class Opened:
    """A page that remembers every error and every request."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.file = file
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.add_init_script(_REPORT_VIOLATIONS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))
        page.on("console", self._hear)
        page.on("request", lambda request: self.requests.append(request.url))

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def go(self, address: str) -> None:
        """Open the page at this hash, as if somebody had followed a link."""
        self.page.goto("about:blank")
        self.page.goto(self.file.as_uri() + address)

    @property
    def requests_elsewhere(self) -> list[str]:
        """What was asked for and is neither a file nor part of the page."""
        inside = ("file:", "data:", "blob:", "about:")
        return [url for url in self.requests if not url.startswith(inside)]

    def requested(self, ending: str) -> list[str]:
        """The addresses asked for that end so."""
        return [url for url in self.requests if url.endswith(ending)]

    def press(self, *keys: str) -> None:
        """One key after the other, wherever the focus is."""
        for key in keys:
            self.page.keyboard.press(key)

    def until(self, script: str) -> None:
        """Wait until this is true in the page (whose policy forbids Playwright's own way)."""
        for _ in range(250):
            if self.page.evaluate(script):
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"never true: {script}")

    def search(self, text: str) -> None:
        """Put this into the search box by keyboard, and go back to the results."""
        self.press("/")
        self.page.keyboard.type(text)

    @property
    def ids(self) -> list[str]:
        """The results that stand in the grid, in their order."""
        return self.page.locator("#grid .id").all_inner_texts()

    @property
    def focused(self) -> str:
        """The id in the cell that has the focus."""
        return self.page.locator(".cell:focus .id").inner_text()

    def says(self, text: str) -> None:
        """Wait until those who hear the page have been told so."""
        expect(self.page.locator("#live")).to_have_text(text)

    def style(self, selector: str, name: str) -> str:
        """A computed style of the first such element."""
        script = "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]"
        return str(self.page.evaluate(script, [selector, name]))
