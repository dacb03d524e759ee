"""Warnings about what YAML takes out of a text, and silence where it is meant."""

from __future__ import annotations

import pytest

from runner.documents.files import Document
from tests.documents.conftest import Read


def warnings(document: Document) -> list[tuple[int, int, str]]:
    assert all(problem.warning for problem in document.diagnostics)
    return [
        (problem.location.line, problem.location.column, problem.message.split(",")[0])
        for problem in document.diagnostics
        if problem.location
    ]


@pytest.mark.parametrize(
    ("text", "column", "comment"),
    [
        ("a: Player #7 scores\n", 11, "#7 scores"),
        ("a: colour #ff0000\n", 11, "#ff0000"),
        ("a: 提示 #标签\n", 7, "#标签"),
        ("- cat #3\n", 7, "#3"),
        ("- #ff0000\n- red\n", 3, "#ff0000"),
        ("a: [\n cat #3\n ]\n", 6, "#3"),
        ("a: cat #3\r\nb: 1\n", 8, "#3"),
        ("a: #3 of five\n", 4, "#3 of five"),
    ],
)
def test_a_text_cut_off_at_a_number_sign_is_a_warning(
    read: Read, text: str, column: int, comment: str
) -> None:
    document = read("x:\n" + "".join(f"  {line}\n" for line in text.splitlines()))
    ((_, found, message),) = warnings(document)
    assert (found, message) == (column + 2, f'YAML takes "{comment}" as a comment')


def test_a_deeper_comment_below_a_text_is_a_warning(read: Read) -> None:
    document = read("a: a poster for\n  #sale in red\nb: 1\n")
    assert warnings(document) == [(2, 3, 'YAML takes "#sale in red" as a comment')]


@pytest.mark.parametrize(
    "text",
    [
        *("a: cat  #draft\n", "a: cat # draft\n", "a: cat ## draft\n", "a: 'cat' #draft\n"),
        *("a: 5 #draft\n", "a: cat\n#draft\nb: 1\n", "a:\n  b: cat\n  #c: dog\n", "a: C#7\n"),
        *("a: |\n  cat #7\n", 'a: "cat #7"\n', "#7\na: cat\n", "a:\n- b\n#- c\n"),
        *(
            "a:\n  - b: cat\n    #c: dog\n",
            "a: &x cat\nb: *x\n",
            "a: &x {b: 1}\n",
        ),
        *("a: {b: , c: 1}\n", "a: {b: 1}\n", "? a\n? b\n", "a:\nb: 1\n", "a: wow ! cat\n"),
        *("x-a: {b: &x c, d: &y e}\n", "a: #b\n  c: 1\n", "a:  #b\n", "a: # b\n"),
        *("vars: {a: 3.1, b: 0.5, c: 5}\n", "run: {budget: 40.00}\n", "vars: {a: '3.10'}\n"),
        *("a: \u3000cat\n", "a: 猫\u00a0cat\n", "a: |\n  \u3000cat\n", "a: wow!\nb: &x |\n  c\n"),
    ],
)
def test_what_is_meant_is_no_warning(read: Read, text: str) -> None:
    assert warnings(read(text)) == []


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: &co sits\n", (1, 4), '"&co" is an anchor that no alias uses'),
        ("a: &co\n", (1, 4), '"&co" is an anchor that no alias uses'),
        ("a: &x b\nc: *x\nd: &x e\nf: &y g\n", (4, 4), '"&y" is an anchor that no alias uses'),
        ("a: ! cat\n", (1, 4), '"! " in front of a text is a tag'),
        ("a: {look: red, blue}\n", (1, 16), '"blue" is a key without a value here: inside { } a'),
        ('a: "cat\x85sits"\n', (1, 8), "YAML takes U+0085 as a line break"),
        ("vars: {v: 3.10}\n", (1, 11), "YAML reads 3.10 as the number 3.1; if it is text"),
        ("vars: {a: {v: [+5]}}\n", (1, 16), "YAML reads +5 as the number 5; if it is text"),
        ("jobs: [{matrix: {v: [0x1F]}}]\n", (1, 22), "YAML reads 0x1F as the number 31; if it is"),
    ],
)
def test_what_yaml_takes_out_of_a_text_is_a_warning(
    read: Read, text: str, place: tuple[int, int], message: str
) -> None:
    ((line, column, found),) = warnings(read(text))
    assert (line, column) == place
    assert found.startswith(message)
