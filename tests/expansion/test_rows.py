from __future__ import annotations

import json
import os
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


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_line_break_in_a_cell_is_the_same_everywhere(tmp_path: Path, name: str, end: str) -> None:
    text = 'p\n"one\ntwo"\nthree\n'.replace("\n", end)
    assert rows_of(tmp_path, name, text.encode()) == [(2, {"p": "one\ntwo"}), (4, {"p": "three"})]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt", "a.jsonl"])
def test_rows_without_any_text_are_skipped(tmp_path: Path, name: str) -> None:
    content = {
        "a.csv": 'p,q\n,\n\n," "\nx,\n,,,\n',
        "a.tsv": 'p\tq\n\t\n\n\t \n\t""\nx\t\n\t\t\n',
        "a.txt": "\n \nx\n",
        "a.jsonl": '\n \n{"p": "x"}\n',
    }[name]
    (row,) = read(tmp_path, name, content).rows
    assert "x" in row.values.values()
    assert row.number == 1


def test_rows_are_numbered_without_the_blank_ones(tmp_path: Path) -> None:
    file = read(tmp_path, "a.txt", "one\n\ntwo\n")
    assert [(row.line, row.number) for row in file.rows] == [(1, 1), (3, 2)]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('"W O W" on a wall', '"W O W" on a wall'),
        ('a sign that says "stop"', 'a sign that says "stop"'),
        ('"', '"'),
        ('"open', '"open'),
        ('12" pipe', '12" pipe'),
        ('""', ""),
        ('"a ""b"" c"', 'a "b" c'),
        ('"a\tb"', "a\tb"),
        ('"a\nb"', "a\nb"),
        ('"a""', '"a""'),
        ('""a"', '""a"'),
    ],
)
def test_a_quote_in_a_tsv_counts_where_it_quotes_a_cell(
    tmp_path: Path, cell: str, expected: str
) -> None:
    file = read(tmp_path, "a.tsv", f"p\tq\n{cell}\tx\nlast\ty\n")
    assert [dict(row.values) for row in file.rows] == [
        {"p": expected, "q": "x"},
        {"p": "last", "q": "y"},
    ]


def test_two_lone_quotes_in_a_tsv_swallow_no_rows(tmp_path: Path) -> None:
    text = 'p\tq\n"Hello\tcat\na pipe of 12"\tdog\n"x\n'
    file = read(tmp_path, "a.tsv", text)
    assert [row.values["p"] for row in file.rows] == ['"Hello', 'a pipe of 12"']
    assert [(error.line, error.message) for error in file.errors] == [
        (4, "the row has 1 cell, the header 2")
    ]


def test_quotes_that_get_lost_in_a_tsv_are_a_warning(tmp_path: Path) -> None:
    file = read(tmp_path, "a.tsv", 'id\tp\na\tx\nb\t"Hello"\nc\t"Bye"\n')
    (warning,) = file.warnings
    assert (warning.line, warning.message) == (
        3,
        "the quotes around cells of 2 rows are left out",
    )
    assert file.locate(warning).text == 'b\t"Hello"'


@pytest.mark.parametrize("text", ['"id"\t"p"\n"a"\t"Hello"\n', 'id\tp\na\t"say ""hi"""\n'])
def test_quotes_that_a_program_wrote_are_no_warning(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, "a.tsv", text).warnings == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_byte_order_mark_shows_the_encoding(tmp_path: Path, encoding: str) -> None:
    text = ("" if encoding in {"utf-16", "utf-32"} else "\ufeff") + "p\tq\r\n猫\t1\r\n"
    found = rows_of(tmp_path, "a.tsv", text.encode(encoding))
    assert found == [(2, {"p": "猫", "q": "1"})]


@pytest.mark.parametrize(
    ("written", "named"),
    [("gbk", "gb18030"), ("utf-16-le", "utf-16"), ("shift_jis", "SHIFT-JIS"), ("utf-8", "utf8")],
)
def test_a_named_encoding_is_used(tmp_path: Path, written: str, named: str) -> None:
    (tmp_path / "a.txt").write_bytes("猫\r\n".encode(written))
    assert read_rows(tmp_path / "a.txt", encoding=named).rows[0].values == {"text": "猫"}


