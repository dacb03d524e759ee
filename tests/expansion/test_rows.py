from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.expansion.rows import RowFile, read_rows


def read(folder: Path, name: str, content: str | bytes) -> RowFile:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_rows(path)


def rows_of(folder: Path, name: str, content: str | bytes) -> list[tuple[int, dict[str, Any]]]:
    file = read(folder, name, content)
    assert file.errors == []
    return [(row.line, dict(row.values)) for row in file.rows]


def test_cells_of_a_csv_are_text_under_their_columns(tmp_path: Path) -> None:
    found = rows_of(tmp_path, "a.csv", "name, seconds\n猫,5\n")
    assert found == [(2, {"name": "猫", "seconds": "5"})]


def test_a_row_has_the_path_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x\n")
    assert read_rows(tmp_path / "a.txt").rows[0].path == str(tmp_path / "a.txt")


def test_lines_are_right_after_a_quoted_line_break(tmp_path: Path) -> None:
    found = rows_of(tmp_path, "a.csv", 'p,q\n"one\ntwo",1\n\nthree,2\n')
    assert found == [(2, {"p": "one\ntwo", "q": "1"}), (5, {"p": "three", "q": "2"})]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_and_a_bom_are_read(tmp_path: Path, end: str) -> None:
    text = end.join(["p", "a", "b", ""])
    assert [line for line, _ in rows_of(tmp_path, "a.csv", b"\xef\xbb\xbf" + text.encode())] == [
        2,
        3,
    ]
    assert rows_of(tmp_path, "b.csv", b"\xef\xbb\xbf" + text.encode())[0][1] == {"p": "a"}


def test_tabs_separate_the_cells_of_a_tsv(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "a.tsv", "p\tq\na, b\tc\n") == [(2, {"p": "a, b", "q": "c"})]


def test_each_line_of_a_txt_that_is_not_blank_is_a_row(tmp_path: Path) -> None:
    found = rows_of(tmp_path, "a.txt", "one\r\n\n  \n two \u2028x\n")
    assert found == [(1, {"text": "one"}), (4, {"text": " two \u2028x"})]


def test_each_line_of_a_jsonl_keeps_its_types(tmp_path: Path) -> None:
    found = rows_of(tmp_path, "a.jsonl", '{"p": "a", "n": 5, "l": [null]}\n\n{"p": "\\u732b"}\n')
    assert found == [(1, {"p": "a", "n": 5, "l": [None]}), (3, {"p": "猫"})]


def test_a_cell_may_be_long(tmp_path: Path) -> None:
    assert len(rows_of(tmp_path, "a.csv", "p\n" + "x" * 300_000)[0][1]["p"]) == 300_000


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("a.csv", "p,q\n1,2\n1,2,3\n", 3, "the row has 3 cells, the header 2"),
        ("a.csv", 'p,q\n"a\nb",1\n1\n', 4, "the row has 1 cell, the header 2"),
        ("a.csv", "p,p\n1,2\n", 1, 'two columns are named "p"'),
        ("a.csv", "p,\n1,2\n", 1, "column 2 has no name"),
        ("a.csv", "", 0, "the file is empty: its first line must name the columns"),
        ("a.csv", "p\n", 0, "the file has no rows, so there would be no job"),
        ("a.csv", 'p\n"a\n', 2, "the quoting is broken: unexpected end of data"),
        ("a.csv", 'p\nx\n"a"b\n', 3, "the quoting is broken: ',' expected after '\"'"),
        ("a.csv", "p;q\n1;2\n", 1, "the columns are separated by semicolons, not by commas"),
        ("a.csv", b"p\nx\n\xb0\xa1\n", 3, "the file is not UTF-8 (it seems to be GBK)"),
        ("a.txt", "a\nb\0c\n", 2, "the line has a NUL character"),
        ("a.txt", " \n", 0, "the file has no rows, so there would be no job"),
        ("a.jsonl", '{"a": 1}\n{"a": }\n', 2, "the line is not JSON: Expecting value"),
        ("a.jsonl", "[1]\n", 1, 'the line is not a JSON object such as {"prompt": "a cat"}'),
        ("a.jsonl", '{"a": 1, "a": 2}\n', 1, 'the line is not JSON: it has "a" twice'),
        ("a.jsonl", '{"a": NaN}\n', 1, "the line is not JSON: NaN is not a number"),
        ("a.jsonl", "[" * 200_000, 1, "the line is nested too deeply"),
        ("a.jsonl", '{"a": "\\ud83d"}\n', 1, "the line has half a surrogate pair"),
        ("a.xlsx", "x", 0, 'foreach cannot read a file named "a.xlsx"'),
    ],
)
def test_an_unusable_file_is_rejected_with_the_line(
    tmp_path: Path, name: str, content: str | bytes, line: int, message: str
) -> None:
    (error,) = read(tmp_path, name, content).errors
    assert error.line == line
    assert error.message.startswith(message)


def test_every_wrong_row_is_reported_with_its_line(tmp_path: Path) -> None:
    file = read(tmp_path, "a.csv", 'p,q\r\n1\r\n1,2\r\n3,4,5\r\n"a"b,1\r\n')
    assert [(error.line, file.locate(error).text) for error in file.errors] == [
        (2, "1"),
        (4, "3,4,5"),
        (5, '"a"b,1'),
    ]


def test_a_wrong_line_of_jsonl_is_reported_with_its_column(tmp_path: Path) -> None:
    file = read(tmp_path, "a.jsonl", '{"a": 1}\n{"a": }\n[1]\n')
    assert [(error.line, error.column) for error in file.errors] == [(2, 7), (3, 1)]


@pytest.mark.parametrize(
    ("name", "content", "hint"),
    [
        ("a.csv", "p;q\n1;2\n", "save it with commas"),
        ("a.csv", "p\tq\n1\t2\n", "save it with commas, or as .tsv"),
        ("a.tsv", "p,q\n1,2\n", "save it with tabs"),
    ],
)
def test_another_separator_is_reported_with_a_remedy(
    tmp_path: Path, name: str, content: str, hint: str
) -> None:
    assert read(tmp_path, name, content).errors[0].hint == hint


def test_a_missing_file_suggests_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "prompts.csv").write_text("p\nx\n")
    (tmp_path / "prompts.yaml").write_text("")
    (error,) = read_rows(tmp_path / "promts.csv").errors
    assert error.hint == 'did you mean "prompts.csv"?'


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.csv", "there is no such file"),
        ("folder.csv", "it is a directory, not a file"),
        ("a\0.csv", "it is not a valid file name"),
    ],
)
def test_an_unreadable_path_is_rejected(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    assert [error.message for error in read_rows(tmp_path / name).errors] == [message]


text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@given(values=st.lists(st.dictionaries(text, text | st.integers() | st.booleans()), min_size=1))
def test_a_line_of_jsonl_gives_back_what_json_wrote(
    tmp_path_factory: pytest.TempPathFactory, values: list[dict[str, Any]]
) -> None:
    content = "\n".join(json.dumps(value) for value in values)
    found = rows_of(tmp_path_factory.mktemp("rows"), "a.jsonl", content)
    assert [value for _, value in found] == values
