"""Rows: reads the csv, tsv, jsonl and txt files that `foreach` names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from runner.documents.json_reader import read_json
from runner.errors import Location, is_blank
from runner.expansion.row_text import EXPORT_HINT, RowError, read_row_text
from runner.expansion.tables import Table
from runner.model.jobs import Row


class RowSource(NamedTuple):
    """What `foreach` names: a file, and how to read it where its name or bytes do not show it."""

    path: Path
    delimiter: str | None = None
    """One character; makes a table of any file."""
    encoding: str | None = None


@dataclass(slots=True, kw_only=True)
class RowFile:
    """A file that was read: its rows, which are complete only where there are no errors."""

    path: Path
    text: str = ""
    """Kept for the lines of errors."""
    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)

    def locate(self, error: RowError) -> Location:
        """Where the error is, with the source line if there is one to show."""
        lines = self.text.split("\n", error.line) if self.text else []
        if not 0 < error.line <= len(lines):
            return Location(path=str(self.path), line=error.line)
        text = lines[error.line - 1]
        return Location(path=str(self.path), line=error.line, column=error.column, text=text)


# Line on which the row starts, from 1, and its values by column, or what is wrong with it.
_Rows: TypeAlias = Iterator[tuple[int, dict[str, Any] | RowError]]


def _parse_line(content: str, line: int) -> dict[str, Any] | RowError:
    try:
        value = read_json(content)
    except RecursionError:
        return RowError("the line is nested too deeply", line=line)
    except json.JSONDecodeError as error:
        return RowError(f"the line is not JSON: {error.msg}", line=line, column=error.colno)
    except ValueError as error:
        return RowError(f"the line is not JSON: {error}", line=line)
    if not isinstance(value, dict):
        return RowError('the line is not a JSON object such as {"prompt": "a cat"}', line=line)
    return value


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Number and text of each line that is not blank."""
    # Not `splitlines`: a line separator (U+2028) may be part of a prompt.
    for line, content in enumerate(text.split("\n"), start=1):
        if not is_blank(content):
            yield line, content


def _json_lines(text: str) -> _Rows:
    first = next((line for _, line in _lines(text)), "").strip()
    if first in {"[", "{"} or first.startswith("[{"):  # each line of it would be an error
        kind, query = ("list", ".[]") if first[0] == "[" else ("text", ".")
        message = f"the file is one JSON {kind}, not an object a line"
        raise RowError(message, f"write each object on a line of its own: jq -c '{query}'", line=1)
    return ((line, _parse_line(content, line)) for line, content in _lines(text))


_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_LINE_READERS: Mapping[str, Callable[[str], _Rows]] = {
    ".jsonl": _json_lines,
    ".txt": lambda text: ((n, {"text": line}) for n, line in _lines(text)),
}
"""By file name extension. A reader yields the errors it can skip, and raises the others."""


_NAME_HINT = "name a .csv, .tsv, .jsonl or .txt file, or its delimiter"
_OTHER_FILES = {
    ".json": "write each object on a line of its own, into a .jsonl file: jq -c '.[]'",
    ".ndjson": "if each line is an object, name it .jsonl",
    ".gz": "unpack it first",
    ".zip": "unpack it first",
} | dict.fromkeys((".xlsx", ".xls", ".ods", ".numbers"), EXPORT_HINT)
"""What to do about files that people have their rows in, by extension."""


def parse_delimiter(text: Any) -> str | None:
    r"""The character that a manifest names; None for what can separate nothing.

    `\t` and `tab` stand for the tab, which cannot be seen.
    """
    if not isinstance(text, str):
        return None
    if text in {"\\t", "tab"}:
        return "\t"
    return text if len(text) == 1 and text not in '"\r\n\0' else None


def read_rows(path: Path, delimiter: str | None = None, encoding: str | None = None) -> RowFile:
    """Every row that has text in order, and every error. Blocks on the disk.

    Cells of csv and tsv are text; a jsonl line is an object and keeps its types; a line of a txt
    file is the column `text`.
    """
    file = RowFile(path=path)
    shown = str(path)
    try:
        for line, values in _read(RowSource(path, delimiter, encoding), file):
            if isinstance(values, RowError):
                file.errors.append(values)
            else:
                number = len(file.rows) + 1
                file.rows.append(Row(path=shown, line=line, number=number, values=values))
    except RowError as error:
        file.errors.append(error)
    if not file.rows and not file.errors:
        file.errors.append(RowError("the file has no rows, so there would be no job"))
    if not (file.errors or file.warnings):
        file.text = ""  # only these show lines, and the file may be large
    return file


def _read(source: RowSource, file: RowFile) -> _Rows:
    """The rows as their reader yields them, which sets the text and the warnings of `file`."""
    suffix = source.path.suffix.lower()
    reader, delimiter = _LINE_READERS.get(suffix), source.delimiter or _DELIMITERS.get(suffix)
    if delimiter is None and reader is None:
        message = f'foreach cannot read a file named "{source.path.name}"'
        raise RowError(message, _OTHER_FILES.get(suffix, _NAME_HINT))
    if source.delimiter and suffix == ".jsonl":
        raise RowError("the lines of a .jsonl file have no delimiter", "leave delimiter out")
    file.text = read_row_text(source.path, source.encoding, file.warnings)
    if delimiter is None:
        assert reader is not None, "one of the two is there, as checked above"
        return reader(file.text)
    return Table(
        text=file.text,
        name=source.path.name,
        delimiter=delimiter,
        is_guess=source.delimiter is None,
        warnings=file.warnings,
    ).rows()
