"""The path of a `foreach` file in, its rows out: csv, tsv, jsonl or txt."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from runner.model import Row

TEXT_COLUMN = "text"
"""The one column of a txt file."""


class RowsError(Exception):
    """A file that gives no rows; `line` counts from 1, 0 where no line is to blame."""

    def __init__(self, message: str, line: int = 0, hint: str | None = None):
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


def read_rows(path: Path) -> list[Row]:
    """Every row in order, blank lines skipped; raises `RowsError`. Blocks on the disk.

    Cells of csv and tsv are text; a jsonl line is an object and keeps its types; a line of a txt
    file is the column `text`.
    """
    text = _text(path)
    suffix = path.suffix.lower()
    found = {".csv": _csv, ".tsv": _tsv, ".jsonl": _jsonl, ".txt": _txt}.get(suffix)
    if found is None:
        hint = "name a .csv, .tsv, .jsonl or .txt file"
        raise RowsError(f'foreach cannot read a file named "{path.name}"', hint=hint)
    shown = str(path)
    rows = [Row(path=shown, line=line, values=values) for line, values in found(text)]
    if not rows:
        raise RowsError("the file has no rows, so there would be no job")
    return rows


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise RowsError("there is no such file") from None
    except OSError as error:
        raise RowsError(f"the file cannot be read: {error.strerror}") from None
    except ValueError:
        raise RowsError("the path has a NUL character") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = 'save it as UTF-8 (in Excel: "CSV UTF-8")'
        raise RowsError("the file is not UTF-8", line, hint) from None
    if "\0" in text:
        raise RowsError("the line has a NUL character", text.count("\n", 0, text.index("\0")) + 1)
    return text


def _csv(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    return _table(text, ",")


def _tsv(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    return _table(text, "\t")


def _table(text: str, delimiter: str) -> Iterator[tuple[int, dict[str, Any]]]:
    records = _records(text, delimiter)
    line, names = next(records, (0, []))
    if not line:
        raise RowsError("the file is empty: its first line must name the columns")
    header = _header(line, names)
    for line, cells in records:
        if len(cells) != len(header):
            message = f"the row has {len(cells)} cells, the header {len(header)}"
            raise RowsError(message, line, 'a cell with a comma or a line break needs "quotes"')
        yield line, dict(zip(header, cells, strict=True))


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line of the start and cells of each record that is not blank."""
    # A cell may hold a whole data URI; the limit is the module's, hence set at each reading.
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise RowsError(f"the quoting is broken: {error}", start) from None
        if cells is None:
            return
        if cells:
            yield start, cells
        start = reader.line_num + 1


def _header(line: int, names: list[str]) -> list[str]:
    header = [name.strip() for name in names]
    for index, name in enumerate(header):
        if not name:
            raise RowsError(f"column {index + 1} has no name", line)
        if name in header[:index]:
            raise RowsError(f'two columns are named "{name}"', line)
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        raise RowsError("the columns are not separated by commas", line, "use .csv or .tsv rightly")
    return header


def _jsonl(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, written in _lines(text):
        try:
            value = json.loads(written, object_pairs_hook=_object, parse_constant=_constant)
        except RecursionError:
            raise RowsError("the line is nested too deeply", line) from None
        except ValueError as error:
            words = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            raise RowsError(f"the line is not JSON: {words}", line) from None
        if not isinstance(value, dict):
            raise RowsError('the line is not a JSON object such as {"prompt": "a cat"}', line)
        if not _encodable(written, value):
            raise RowsError("the line has half a surrogate pair, which is no character", line)
        yield line, value


def _encodable(written: str, value: Any) -> bool:
    """False for the lone surrogates that JSON escapes can smuggle in and UTF-8 cannot hold."""
    if "\\u" not in written:
        return True
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'"{twice}" stands there twice')
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _txt(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, written in _lines(text):
        yield line, {TEXT_COLUMN: written}


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Number and text of each line that is not blank; only line feeds end a line."""
    for line, written in enumerate(text.split("\n"), start=1):
        if written.strip():
            yield line, written.removesuffix("\r")