@pytest.mark.parametrize("encoding", ["klingon", "hex", "a\0b", "x" * 99])
def test_an_unknown_encoding_is_rejected(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_text("x\n")
    (error,) = read_rows(tmp_path / "a.txt", encoding=encoding).errors
    assert error.message == f'the encoding "{encoding}" is not known'


def test_bytes_outside_the_named_encoding_have_their_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x\ny\xff\n")
    (error,) = read_rows(tmp_path / "a.txt", encoding="shift_jis").errors
    assert (error.line, error.message) == (
        2,
        "the file is not shift_jis: byte 0xFF is not valid",
    )


@pytest.mark.parametrize(("delimiter", "name"), [(";", "a.csv"), ("|", "a.dat"), ("\t", "a.txt")])
def test_a_named_delimiter_makes_a_table(tmp_path: Path, delimiter: str, name: str) -> None:
    (tmp_path / name).write_text(f"p{delimiter}q, r\n1{delimiter}2\n")
    file = read_rows(tmp_path / name, delimiter=delimiter)
    assert [dict(row.values) for row in file.rows] == [{"p": "1", "q, r": "2"}]


def test_the_line_that_excel_starts_with_names_the_delimiter(tmp_path: Path) -> None:
    found = rows_of(tmp_path, "a.csv", "sep=;\r\np;q\r\n1;2,5\r\n")
    assert found == [(3, {"p": "1", "q": "2,5"})]


def test_columns_without_a_name_and_text_are_left_out(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "a.csv", "p,,\nx,,\ny, ,\n") == [(2, {"p": "x"}), (3, {"p": "y"})]


def test_a_name_of_a_column_has_nothing_invisible(tmp_path: Path) -> None:
    text = "\ufeff\ufeffid,\u200bp\u00a0\nx,y\n"
    assert rows_of(tmp_path, "a.csv", text) == [(2, {"id": "x", "p": "y"})]
    (warning,) = read(tmp_path, "a.csv", text).warnings
    assert "U+200B (zero width space)" in (warning.hint or "")


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", 0, "it is a Git"),
        (
            b"one\n<<<<<<< HEAD\ntwo\n=======\n2\n>>>>>>> b\n",
            2,
            "a merge conflict is not resolved here",
        ),
        (b"<!DOCTYPE html>\n<html>\n", 0, "the file is an HTML page, not rows"),
        (b"PK\x03\x04\0\0", 0, "the file is an Excel workbook or another zip archive, not text"),
        ("cats\ndogs\n".encode("utf-16-le"), 1, "the file seems to be UTF-16"),
        ("cats\ndogs\n".encode("utf-16-be"), 1, "the file seems to be UTF-16"),
    ],
)
def test_what_is_no_list_of_rows_is_not_taken_for_one(
    tmp_path: Path, content: bytes, line: int, message: str
) -> None:
    (error,) = read(tmp_path, "a.txt", content).errors
    assert error.line == line
    assert error.message.startswith(message)
    assert error.hint


def test_a_name_in_another_unicode_form_is_found(tmp_path: Path) -> None:
    (tmp_path / "caf\u00e9.txt").write_text("x\n")
    assert len(read_rows(tmp_path / "cafe\u0301.txt").rows) == 1


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
        ("a.jsonl", '{"a": "\\ud83d"}\n', 1, "the line is not JSON: it has half a surrogate pair"),
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
        ("a.csv", "p;q\n1;2\n", '{file: a.csv, delimiter: ";"}, or save it with commas'),
        ("a.csv", "p\tq\n1\t2\n", '{file: a.csv, delimiter: "\\t"}, or save it with commas'),
        ("a.csv", "p|q\n1|2\n", '{file: a.csv, delimiter: "|"}, or save it with commas'),
        ("a.tsv", "p,q\n1,2\n", '{file: a.tsv, delimiter: ","}, or save it with tabs'),
    ],
)
def test_another_separator_is_reported_with_a_remedy(
    tmp_path: Path, name: str, content: str, hint: str
) -> None:
    assert read(tmp_path, name, content).errors[0].hint == f"write foreach: {hint}"


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
        ("pipe.csv", "it is not a regular file"),
    ],
)
def test_an_unreadable_path_is_rejected(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    assert [error.message for error in read_rows(tmp_path / name).errors] == [message]


text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@given(values=st.lists(st.dictionaries(text, text | st.integers() | st.booleans()), min_size=1))
def test_a_line_of_jsonl_gives_back_what_json_wrote(
    tmp_path_factory: pytest.TempPathFactory, values: list[dict[str, Any]]
) -> None:
    content = "\n".join(json.dumps(value) for value in values)
    found = rows_of(tmp_path_factory.mktemp("rows"), "a.jsonl", content)
    assert [value for _, value in found] == values


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv"])
def test_rows_of_invisible_characters_are_skipped(tmp_path: Path, name: str) -> None:
    found = rows_of(tmp_path, name, "text\ncat\n\u200b\n\ufeff \u00a0\ndog\n")
    assert [row["text"] for _, row in found if row["text"] != "text"] == ["cat", "dog"]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("unicode_escape", "text\ncat\ncat \\ud83d\n"),
        ("raw_unicode_escape", "text\n\n\\ude00\\ud83d\n"),
    ],
)
def test_half_a_character_of_an_encoding_is_rejected(
    tmp_path: Path, encoding: str, text: str
) -> None:
    (tmp_path / "a.csv").write_text(text)
    (error,) = read_rows(tmp_path / "a.csv", encoding=encoding).errors
    assert error.line == 3
    assert str(error) == "the line has half a surrogate pair, which is not a character"


