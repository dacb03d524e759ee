"""Tables: parses the text of csv and tsv files into rows by column."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from runner.errors import is_blank, name_invisible, plural
from runner.expansion.row_text import RowError

_Record: TypeAlias = tuple[int, list[str]]
"""Line on which the record starts, from 1, and its cells."""
_Records: TypeAlias = Iterator[_Record]

_DELIMITERS = {";": "semicolon", "\t": "tab", ",": "comma", "|": "pipe"}
"""Those that files are found with, by their names."""

_EXCEL_LINE = re.compile(r"sep=([^\n])\n")
"""How Excel writes the delimiter into the file itself."""

_KEPT_QUOTES = re.compile(r' +".*" *', re.DOTALL)
_BLANK_HINT = "remove the blank before the quote: only a cell that starts with one is quoted"


@dataclass(slots=True, kw_only=True)
class Table:
    """The text of a table, and how to read it."""

    text: str
    """With `\\n` for every line break."""
    name: str
    """Of the file, for hints."""
    delimiter: str
    is_guess: bool
    """The delimiter was not named, but follows from the name of the file."""
    warnings: list[RowError] = field(default_factory=list)
    """Added while the rows are read."""

    def rows(self) -> Iterator[tuple[int, dict[str, str] | RowError]]:
        """First line of each row that has text, and its cells by column, or what is wrong with it.

        Raises RowError for what makes all rows doubtful.
        """
        records = (record for record in self._records() if not all(map(is_blank, record[1])))
        first, names = next(records, (0, []))
        if not first:
            raise RowError("the file is empty: its first line must name the columns")
        header = _header(first, names)
        self._warn_of_invisible(first, names, header)
        if self.is_guess:
            self._reject_other_delimiter(first, header)
        rest, broken = _collect(records)
        if broken is None:
            _check_width(first, len(header), rest)
        self._warn_of_kept_quotes([(first, names), *rest])
        for line, cells in rest:
            if len(cells) != len(header):
                yield line, self._ragged(line, cells, len(header))
                continue
            row = dict(zip(header, cells, strict=True))
            if "" in row:
                _check_unnamed(first, header, cells)
                del row[""]
            yield line, row
        if broken is not None:
            raise broken

    def _records(self) -> _Records:
        excel = _EXCEL_LINE.match(self.text) if self.is_guess else None
        if excel:
            self.delimiter, self.is_guess = excel[1], False
        first, text = (2, self.text[excel.end() :]) if excel else (1, self.text)
        if self.delimiter == "\t":
            return _tab_records(text, first, self.warnings)
        return _quoted_records(text, self.delimiter, first)

    def _warn_of_invisible(self, line: int, names: Sequence[str], header: Sequence[str]) -> None:
        """Warn of what was left out of the names of columns, but for the mark of an encoding."""
        for written, name in zip(names, header, strict=True):
            hint = name_invisible(written.lstrip("\ufeff"))
            if name and hint and written.strip() != name:
                message = f'the column "{name}" is named with characters that cannot be seen'
                self.warnings.append(RowError(message, hint, line=line))

    def _warn_of_kept_quotes(self, records: Sequence[_Record]) -> None:
        """Warn of cells such as ` "a cat"`: after a blank a quote is a part of the text."""
        if self.delimiter == "\t" or ' "' not in self.text:
            return
        lines = [line for line, cells in records if any(map(_KEPT_QUOTES.fullmatch, cells))]
        if lines:
            rows = plural(len(lines), "row")
            message = f"the quotes of {rows} are kept as text: a blank is before them"
            self.warnings.append(RowError(message, _BLANK_HINT, line=lines[0]))

    def _ragged(self, line: int, cells: Sequence[str], columns: int) -> RowError:
        message = f"the row has {plural(len(cells), 'cell')}, the header {columns}"
        if self.delimiter != "\t" and any(cell.lstrip(" ").startswith('"') for cell in cells):
            return RowError(message, _BLANK_HINT, line=line)
        name = _DELIMITERS.get(self.delimiter, f'"{self.delimiter}"')
        return RowError(message, f'a cell with a {name} or a line break needs "quotes"', line=line)

    def _reject_other_delimiter(self, line: int, header: Sequence[str]) -> None:
        """Raise RowError for a single column with another delimiter in its name."""
        others = (each for each in _DELIMITERS if each != self.delimiter and each in header[0])
        used = next(others, None)
        if len(header) > 1 or used is None:
            return
        wanted = _DELIMITERS[self.delimiter]
        message = f"the columns are separated by {_DELIMITERS[used]}s, not by {wanted}s"
        written = used.replace("\t", "\\t")
        hint = f'write foreach: {{file: {self.name}, delimiter: "{written}"}}'
        raise RowError(message, f"{hint}, or save it with {wanted}s", line=line)


def _header(line: int, names: Sequence[str]) -> list[str]:
    """The names of the columns, some of which may be empty."""
    # What cannot be seen cannot be written in an expression either.
    header = [name.strip("\ufeff\u200b").strip() for name in names]
    for index, name in enumerate(header):
        if name and name in header[:index]:
            raise RowError(f'two columns are named "{name}"', line=line)
    return header


def _collect(records: _Records) -> tuple[list[_Record], RowError | None]:
    """The records up to the first error that ends them, and that error."""
    collected: list[_Record] = []
    try:
        collected.extend(records)  # keeps those before the error
    except RowError as error:
        return collected, error
    return collected, None


def _check_width(line: int, columns: int, records: Sequence[_Record]) -> None:
    """Raise RowError where all rows have the same number of cells, but the header another one."""
    widths = {len(cells) for _, cells in records}
    if len(records) < 2 or len(widths) > 1 or columns in widths:
        return
    message = f"the first line has {plural(columns, 'cell')}, every row {widths.pop()}"
    hint = "the first line must name the columns, and nothing stand above it"
    if all(not cells[-1] for _, cells in records):
        hint = "a delimiter at the end of each row starts one more cell: remove it"
    raise RowError(message, hint, line=line)


def _check_unnamed(line: int, header: Sequence[str], cells: Sequence[str]) -> None:
    """Raise RowError for text in a column without a name; spreadsheets write empty ones."""
    for index, (name, cell) in enumerate(zip(header, cells, strict=True)):
        if not name and cell.strip():
            message = f"column {index + 1} has no name"
            raise RowError(message, "name it in the first line, or remove it", line=line)


def _quoted_records(text: str, delimiter: str, first: int) -> _Records:
    """Records by RFC 4180; `first` is the number of the first line."""
    # A cell may hold a whole data URI. The limit is global, so it is set before each reading.
    csv.field_size_limit(sys.maxsize)
    # `newline`: the line breaks inside cells stay; `strict`: a stray quote is not taken as text.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = first
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + first  # a quoted cell may span several lines
    except csv.Error as error:
        hint = 'quote a whole cell, and write each quote inside it twice: "say ""hi"" twice"'
        raise RowError(f"the quoting is broken: {error}", hint, line=start) from None


# ------------------------------------------------------------------------------------------- tabs

# In tab-separated values a quote is an ordinary character, unless it opens and closes its cell as
# in RFC 4180: spreadsheets quote some cells, in lists of prompts quotes stand for themselves.
# Possessive, so that a quote which is never closed costs one pass.
_QUOTED = re.compile(r'"((?:[^"]++|"")*+)"(?=[\t\n]|\Z)')
_QUOTED_IN_LINE = re.compile(r'"((?:[^"\t\n]++|"")*+)"(?=[\t\n]|\Z)')
_PLAIN = re.compile(r"[^\t\n]*")
_NEEDS_QUOTES = re.compile(r'[\t\n"]')


class _TabRecord(NamedTuple):
    cells: list[str]
    end: int
    """Index after the record and its line break."""
    needless: bool
    """A cell is in quotes that a spreadsheet would not write."""


def _tab_records(text: str, first: int, warnings: list[RowError]) -> _Records:
    """Records of tab-separated values; `first` is the number of the first line."""
    at, line, width = 0, first, 0
    needless: list[int] = []
    while at < len(text):
        record = _tab_record(text, at, width)
        # A program that quotes a name in the header quotes everything.
        if record.needless and width:
            needless.append(line)
        if not width and not all(map(is_blank, record.cells)):
            width, quotes_all = len(record.cells), record.needless
        yield line, record.cells
        line += max(1, text.count("\n", at, record.end))
        at = record.end
    if needless and not quotes_all:
        message = f"the quotes around cells of {plural(len(needless), 'row')} are left out"
        hint = 'to keep them, write each three times: """Hello"""'
        warnings.append(RowError(message, hint, line=needless[0]))


def _tab_record(text: str, at: int, width: int) -> _TabRecord:
    """The record at an index; `width` is the number of columns, 0 for the header."""
    record = _split(text, at, _QUOTED)
    if not width:
        return record
    spans_lines = "\n" in text[at : record.end - 1]
    if len(record.cells) == width and not (spans_lines and _are_rows(text, at, record.end, width)):
        return record
    # Two quotes that have nothing to do with each other: each line is a row of its own.
    return _split(text, at, _QUOTED_IN_LINE)


def _are_rows(text: str, at: int, end: int, width: int) -> bool:
    """Whether each line has all the columns by itself; with one column nothing can be known."""
    while width > 1 and at < end:
        record = _split(text, at, _QUOTED_IN_LINE)
        if len(record.cells) != width:
            return False
        at = record.end
    return width > 1


def _split(text: str, at: int, quoted: re.Pattern[str]) -> _TabRecord:
    cells, needless = [], False
    while True:
        if match := quoted.match(text, at):
            cells.append(match[1].replace('""', '"'))
            needless |= bool(match[1]) and not _NEEDS_QUOTES.search(match[1])
        else:
            match = _PLAIN.match(text, at)
            assert match is not None, "the pattern matches an empty text"
            cells.append(match[0])
        at = match.end() + 1
        if text[at - 1 : at] != "\t":
            return _TabRecord(cells, at, needless)
