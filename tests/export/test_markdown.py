"""Markdown: totals, costs, failures, picked results, and texts that stay texts."""

from __future__ import annotations

import pytest

from runner.export.markdown import MAX_FAILURES, escaped, markdown_text
from tests.builders import result_row
from tests.export.exports import FAILED, export_of, file_row, marked


def test_totals_leave_out_what_there_is_not() -> None:
    text = markdown_text(export_of(result_row("a"), result_row("b", **FAILED)))
    assert text.startswith("# spring cats\n\nManifest work/spring.yaml; run ended 2026-03-01T10:05")
    assert "| jobs | succeeded | failed | credits |\n|---|---|---|---|\n| 2 | 1 | 1 | 12 |" in text


def test_costs_are_by_tag() -> None:
    rows = [result_row("a", tags=["hero", "a|b"]), result_row("b", tags=["hero"]), result_row("c")]
    text = markdown_text(export_of(*rows))
    assert "## Cost by tag\n\n| tag | jobs | succeeded | credits | CNY |" in text
    assert "| hero | 2 | 2 | 12 | 0 |" in text
    assert "| a\\|b | 1 | 1 | 6 | 0 |" in text


def test_costs_without_any_tag_are_by_operation() -> None:
    text = markdown_text(export_of(result_row("a")))
    assert "## Cost by operation" in text
    assert "| vidu/reference2image | 1 | 1 | 6 | 0 |" in text


def test_failures_have_cause_and_advice() -> None:
    text = markdown_text(export_of(result_row("b_1", **FAILED)))
    assert (
        "| b\\_1 | failed | CreationPolicyViolation (policy): the prompt was refused | no "
        "| moderation refused it: change the prompt or the images |" in text
    )


def test_only_the_first_failures_are_listed() -> None:
    rows = [result_row(f"j{n}", **FAILED) for n in range(MAX_FAILURES + 3)]
    text = markdown_text(export_of(*rows))
    assert text.count("| failed |") == MAX_FAILURES + 1  # one is in the head of the totals
    assert text.endswith("... and 3 more.\n")


def test_picked_results_are_linked() -> None:
    row = result_row("a", files=[file_row("outputs/sp ring/a#(1) 猫.png")])
    text = markdown_text(export_of(row, marks=marked("a", "picked", 4, "a\n| b")))
    link = "../work/outputs/sp%20ring/a%23%281%29%20%E7%8C%AB.png"
    assert f"| a | ★★★★ | 7 | [a\\#(1) 猫.png]({link}) | a \\| b |" in text


def test_rejected_results_are_not_among_the_picked_ones() -> None:
    text = markdown_text(export_of(result_row("a"), marks=marked("a", "rejected")))
    assert "Picked" not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", "a\\|b"),
        ("`x`", "\\`x\\`"),
        ("two\nlines\r\n", "two lines "),
        ("<b>", "&lt;b\\>"),
        ("&lt;", "&amp;lt;"),
        ("![x](http://y)", "\\!\\[x\\](http://y)"),
        ("\\|", "\\\\\\|"),
        ("\x1b[0m", "\\\\x1b\\[0m"),
        ("猫😀", "猫😀"),
    ],
)
def test_texts_of_others_are_no_markdown(text: str, shown: str) -> None:
    assert escaped(text) == shown
