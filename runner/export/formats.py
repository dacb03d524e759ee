"""Formats: what results can be exported as, and how that is encoded."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from runner.export.csv_table import csv_text
from runner.export.json_rows import json_lines, json_rows
from runner.export.junit import junit_text
from runner.export.markdown import markdown_text
from runner.export.results import Export

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Format(StrEnum):
    """A form of export, by the name that `--format` has for it."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    JUNIT = "junit"
    MARKDOWN = "markdown"


ENDINGS: Mapping[str, Format] = {
    ".csv": Format.CSV,
    ".json": Format.JSON,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".xml": Format.JUNIT,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
}
"""The ending of a file's name to what is meant by it."""


def format_of(path: Path) -> Format | None:
    """The format that the name of a file asks for; None where it asks for none of them."""
    return ENDINGS.get(path.suffix.lower())


def encode(export: Export, form: Format, *, raw: bool, to_file: bool) -> bytes:
    """The export in UTF-8; a table that goes to a file begins with a byte order mark.

    Without it, Excel shows Chinese as other characters; behind a pipe it would be in the way.
    """
    text = _text(export, form, raw=raw)
    mark = BYTE_ORDER_MARK if form is Format.CSV and to_file else b""
    # Half of a pair of surrogates, which YAML can express and UTF-8 cannot, becomes JSON's escape.
    return mark + text.encode("utf-8", "backslashreplace")


def _text(export: Export, form: Format, *, raw: bool) -> str:
    match form:
        case Format.CSV:
            return csv_text(export, raw=raw)
        case Format.JSON:
            return json_rows(export)
        case Format.JSONL:
            return json_lines(export)
        case Format.JUNIT:
            return junit_text(export)
        case Format.MARKDOWN:
            return markdown_text(export)
