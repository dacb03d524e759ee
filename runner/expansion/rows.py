"""The path of a `foreach` file in, its rows out: csv, tsv, jsonl or txt."""

from __future__ import annotations

from pathlib import Path

from runner.expansion.tables import READERS, RowsError
from runner.model import Row


def read_rows(path: Path) -> list[Row]:
    """Every row in order, blank lines skipped; raises `RowsError`. Blocks on the disk.

    Cells of csv and tsv are text; a jsonl line is an object and keeps its types; a line of a txt
    file is the column `text`.
    """
    suffix = path.suffix.lower()
    if suffix not in READERS:
        hint = "name a .csv, .tsv, .jsonl or .txt file"
        raise RowsError(f'foreach cannot read a file named "{path.name}"', hint=hint)
    text, shown = _text(path), str(path)
    rows = [Row(path=shown, line=line, values=values) for line, values in READERS[suffix](text)]
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
