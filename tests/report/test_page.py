"""The page as text: its policy, its size, its words, and what it holds without a script."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from runner.report import page
from runner.report.contents import Charts, JobFailure
from runner.report.page import SCRIPTS, content_hash, page_script, render, words
from tests.report.galleries import HOSTILE, gallery, hostile, job, small

FOLDER = Path(page.__file__).parent / "gallery"


def test_the_page_allows_its_own_script_alone(tmp_path: Path) -> None:
    html = render(small(tmp_path), lang=None)
    script = html.partition("<script>")[2].partition("</script>")[0]
    assert script == page_script()
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    assert len(policy) == 1
    assert f"script-src '{content_hash(script)}';" in policy[0]
    assert policy[0].startswith("default-src 'none';")


def test_the_script_stays_small_and_is_all_our_own() -> None:
    script = page_script()
    assert len(script.encode()) <= 45 * 1024
    assert script.count("\n") <= 1000
    assert {path.stem for path in FOLDER.glob("*.js")} == set(SCRIPTS)
    for part in FOLDER.glob("*.js"):
        assert part.read_text(encoding="utf-8").startswith("// @ts-check\n/** "), part


def test_the_script_cannot_make_markup_of_data() -> None:
    script = page_script()
    for way in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function("):
        assert way not in script
    assert "</script" not in script
    assert "<!--" not in script


def test_only_comments_and_blanks_are_left_out_of_the_script() -> None:
    for name in SCRIPTS:
        source = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
        assert "`\n" not in source, "a text over several lines would lose its indentation"
        code = re.sub(r"^ */\*\*.*?\*/", "", source, flags=re.DOTALL | re.MULTILINE)
        lines = [line.strip() for line in code.splitlines()]
        kept = [line.split(" // ")[0] for line in lines if line and not line.startswith("//")]
        assert [line for line in kept if line not in page_script()] == []


def test_both_languages_have_the_same_words() -> None:
    assert words()["en"].keys() == words()["zh"].keys()
    for key, text in words()["en"].items():
        fields = re.findall(r"\{\w+\}", text)
        assert sorted(re.findall(r"\{\w+\}", words()["zh"][key])) == sorted(fields), key


def test_every_word_the_page_asks_for_is_there() -> None:
    template = (FOLDER / "page.html.j2").read_text(encoding="utf-8")
    asked = re.findall(r"\b(?:t|say|named|tell)\('(\w+)'", template + page_script())
    assert len(asked) > 60
    assert [key for key in asked if key not in words()["en"] and not key.endswith("_")] == []


def test_hostile_texts_are_escaped(tmp_path: Path) -> None:
    html = render(hostile(tmp_path), lang="en")
    assert html.count("<script") == html.count("</script>") == 3
    assert "<img src=x" not in html
    assert "<svg onload" not in html


def test_data_is_read_back_as_it_was(tmp_path: Path) -> None:
    html = render(hostile(tmp_path), lang="en")
    data = json.loads(html.partition('id="data">')[2].partition("</script>")[0])
    assert [each["prompt"] for each in data["jobs"]] == list(HOSTILE)


def test_takes_are_values_in_the_order_of_their_numbers() -> None:
    html = render(gallery([job(number, take=number) for number in (10, 3, 9)], axes=[]), lang="en")
    data = json.loads(html.partition('id="data">')[2].partition("</script>")[0])
    assert data["axes"] == [{"name": "take", "values": ["3", "9", "10"]}]


def test_the_same_gallery_makes_the_same_page(tmp_path: Path) -> None:
    assert render(small(tmp_path), lang=None) == render(small(tmp_path), lang=None)


def test_failures_and_costs_stand_in_the_page_itself() -> None:
    failure = JobFailure(
        code="Policy", message="<not> allowed", class_="policy", billed="no", advice="change it"
    )
    html = render(gallery([job(0, state="failed", failure=failure)]), lang="zh")
    body = html.partition('id="view-failures"')[2].partition("</section>")[0]
    for text in ("job-0", "内容政策", "&lt;not&gt; allowed", "change it"):
        assert text in body
    assert "vidu/reference2image" in html.partition('id="view-costs"')[2].partition("</section>")[0]


def test_charts_are_put_in_as_drawn() -> None:
    charts = Charts(timeline="<svg><title>a &amp; b</title></svg>")
    html = render(gallery([job(0)], charts=charts), lang="en")
    assert "<svg><title>a &amp; b</title></svg></figure>" in html


@pytest.mark.parametrize(
    ("sizes", "shape"), [([], 0.75), ([(16, 9)], 0.5625), ([(9, 16)], 1.2), ([(4, 4)] * 3, 1)]
)
def test_cells_have_the_shape_of_most_results(
    sizes: list[tuple[int, int]], shape: float, tmp_path: Path
) -> None:
    (first,) = small(tmp_path).jobs[0].files
    jobs = [
        job(n, files=[replace(first, width=width, height=height)])
        for n, (width, height) in enumerate(sizes)
    ]
    html = render(gallery(jobs), lang="en")
    data = json.loads(html.partition('id="data">')[2].partition("</script>")[0])
    assert data["shape"] == shape
