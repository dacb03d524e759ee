"""The text of a csv, tsv, jsonl or txt file in, line and values of each row out."""

from __future__ import annotations

import csv
import difflib
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from runner.documents import likely_encoding
from runner.model import Row


@dataclass(frozen=True, slots=True)
class RowDiagnostic:
    """One thing that is wrong with a file of rows."""

    message: str
    line: int = 0
    """From 1; 0 where no line is to blame."""
    hint: str | None = None
    column: int = 1


class RowsError(Exception):
    """A file that gives no rows, and why."""

    def __init__(self, *troubles: RowDiagnostic, text: str = ""):
        super().__init__(*(trouble.message for trouble in troubles))
        self.troubles = troubles
        self.text = text
        """What was read, to show the lines of."""

    def line(self, trouble: RowDiagnostic) -> str | None:
        """The line that is wrong, without its end; None where nothing can be shown."""
        if not self.text:
            return None
        lines = self.text.split("\n", trouble.line)
        return lines[trouble.line - 1].rstrip("\r") if 0 < trouble.line <= len(lines) else None


Rows: TypeAlias = Iterator[tuple[int, dict[str, Any] | RowDiagnostic]]
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
        raise RowsError(RowDiagnostic("the file is empty: its first line must name the columns"))
    header = _header(line, names, delimiter)
    for line, cells in records:
        if len(cells) == len(header):
            yield line, dict(zip(header, cells, strict=True))
        else:
            counted = f"{len(cells)} cell{'s' * (len(cells) != 1)}"
            hint = f'a cell with a {_NAMES[delimiter]} or a line break needs "quotes"'
            yield (
                line,
                RowDiagnostic(f"the row has {counted}, the header {len(header)}", line, hint),
            )


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
            raise RowsError(RowDiagnostic(f"the quoting is broken: {error}", start)) from None
        if cells is None:
            return
        if cells:
            yield start, cells
        start = reader.line_num + 1


def _header(line: int, names: list[str], delimiter: str) -> list[str]:
    header = [name.strip() for name in names]
    for index, name in enumerate(header):
        if not name:
            raise RowsError(RowDiagnostic(f"column {index + 1} has no name", line))
        if name in header[:index]:
            raise RowsError(RowDiagnostic(f'two columns are named "{name}"', line))
    other = next((one for one in ";\t," if one != delimiter and one in header[0]), None)
    if len(header) == 1 and other:
        wanted = _NAMES[delimiter]
        found = "semicolons" if other == ";" else f"{_NAMES[other]}s"
        message = f"the columns are separated by {found}, not by {wanted}s"
        hint = f"save it with {wanted}s" + (", or as .tsv" if other == "\t" else "")
        raise RowsError(RowDiagnostic(message, line, hint))
    return header


def _jsonl(text: str) -> Rows:
    for line, written in _lines(text):
        yield line, _parsed(written, line)


def _parsed(written: str, line: int) -> dict[str, Any] | RowDiagnostic:
    try:
        value = json.loads(written, object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError:
        return RowDiagnostic("the line is nested too deeply", line)
    except json.JSONDecodeError as error:
        return RowDiagnostic(f"the line is not JSON: {error.msg}", line, column=error.colno)
    except ValueError as error:
        return RowDiagnostic(f"the line is not JSON: {error}", line)
    if not isinstance(value, dict):
        return RowDiagnostic('the line is not a JSON object such as {"prompt": "a cat"}', line)
    if not _encodable(written, value):
        return RowDiagnostic("the line has half a surrogate pair, which is no character", line)
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


def read_rows(path: Path) -> list[Row]:
    """Every row in order, blank lines skipped; raises `RowsError` with all that is wrong.

    Cells of csv and tsv are text; a jsonl line is an object and keeps its types; a line of a txt
    file is the column `text`. Blocks on the disk.
    """
    suffix = path.suffix.lower()
    if suffix not in READERS:
        hint = "name a .csv, .tsv, .jsonl or .txt file"
        raise RowsError(RowDiagnostic(f'foreach cannot read a file named "{path.name}"', hint=hint))
    text, shown = _text(path), str(path)
    rows: list[Row] = []
    troubles: list[RowDiagnostic] = []
    try:
        for line, found in READERS[suffix](text):
            if isinstance(found, RowDiagnostic):
                troubles.append(found)
            else:
                rows.append(Row(path=shown, line=line, values=found))
    except RowsError as error:
        troubles += error.troubles
    if not rows and not troubles:
        troubles.append(RowDiagnostic("the file has no rows, so there would be no job"))
    if troubles:
        raise RowsError(*troubles, text=text)
    return rows


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise RowsError(RowDiagnostic("there is no such file", hint=_nearest(path))) from None
    except OSError as error:
        raise RowsError(RowDiagnostic(f"the file cannot be read: {error.strerror}")) from None
    except ValueError:
        raise RowsError(RowDiagnostic("the path has a NUL character")) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        encoding = likely_encoding(data)
        seems = f" (it seems to be {encoding})" if encoding else ""
        hint = 'save it as UTF-8 (in Excel: "CSV UTF-8")'
        raise RowsError(RowDiagnostic(f"the file is not UTF-8{seems}", line, hint)) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise RowsError(RowDiagnostic("the line has a NUL character", line), text=text)
    return text


def _nearest(path: Path) -> str | None:
    """A hint that names the file beside it that was probably meant."""
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.suffix.lower() in READERS]
    except OSError:
        return None
    near = difflib.get_close_matches(path.name.strip(), names, n=1)
    return f'did you mean "{near[0]}"?' if near else None
