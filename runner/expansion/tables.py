"""The text of a csv, tsv, jsonl or txt file in, line and values of each row out."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, TypeAlias

Rows: TypeAlias = Iterator[tuple[int, dict[str, Any]]]
"""Line on which the row starts, from 1, and its values by column."""

TEXT_COLUMN = "text"
"""The one column of a txt file."""


class RowsError(Exception):
    """A file that gives no rows; `line` counts from 1, 0 where no line is to blame."""

    def __init__(self, message: str, line: int = 0, hint: str | None = None):
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


def _csv(text: str) -> Rows:
    return _table(text, ",")


def _tsv(text: str) -> Rows:
    return _table(text, "\t")


def _table(text: str, delimiter: str) -> Rows:
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


def _jsonl(text: str) -> Rows:
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


def _txt(text: str) -> Rows:
    for line, written in _lines(text):
        yield line, {TEXT_COLUMN: written}


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Number and text of each line that is not blank; only line feeds end a line."""
    for line, written in enumerate(text.split("\n"), start=1):
        if written.strip():
            yield line, written.removesuffix("\r")


READERS: Mapping[str, Callable[[str], Rows]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _jsonl,
    ".txt": _txt,
}
"""By the file's ending. Each raises `RowsError`, where a row is wrong, when it comes to it."""
