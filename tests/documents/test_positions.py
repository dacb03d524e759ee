"""Paths into a document and the places, source lines and source texts they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runner.documents import dump, load
from runner.documents.positions import Positions
from runner.errors import Location

if TYPE_CHECKING:
    from tests.documents.conftest import Read

TEXT = """\
version: 1
defaults: &base
  model: viduq2   # the cheap one
  seed: 16
jobs:
  - id: 窗台
    prompt: 😀 猫
    ratio: "16:9"
  - <<: *base
    id: no
    tags: [a, b]
  - *base
"""


@pytest.fixture
def where(read: Read) -> Any:
    document = read(TEXT)

    def place(*path: str | int, key: bool = False) -> tuple[int, int]:
        found = document.locate(path, key=key)
        return found.line, found.column

    return place


def test_values_and_keys_are_placed(where: Any) -> None:
    assert where("version") == (1, 10)
    assert where("version", key=True) == (1, 1)
    assert where("jobs", 0, "prompt") == (7, 13)
    assert where("jobs", 0, "prompt", key=True) == (7, 5)
    assert where("jobs", 1, "tags", 1) == (11, 15)


def test_the_item_of_a_list_is_placed_at_its_value(where: Any) -> None:
    assert where("jobs", 0) == where("jobs", 0, key=True) == (6, 5)


def test_the_root_is_placed_at_its_first_key(where: Any) -> None:
    assert where() == (1, 1)


def test_what_is_not_there_is_placed_at_the_nearest_parent(where: Any) -> None:
    assert where("jobs", 0, "model") == (6, 5)
    assert where("jobs", 0, "prompt", "x", 3) == (7, 13)
    assert where("jobs", 9, "id") == (6, 3)
    assert where("nothing") == (1, 1)
    assert where("jobs", 0, "model", key=True) == (6, 5)


def test_merged_keys_and_aliases_are_placed_where_they_are_written(where: Any) -> None:
    assert where("jobs", 1, "model") == (3, 10)
    assert where("jobs", 1, "model", key=True) == (3, 3)
    assert where("jobs", 2, "seed") == (4, 9)
    assert where("jobs", 1, "id") == (10, 9)


def test_the_first_of_several_merged_mappings_tells_the_place(read: Read) -> None:
    document = read("a: &a {x: 1}\nb: &b {x: 2, y: 3}\nc:\n  <<: [*a, *b]\n")
    assert document.locate(("c", "x")).line == 1
    assert document.locate(("c", "y")).line == 2


def test_a_place_knows_its_file_and_line(read: Read) -> None:
    document = read(TEXT)
    place = document.locate(("jobs", 0, "ratio"))
    assert place == Location(path=str(document.path), line=8, column=12, text='    ratio: "16:9"')


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_do_not_move_places(
    read: Read, end: str, mark: str
) -> None:
    place = read(f"{mark}名: 猫{end}表: [一, 😀, x]{end}").locate(("表", 2))
    assert (place.line, place.column, place.text) == (2, 11, "表: [一, 😀, x]")


def test_breaks_that_editors_do_not_count_do_not_move_places(read: Read) -> None:
    place = read('a: "x\u2028y\x85z"\nb: 1\n').locate(("b",))
    assert (place.line, place.column) == (2, 4)


def test_a_character_of_a_text_is_placed_where_the_text_stands_as_it_is(read: Read) -> None:
    document = read("a: plain text\nb: \"quoted\"\nc: 'it''s'\nd: |\n  block\n  two\ne: 1\n")
    assert document.locate(("a",), offset=6).column == 10
    assert document.locate(("b",), offset=2).column == 7
    assert document.locate(("c",), offset=4).column == 4
    assert document.locate(("d",), offset=7) == document.locate(("d",))
    assert document.locate(("e",), offset=1).column == 4
    assert document.locate(("f",), offset=1).column == 1


def test_the_source_text_of_a_plain_scalar_is_known(read: Read) -> None:
    document = read("a: no\nb: 'no'\nc: 1_0\nd: [1]\ne: &x 0x1F\nf: *x\ng: !!str 5\nh:\n")
    raws = {key: document.raw((key,)) for key in "abcdefghi"}
    assert raws == {
        "a": "no", "b": None, "c": "1_0", "d": None, "e": "0x1F", "f": "0x1F", "g": None, "h": "",
        "i": None,
    }  # fmt: skip
    assert document.raw(()) is None


def test_unquoted_words_and_underscores_are_warnings_at_their_places(read: Read) -> None:
    document = read("a: no\nb: [Yes, true, n]\nid: 2024_01\n")
    assert document.value == {"a": False, "b": [True, True, "n"], "id": 202401}
    told = [str(problem).split(": ", 1)[1].splitlines()[0] for problem in document.diagnostics]
    assert told == [
        "warning: YAML reads an unquoted no as false: quote it, or write false",
        "warning: YAML reads an unquoted Yes as true: quote it, or write true",
        'warning: YAML reads 2024_01 as the number 202401; if it is text, quote it: "2024_01"',
    ]
    assert [(w.location.line, w.location.column) for w in document.diagnostics if w.location] == [
        (1, 4),
        (2, 5),
        (3, 5),
    ]


def test_every_path_of_a_dumped_value_leads_to_its_own_line() -> None:
    value = {"jobs": [{"id": f"job-{n}", "x": {"y": [n]}} for n in range(50)]}
    text = dump(value)
    assert load(text) == value
    positions = Positions("m.yaml", text)
    for n in range(50):
        place = positions.at(positions.index(("jobs", n, "id")))
        assert place.text == f"  - id: job-{n}"
        assert (place.line, place.column) == (2 + 4 * n, 9)


def test_a_line_that_is_wrong_often_is_kept_once(read: Read) -> None:
    document = read("a: [" + "猫, " * 1000 + "no, no]\n")
    first, second = (warning.location for warning in document.diagnostics)
    assert first
    assert second
    assert first.text is second.text


def test_a_text_that_is_no_yaml_still_has_the_places_before_the_trouble() -> None:
    positions = Positions("m.yaml", "a: 1\nb: [1, *gone\nc: ]: [")
    assert positions.index(("b",), key=True) == 5
    assert Positions("m.yaml", "@").index(("a",)) == 0
    assert Positions("m.yaml", "? [a]\n: 1\n? *x\n: 2\n? b\n").index(("b",), key=True) == 21