def test_two_halves_of_an_encoding_are_one_character(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("p\n\\ud83d\\ude00\n")
    file = read_rows(tmp_path / "a.csv", encoding="unicode_escape")
    assert [row.values for row in file.rows] == [{"p": "\U0001f600"}]


def test_utf_8_read_as_something_else_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("p\n猫坐在窗台上\n".encode())
    (warning,) = read_rows(path, encoding="gb18030").warnings
    assert str(warning).startswith("the file is UTF-8, but read as gb18030")
    path.write_bytes("p\n一只小猫坐在窗台上\n".encode("gb18030"))
    assert not read_rows(path, encoding="gb18030").warnings


def test_utf_8_that_a_named_encoding_rejects_is_explained(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("p\n一只小猫\n".encode())
    (error,) = read_rows(tmp_path / "a.csv", encoding="gb18030").errors
    assert error.hint == "it is UTF-8: leave encoding out"


def test_quotes_behind_a_blank_are_a_warning(tmp_path: Path) -> None:
    file = read(tmp_path, "a.csv", 'id,prompt\na, "cat"\nb,say ""hi""\nc,"dog"\nd, "bird"\n')
    (warning,) = file.warnings
    assert warning.line == 2
    assert str(warning) == "the quotes of 2 rows are kept as text: a blank is before them"


def test_a_quote_behind_a_blank_explains_a_ragged_row(tmp_path: Path) -> None:
    file = read(tmp_path, "a.csv", 'id,prompt\na, "cat, dog"\nb,x\n')
    assert [error.line for error in file.errors] == [2]
    assert "blank before the quote" in str(file.errors[0].hint)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("Table 1\nid,prompt\na,cat\n", "the first line has 1 cell, every row 2", "first line"),
        ("id,p\na,x,\nb,y,\n", "the first line has 2 cells, every row 3", "at the end of each row"),
    ],
)
def test_rows_that_all_differ_from_the_header_are_one_error(
    tmp_path: Path, text: str, message: str, hint: str
) -> None:
    (error,) = read(tmp_path, "a.csv", text).errors
    assert (error.line, str(error)) == (1, message)
    assert hint in str(error.hint)


@pytest.mark.parametrize("text", ['[\n{"a": 1},\n{"a": 2}\n]\n', '{\n"a": 1\n}\n', '[{"a": 1}]'])
def test_json_of_several_lines_is_one_error(tmp_path: Path, text: str) -> None:
    (error,) = read(tmp_path, "a.jsonl", text).errors
    assert str(error).startswith("the file is one JSON ")
    assert "jq -c" in str(error.hint)


@pytest.mark.parametrize("number", ["1e999", "-1E400", "9" * 400, "1" * 5000])
def test_a_number_that_no_double_holds_is_rejected(tmp_path: Path, number: str) -> None:
    (error,) = read(tmp_path, "a.jsonl", f'{{"n": {number}}}\n').errors
    assert str(error) == f"the line is not JSON: the number {number[:20]} is too large"
