"""The path of a `foreach` file in, its rows out: csv, tsv, jsonl or txt."""

from __future__ import annotations

import difflib
from pathlib import Path

from runner.documents import likely_encoding
from runner.expansion.tables import READERS, RowsError, Trouble
from runner.model import Row


def read_rows(path: Path) -> list[Row]:
    """Every row in order, blank lines skipped; raises `RowsError` with all that is wrong.

    Cells of csv and tsv are text; a jsonl line is an object and keeps its types; a line of a txt
    file is the column `text`. Blocks on the disk.
    """
    suffix = path.suffix.lower()
    if suffix not in READERS:
        hint = "name a .csv, .tsv, .jsonl or .txt file"
        raise RowsError(Trouble(f'foreach cannot read a file named "{path.name}"', hint=hint))
    text, shown = _text(path), str(path)
    rows: list[Row] = []
    troubles: list[Trouble] = []
    try:
        for line, found in READERS[suffix](text):
            if isinstance(found, Trouble):
                troubles.append(found)
            else:
                rows.append(Row(path=shown, line=line, values=found))
    except RowsError as error:
        troubles += error.troubles
    if not rows and not troubles:
        troubles.append(Trouble("the file has no rows, so there would be no job"))
    if troubles:
        raise RowsError(*troubles, text=text)
    return rows


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise RowsError(Trouble("there is no such file", hint=_nearest(path))) from None
    except OSError as error:
        raise RowsError(Trouble(f"the file cannot be read: {error.strerror}")) from None
    except ValueError:
        raise RowsError(Trouble("the path has a NUL character")) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        encoding = likely_encoding(data)
        seems = f" (it seems to be {encoding})" if encoding else ""
        hint = 'save it as UTF-8 (in Excel: "CSV UTF-8")'
        raise RowsError(Trouble(f"the file is not UTF-8{seems}", line, hint)) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise RowsError(Trouble("the line has a NUL character", line), text=text)
    return text


def _nearest(path: Path) -> str | None:
    """A hint that names the file beside it that was probably meant."""
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.suffix.lower() in READERS]
    except OSError:
        return None
    near = difflib.get_close_matches(path.name.strip(), names, n=1)
    return f'did you mean "{near[0]}"?' if near else None
