"""Rows: reads the csv, tsv, jsonl and txt files that `foreach` names."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from runner.documents.files import read_text
from runner.errors import HintedError, Location, ManifestError, plural
from runner.model.jobs import Row


class RowError(HintedError):
    """Something that is wrong with a file of rows, or with one of its lines."""

    def __init__(self, message: str, hint: str | None = None, *, line: int = 0, column: int = 1):
        """`line` and `column` count from 1; line 0 is the file as a whole."""
        super().__init__(message, hint)
        self.line = line
        self.column = column


@dataclass(slots=True, kw_only=True)
class RowFile:
    """A file that was read: its rows, which are complete only where there are no errors."""

    path: Path
    text: str = ""
    """Kept for the lines of errors."""
    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def locate(self, error: RowError) -> Location:
        """Where the error is, with the source line if there is one to show."""
        lines = self.text.split("\n", error.line) if self.text else []
        if not 0 < error.line <= len(lines):
            return Location(path=str(self.path), line=error.line)
        text = lines[error.line - 1].rstrip("\r")
        return Location(path=str(self.path), line=error.line, column=error.column, text=text)


# Line on which the row starts, from 1, and its values by column, or what is wrong with it.
_Rows: TypeAlias = Iterator[tuple[int, dict[str, Any] | RowError]]

# JSON's escapes can spell half a character; UTF-8 cannot.
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_DELIMITERS = {";": "semicolon", "\t": "tab", ",": "comma"}


def _table(text: str, delimiter: str) -> _Rows:
    records = _records(text, delimiter)
    line, names = next(records, (0, []))
    if not line:
        raise RowError("the file is empty: its first line must name the columns")
    header = _header(line, names, delimiter)
    for line, cells in records:
        if len(cells) == len(header):
            yield line, dict(zip(header, cells, strict=True))
        else:
            message = f"the row has {plural(len(cells), 'cell')}, the header {len(header)}"
            hint = f'a cell with a {_DELIMITERS[delimiter]} or a line break needs "quotes"'
            yield line, RowError(message, hint, line=line)


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """First line and cells of each record that is not blank."""
    # A cell may hold a whole data URI. The limit is global, so it is set before each reading.
    csv.field_size_limit(sys.maxsize)
    # `newline`: the line breaks inside cells stay; `strict`: a stray quote is not taken as text.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for cells in reader:
            if cells:
                yield start, cells
            start = reader.line_num + 1  # a quoted cell may span several lines
    except csv.Error as error:
        raise RowError(f"the quoting is broken: {error}", line=start) from None


def _header(line: int, names: list[str], delimiter: str) -> list[str]:
    header = [name.strip() for name in names]
    for index, name in enumerate(header):
        if not name:
            raise RowError(f"column {index + 1} has no name", line=line)
        if name in header[:index]:
            raise RowError(f'two columns are named "{name}"', line=line)
    # A single column with another delimiter in its name: the file was saved with that one.
    used = next((one for one in _DELIMITERS if one != delimiter and one in header[0]), None)
    if len(header) == 1 and used:
        wanted = _DELIMITERS[delimiter]
        message = f"the columns are separated by {_DELIMITERS[used]}s, not by {wanted}s"
        hint = f"save it with {wanted}s" + (", or as .tsv" if used == "\t" else "")
        raise RowError(message, hint, line=line)
    return header


def _parse_line(content: str, line: int) -> dict[str, Any] | RowError:
    try:
        value = json.loads(content, object_pairs_hook=_object, parse_constant=_reject_constant)
    except RecursionError:
        return RowError("the line is nested too deeply", line=line)
    except json.JSONDecodeError as error:
        return RowError(f"the line is not JSON: {error.msg}", line=line, column=error.colno)
    except ValueError as error:
        return RowError(f"the line is not JSON: {error}", line=line)
    if not isinstance(value, dict):
        return RowError('the line is not a JSON object such as {"prompt": "a cat"}', line=line)
    # Only an escape can spell one: the file itself is UTF-8.
    if "\\u" in content and _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        return RowError("the line has half a surrogate pair, which is not a character", line=line)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    # `json` would silently keep the last one.
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        duplicate = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'it has "{duplicate}" twice')
    return value


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Number and text of each line that is not blank."""
    # Not `splitlines`: a line separator (U+2028) may be part of a prompt.
    for line, content in enumerate(text.split("\n"), start=1):
        if content.strip():
            yield line, content.removesuffix("\r")


_READERS: Mapping[str, Callable[[str], _Rows]] = {
    ".csv": partial(_table, delimiter=","),
    ".tsv": partial(_table, delimiter="\t"),
    ".jsonl": lambda text: ((n, _parse_line(line, n)) for n, line in _lines(text)),
    ".txt": lambda text: ((n, {"text": line}) for n, line in _lines(text)),
}
"""By file name extension. A reader yields the errors it can skip, and raises the others."""


def read_rows(path: Path) -> RowFile:
    """Every row in order, without blank lines, and every error. Blocks on the disk.

    Cells of csv and tsv are text; a jsonl line is an object and keeps its types; a line of a txt
    file is the column `text`.
    """
    file = RowFile(path=path)
    shown = str(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        message = f'foreach cannot read a file named "{path.name}"'
        file.errors.append(RowError(message, "name a .csv, .tsv, .jsonl or .txt file"))
        return file
    try:
        file.text = _text(path)
        for line, values in reader(file.text):
            if isinstance(values, RowError):
                file.errors.append(values)
            else:
                file.rows.append(Row(path=shown, line=line, values=values))
    except RowError as error:
        file.errors.append(error)
    if not file.rows and not file.errors:
        file.errors.append(RowError("the file has no rows, so there would be no job"))
    if not file.errors:
        file.text = ""  # only errors show lines, and the file may be large
    return file


def _text(path: Path) -> str:
    try:
        text, _ = read_text(path)
    except ManifestError as error:
        found = error.diagnostics[0]
        line = found.location.line if found.location else 0
        raise RowError(found.message, found.hint, line=line) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise RowError("the line has a NUL character", line=line)
    return text
