"""The text of a csv, tsv, jsonl or txt file in, line and values of each row out."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong with a file of rows."""

    message: str
    line: int = 0
    """From 1; 0 where no line is to blame."""
    hint: str | None = None
    column: int = 1


class RowsError(Exception):
    """A file that gives no rows, and why."""

    def __init__(self, *troubles: Trouble, text: str = ""):
        super().__init__(*(trouble.message for trouble in troubles))
        self.troubles = troubles
        self.text = text
        """What was read, to show the lines of."""

    def line(self, trouble: Trouble) -> str | None:
        """The line that is wrong, without its end; None where nothing can be shown."""
        if not self.text:
            return None
        lines = self.text.split("\n", trouble.line)
        return lines[trouble.line - 1].rstrip("\r") if 0 < trouble.line <= len(lines) else None


Rows: TypeAlias = Iterator[tuple[int, dict[str, Any] | Trouble]]
"""Line on which the row starts, from 1, and its values by column, or what is wrong with it."""

TEXT_COLUMN = "text"
"""The one column of a txt file."""


def _csv(text: str) -> Rows:
    return _table(text, ",")


def _tsv(text: str) -> Rows:
    return _table(text, "\t")


def _table(text: str, delimiter: str) -> Rows:
    records = _records(text, delimiter)
    line, names = next(records, (0, []))
    if not line:
        raise RowsError(Trouble("the file is empty: its first line must name the columns"))
    header = _header(line, names, delimiter)
    for line, cells in records:
        if len(cells) == len(header):
            yield line, dict(zip(header, cells, strict=True))
        else:
            counted = f"{len(cells)} cell{'s' * (len(cells) != 1)}"
            hint = f'a cell with a {_NAMES[delimiter]} or a line break needs "quotes"'
            yield line, Trouble(f"the row has {counted}, the header {len(header)}", line, hint)


_NAMES = {",": "comma", "\t": "tab"}


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
            raise RowsError(Trouble(f"the quoting is broken: {error}", start)) from None
        if cells is None:
            return
        if cells:
            yield start, cells
        start = reader.line_num + 1


def _header(line: int, names: list[str], delimiter: str) -> list[str]:
    header = [name.strip() for name in names]
    for index, name in enumerate(header):
        if not name:
            raise RowsError(Trouble(f"column {index + 1} has no name", line))
        if name in header[:index]:
            raise RowsError(Trouble(f'two columns are named "{name}"', line))
    other = next((one for one in ";\t," if one != delimiter and one in header[0]), None)
    if len(header) == 1 and other:
        wanted = _NAMES[delimiter]
        found = "semicolons" if other == ";" else f"{_NAMES[other]}s"
        message = f"the columns are separated by {found}, not by {wanted}s"
        hint = f"save it with {wanted}s" + (", or as .tsv" if other == "\t" else "")
        raise RowsError(Trouble(message, line, hint))
    return header


def _jsonl(text: str) -> Rows:
    for line, written in _lines(text):
        yield line, _parsed(written, line)


def _parsed(written: str, line: int) -> dict[str, Any] | Trouble:
    try:
        value = json.loads(written, object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError:
        return Trouble("the line is nested too deeply", line)
    except json.JSONDecodeError as error:
        return Trouble(f"the line is not JSON: {error.msg}", line, column=error.colno)
    except ValueError as error:
        return Trouble(f"the line is not JSON: {error}", line)
    if not isinstance(value, dict):
        return Trouble('the line is not a JSON object such as {"prompt": "a cat"}', line)
    if not _encodable(written, value):
        return Trouble("the line has half a surrogate pair, which is no character", line)
    return value


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
"""By the file's ending. Each raises `RowsError` when it cannot go on."""
