"""Rows broken by seed: whatever the bytes, there are rows or located errors, and no crash.

`make test` runs a few rounds, `make chaos` many (VIDU_RUN_FUZZ_ROUNDS).
"""

from __future__ import annotations

import random
from pathlib import Path

from runner.expansion.rows import RowFile, read_rows
from tests.mutation import seeds

TEXTS = (
    'id,prompt\na,"first\nsecond"\nb,"say ""hi"""\n,\n',
    'id\tprompt\na\t"W O W" on a wall\nb\t"a\tb"\nc\t12" pipe\n',
    '{"id": "a", "prompt": "猫", "n": [1, null]}\n\n{"id": "b"}\n',
    "a cat\n\n一只猫\r\n<<<<<<< not a conflict\n",
    "sep=;\nid;prompt\n1;x\n",
)
PIECES = (
    *('"', '""', "\t", ",", ";", "\n", "\r\n", "\r", "\0", "\ufeff", "\u2028", "\\u", "{", "}"),
    *("<html>", "<<<<<<< a\n", "=======\n", ">>>>>>> b\n", "sep=\t\n", "猫", " ", "\ud800"),
)
NAMES = ("a.csv", "a.tsv", "a.jsonl", "a.txt", "a.dat")
DELIMITERS = (None, None, ",", ";", "\t", "|", " ", "a")
ENCODINGS = (None, None, None, "utf-8", "gb18030", "utf-16", "utf-16-le", "cp1252", "shift_jis")
WRITTEN = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030", "utf-32")


def broken(source: random.Random) -> bytes:
    text = source.choice(TEXTS)
    for _ in range(source.randrange(6)):
        at = source.randrange(len(text) + 1)
        end = at + source.choice((0, 0, 1, 9))
        text = text[:at] + source.choice((*PIECES, "")) + text[end:]
    content = bytearray(text.encode(source.choice(WRITTEN), "replace"))
    for _ in range(source.choice((0, 0, 0, 1, 5))):
        if content:
            content[source.randrange(len(content))] = source.randrange(256)
    return bytes(content)


def check(file: RowFile) -> None:
    assert file.rows or file.errors
    assert [row.number for row in file.rows] == list(range(1, len(file.rows) + 1))
    for row in file.rows:
        assert any(str(value).strip() for value in row.values.values()) or row.line
        assert not any("\r" in cell for cell in row.values.values() if isinstance(cell, str))
    for error in (*file.errors, *file.warnings):
        assert error.message
        assert file.locate(error).line == error.line


def test_no_file_of_rows_makes_it_crash(tmp_path: Path) -> None:
    for source in seeds():
        path = tmp_path / source.choice(NAMES)
        path.write_bytes(broken(source))
        try:
            check(read_rows(path, source.choice(DELIMITERS), source.choice(ENCODINGS)))
        except Exception as error:
            error.add_note(f"seed {source.number}")
            raise


def test_line_breaks_never_change_what_is_read(tmp_path: Path) -> None:
    for source in seeds():
        text = broken(source).replace(b"\r", b"")
        path = tmp_path / source.choice(("a.csv", "a.tsv", "a.txt"))
        found = [what_is_read(path, text.replace(b"\n", end)) for end in (b"\n", b"\r\n", b"\r")]
        assert found[0] == found[1] == found[2], f"seed {source.number}"


def what_is_read(path: Path, content: bytes) -> object:
    path.write_bytes(content)
    file = read_rows(path, encoding="utf-8")
    # The line of a byte that cannot be decoded is found in text whose breaks are still as written.
    errors = [(error.line if file.text else 0, error.message) for error in file.errors]
    return [(row.line, row.values) for row in file.rows], errors
