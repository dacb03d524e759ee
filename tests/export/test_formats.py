"""Formats: endings of names, JSON as it is, and bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.export.formats import Format, encode, format_of
from tests.builders import result_row
from tests.export.exports import FAILED, export_of

ODD = result_row("猫", prompt="=1 \x00 \ud800 😀\r\n", axes={"take": 1}, urls=["https://a/?b=c"])


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.csv", "csv"),
        ("a.JSON", "json"),
        ("a.jsonl", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.xml", "junit"),
        ("a.md", "markdown"),
        ("a.results.yaml", None),
        ("csv", None),
    ],
)
def test_the_ending_of_a_name_says_the_format(name: str, form: str | None) -> None:
    assert format_of(Path(name)) == form


def test_json_has_the_very_rows() -> None:
    export = export_of(ODD, result_row("b"))
    assert json.loads(encode(export, Format.JSON, raw=False, to_file=True)) == list(export.rows)
    lines = encode(export, Format.JSONL, raw=False, to_file=True).decode().splitlines()
    assert [json.loads(line) for line in lines] == list(export.rows)


def test_no_row_is_an_empty_list_and_no_line() -> None:
    assert encode(export_of(), Format.JSON, raw=False, to_file=False) == b"[]\n"
    assert encode(export_of(), Format.JSONL, raw=False, to_file=False) == b""


def test_a_table_in_a_file_begins_with_a_byte_order_mark() -> None:
    marks = {
        (form, to_file): encode(export_of(ODD), form, raw=False, to_file=to_file)[:3]
        == b"\xef\xbb\xbf"
        for form in Format
        for to_file in (True, False)
    }
    assert [key for key, has_mark in marks.items() if has_mark] == [(Format.CSV, True)]


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("raw", [True, False])
def test_every_format_can_take_every_text(form: Format, raw: bool) -> None:
    content = encode(export_of(ODD | FAILED), form, raw=raw, to_file=True)
    assert "猫" in content.decode("utf-8")
