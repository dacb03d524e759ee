"""CSV: columns, texts of every kind, and what a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from runner.export.csv_table import COLUMNS, csv_text
from tests.builders import result_row
from tests.export.exports import FAILED, export_of, file_row, marked


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def cells(**changes: Any) -> dict[str, str]:
    """The cells of one job."""
    (row,) = read(csv_text(export_of(result_row("a", **changes))))
    return row


def test_a_job_is_one_row_in_the_documented_columns() -> None:
    text = csv_text(export_of(result_row("a"), result_row("b", axes={"take": 2})))
    head = text.partition("\n")[0].split(",")
    assert head == [*COLUMNS, "axes.take", "param.aspect_ratio"]
    assert [(row["id"], row["axes.take"], row["seed"]) for row in read(text)] == [
        ("a", "", "7"),
        ("b", "2", "7"),
    ]


def test_the_columns_are_those_of_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs/export.md").read_text(encoding="utf-8")
    rows = text.partition("| columns |")[2].partition("\n\n")[0].splitlines()[2:]
    assert tuple(re.findall(r"`([\w.]+)`", "".join(row.split("|")[1] for row in rows))) == COLUMNS


def test_without_a_job_there_is_the_head() -> None:
    assert csv_text(export_of()) == ",".join(COLUMNS) + "\n"


def test_axes_come_before_parameters_whatever_row_has_them_first() -> None:
    rows = [
        result_row("a", parameters={"duration": 5}),
        result_row(
            "b",
            axes={"matrix": {"style": "水墨"}, "row": {"style": "x", "城市": "上海"}, "take": 1},
            parameters={"images": ["a.png"]},
        ),
    ]
    text = csv_text(export_of(*rows))
    assert text.partition("\n")[0].split(",")[len(COLUMNS) :] == [
        *("axes.matrix.style", "axes.row.style", "axes.row.城市", "axes.take"),
        *("param.duration", "param.images"),
    ]
    assert read(text)[1]["axes.matrix.style"] == "水墨"


def test_nested_values_are_json() -> None:
    row = cells(tags=["hero", "cat"], labels=["aigc"], files=[file_row("a.png")], usage={})
    assert json.loads(row["tags"]) == ["hero", "cat"]
    assert json.loads(row["labels"]) == ["aigc"]
    assert json.loads(row["files"])[0]["path"] == "a.png"
    assert json.loads(row["cost"])["actual"] == {"credits": 6}
    assert row["usage"] == ""


def test_costs_are_numbers_to_add_up() -> None:
    listed = {"estimated": {"cny": 0.63}, "actual": None, "at_risk": None}
    assert (cells()["cost.credits"], cells()["cost.cny"]) == ("6", "")
    assert cells(credits=None, cost=listed)["cost.cny"] == "0.63"


def test_an_error_has_its_own_columns() -> None:
    row = cells(**FAILED)
    assert (row["state"], row["error.code"]) == ("failed", "CreationPolicyViolation")
    assert (row["error.class"], row["error.billed"]) == ("policy", "no")
    assert (row["seed"], row["cost.credits"]) == ("", "")


def test_a_mark_counts_for_its_own_fingerprint_only() -> None:
    marks = marked("a", "picked", 5, "=手指") | {
        "b": {"fingerprint": "0" * 64, "mark": "rejected", "stars": 1, "note": ""}
    }
    first, second = read(csv_text(export_of(result_row("a"), result_row("b"), marks=marks)))
    assert (first["mark"], first["stars"], first["note"]) == ("picked", "5", "'=手指")
    assert (second["mark"], second["stars"], second["note"]) == ("", "", "")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_like_a_formula_begins_with_an_apostrophe(start: str) -> None:
    assert cells(prompt=f"{start}1+1")["prompt"].startswith("'")


def test_a_prompt_may_begin_with_anything_else() -> None:
    for prompt in ("一只小猫", "'quoted'", "1-2", " =1", "🐱", '"=1"', "#1"):
        assert cells(prompt=prompt)["prompt"] == prompt


def test_a_number_below_zero_is_no_formula() -> None:
    assert cells(parameters={"shift": -5})["param.shift"] == "-5"
    assert cells(parameters={"shift": "-5"})["param.shift"] == "'-5"


def test_raw_leaves_texts_as_they_are() -> None:
    export = export_of(result_row("a", prompt="=1\r\n\x1b[0m"))
    (row,) = read(csv_text(export, raw=True))
    assert row["prompt"] == "=1\r\n\x1b[0m"


def test_lines_inside_of_a_cell_stay_in_it() -> None:
    text = csv_text(export_of(result_row("a", prompt='two\r\nlines, "quoted"\n'), result_row("b")))
    assert "\r" not in text
    first, second = read(text)
    assert (first["prompt"], second["id"]) == ('two\nlines, "quoted"\n', "b")


def test_control_characters_are_shown() -> None:
    assert cells(prompt="a\x00b\x1b[31mc")["prompt"] == "a\\x00b\\x1b[31mc"


def test_a_long_text_is_not_cut() -> None:
    assert cells(prompt="猫" * 2000)["prompt"] == "猫" * 2000


def test_true_and_false_are_as_in_yaml() -> None:
    assert cells(parameters={"audio": True})["param.audio"] == "true"
