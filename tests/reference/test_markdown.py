"""`docs/operations.md` is what the schemas give, and the other pages lead to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner.operations import load_operations
from runner.reference.markdown import reference_text
from runner.reference.page import page_of

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def named_in_table(page: str) -> list[str]:
    """The operations in a page's table of what they make."""
    rows = [line for line in text_of(page).splitlines() if line.startswith("| ")]
    return re.findall(r"`((?:vidu|modelverse)/[^`/][^`]*)`", "\n".join(rows))


def test_the_document_is_generated_from_the_schemas() -> None:
    assert text_of("docs/operations.md") == reference_text(load_operations()), (
        "regenerate it: python -m runner.reference > docs/operations.md"
    )


def test_published_times_stand_beside_the_prices() -> None:
    page = page_of(load_operations()["modelverse/reference2video"])
    (times,) = page.times
    assert times.caption.startswith("seconds (")
    assert ("viduq2", "5", "14.7", "28.7", "35.3") in times.rows


def test_the_manifests_page_links_every_operation() -> None:
    linked = re.findall(r"\[`([^`]+)`\]\(operations\.md#", text_of("docs/manifest.md"))
    assert sorted(linked) == list(load_operations())


def test_links_into_the_document_lead_somewhere() -> None:
    anchors = set(re.findall(r"\]\(#([^)]+)\)", text_of("docs/operations.md")))
    linked = set(re.findall(r"operations\.md#([^)]+)\)", text_of("docs/manifest.md")))
    assert linked
    assert linked <= anchors


@pytest.mark.parametrize("page", READMES)
def test_a_readme_names_existing_operations(page: str) -> None:
    named = set(named_in_table(page))
    assert named
    assert named <= set(load_operations())


def test_both_readmes_name_the_same_operations() -> None:
    english, chinese = map(named_in_table, READMES)
    assert english == chinese
