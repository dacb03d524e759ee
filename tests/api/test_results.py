"""Results in Python: rows, paths, records, and what a notebook shows."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from runner import Results, run
from tests.api.conftest import TWO

EVIL = '<img src=x onerror="alert(1)"> & </figure>'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Of 26 pictures, one of which costs more than the budget leaves."""
    folder = tmp_path_factory.mktemp("made")
    jobs = "".join(f"  - {{id: j{n}, prompt: boat {n}, seed: 7}}\n" for n in range(23))
    text = f"{TWO}{jobs}  - {{id: evil, prompt: {EVIL!r}, resolution: 4K}}\n"
    path = folder / "spring.yaml"
    path.write_text(text, encoding="utf-8")
    return run(path, emulate=True, time_scale=0, concurrency=25, budget={"credits": 155})


def test_rows_are_found_by_position_and_by_id(made: Results) -> None:
    assert len(made) == 26
    assert next(iter(made)) is made["a"]
    assert ("a" in made, "z" in made) == (True, False)
    with pytest.raises(KeyError, match='did you mean "evil"'):
        made["evl"]


def test_the_file_of_a_job_is_an_absolute_path(made: Results) -> None:
    path = made.path("a")
    assert path.is_absolute()
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(LookupError, match="job 'evil' has no file: it is pending"):
        made.path("evil")


def test_records_are_copies_of_the_rows(made: Results) -> None:
    records = made.to_records()
    assert records == [*made]
    records[0]["files"].clear()
    assert made["a"]["files"]


def test_results_show_their_totals(made: Results) -> None:
    assert made.totals["succeeded"] == 25
    name = "spring.emulated.results.yaml"
    assert repr(made) == f"<Results {name}: 25 succeeded, 1 pending | 150 credits>"


class Elements(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_notebook_shows_the_first_24_thumbnails(made: Results) -> None:
    page = made._repr_html_()
    found = Elements(page)
    sources = [attrs["src"] for tag, attrs in found.elements if tag == "img"]
    assert len(sources) == 24
    assert all(re.match(r"data:image/webp;base64,UklGR", str(each)) for each in sources)
    assert "… and 2 more" in found.text


def test_what_stands_in_a_prompt_is_text(spring: Path) -> None:
    spring.write_text(TWO.replace("a red boat", repr(EVIL)), encoding="utf-8")
    results = run(spring, emulate=True, time_scale=0, budget={"credits": 6})
    found = Elements(results._repr_html_())
    assert EVIL in found.text
    assert [tag for tag, _ in found.elements].count("img") == 1
    assert "no file" in found.text


def test_a_file_that_is_gone_is_shown_by_its_kind(spring: Path) -> None:
    results = run(spring, emulate=True, time_scale=0)
    results.path("a").unlink()
    assert "image/png" in Elements(results._repr_html_()).text
