from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runner.expansion.expand import Expansion
from tests.builders import drafts_by_id, reported

Expand = Callable[..., Expansion]


def test_matrix_values_may_be_variables(expanded: Expand) -> None:
    jobs = """
vars: {styles: [noir, 水墨], best: noir}
jobs:
  - id: look-${{ matrix.style }}-${{ matrix.n }}
    matrix: {style: "${{ vars.styles }}", n: [1, 2], exclude: [{style: "${{ vars.best }}", n: 2}]}
"""
    assert list(drafts_by_id(expanded(jobs))) == ["look-noir-1", "look-水墨-1", "look-水墨-2"]


def test_a_file_is_read_once(expanded: Expand) -> None:
    jobs = """
jobs:
  - {id: "a-${{ row.text }}", foreach: r.txt}
  - {id: "b-${{ row.text }}", foreach: ./r.txt}
"""
    found = drafts_by_id(expanded(jobs, files={"r.txt": "1\n"}))
    assert found["a-1"].row is found["b-1"].row


def test_too_many_rows_times_combinations_are_an_error(expanded: Expand) -> None:
    axis = str(list(range(1000)))
    jobs = f"jobs: [{{id: a, foreach: r.txt, matrix: {{x: {axis}}}}}]"
    found = expanded(jobs, files={"r.txt": "x\n" * 1001})
    assert reported(found) == [
        "3:8 the entry has more than 1,000,000 jobs, rows times combinations"
    ]


def test_matrix_errors_are_located_inside_the_matrix(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: a, matrix: {x: []}}
  - {id: b, matrix: {x: [1], exclude: [{y: 1}]}}
  - {id: c, matrix: "${{ vars.no }}"}
  - {id: d, matrix: "${{ vars.n }}"}
vars: {n: 3}
""")
    assert reported(found) == [
        "4:25 matrix.x is empty, so there would be no job",
        '5:44 matrix.exclude names "y", which is not a list of this matrix',
        '6:26 vars has no "no"',
        "7:21 matrix must be a mapping of names to lists",
    ]


def test_foreach_errors_are_located_in_the_file_or_at_its_name(expanded: Expand) -> None:
    found = expanded(
        """jobs:
  - {id: a, foreach: no.csv}
  - {id: b, foreach: bad.csv}
  - {id: c, foreach: bad.csv}
  - {id: d, foreach: "${{ vars.n }}"}
  - {id: e, foreach: "${{ vars.no }}"}
vars: {n: 3}
""",
        files={"bad.csv": "p,q\n1\n"},
    )
    assert reported(found) == [
        '4:22 foreach "no.csv": there is no such file',
        "2:1 the row has 1 cell, the header 2",
        "7:22 foreach must be the path of a csv, tsv, jsonl or txt file",
        '8:27 vars has no "no"',
    ]
    assert str(found.diagnostics[1].location) == "bad.csv:2:1"


def test_a_file_that_is_not_utf_8_shows_no_line(expanded: Expand, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes("名,提示\n猫,你好\n".encode("gbk"))
    (problem,) = expanded("jobs: [{id: a, foreach: r.csv}]").diagnostics
    error, hint = str(problem).splitlines()
    assert error == (
        "r.csv:1: error: the file is not UTF-8 (it seems to be GBK): byte 0xC3 is not valid"
    )
    assert hint.endswith("or name its encoding: foreach: {file: r.csv, encoding: gb18030}")


def test_of_many_wrong_rows_the_first_are_reported(expanded: Expand) -> None:
    rows = "p,q\n" + "1\n1,2,3\n" * 15
    found = expanded("jobs: [{id: a, foreach: r.csv}]", files={"r.csv": rows})
    assert len(found.diagnostics) == 21
    assert reported(found)[-1] == "22:0 10 more rows are wrong"


def test_foreach_may_name_delimiter_and_encoding(expanded: Expand, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes("p;q\r\n猫;狗\r\n".encode("gbk"))
    found = expanded("""jobs:
  - id: x-${{ row.p }}
    foreach: {file: r.csv, delimiter: ";", encoding: "${{ vars.gb }}"}
    prompt: ${{ row.q }}
vars: {gb: gb18030}
""")
    assert found.diagnostics == []
    assert drafts_by_id(found)["x-猫"].parameters["prompt"] == "狗"


def test_a_part_of_foreach_that_an_expression_makes_wrong_is_located(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: a, foreach: {file: "${{ vars.n }}"}}
  - {id: b, foreach: {file: r.csv, delimiter: "${{ vars.n }}"}}
  - {id: c, foreach: {file: r.csv, encoding: "${{ vars.n }}"}}
vars: {n: 3}
""")
    assert reported(found) == [
        "4:29 file of foreach must be text",
        "5:47 delimiter of foreach must be a single character",
        "6:46 encoding of foreach must be text",
    ]


def test_rows_have_a_number(expanded: Expand) -> None:
    jobs = "jobs: [{id: 'x-${{ row.number }}', foreach: r.txt}]"
    assert list(drafts_by_id(expanded(jobs, files={"r.txt": "a\n\nb\n"}))) == ["x-1", "x-2"]


def test_a_column_named_number_comes_before_the_number(expanded: Expand) -> None:
    jobs = "jobs: [{id: 'x-${{ row.number }}', foreach: r.csv}]"
    assert list(drafts_by_id(expanded(jobs, files={"r.csv": "number\n7\n"}))) == ["x-7"]


def test_lost_quotes_are_a_warning_at_their_row(expanded: Expand) -> None:
    jobs = "jobs: [{id: 'x-${{ row.number }}', foreach: r.tsv}]"
    (found,) = expanded(jobs, files={"r.tsv": 'p\n"Hello"\n'}).diagnostics
    assert found.warning
    assert str(found).startswith("r.tsv:2:1: warning: the quotes around cells of 1 row are left")
