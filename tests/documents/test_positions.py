"""Positions: the line, column and source line of values by their path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runner.documents.dump import dump
from runner.documents.files import load
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

    def position(*path: str | int, key: bool = False) -> tuple[int, int]:
        found = document.locate(path, key=key)
        return found.line, found.column

    return position


def test_values_and_keys_have_positions(where: Any) -> None:
    assert where("version") == (1, 10)
    assert where("version", key=True) == (1, 1)
    assert where("jobs", 0, "prompt") == (7, 13)
    assert where("jobs", 0, "prompt", key=True) == (7, 5)
    assert where("jobs", 1, "tags", 1) == (11, 15)


def test_a_list_item_is_located_at_its_value(where: Any) -> None:
    assert where("jobs", 0) == where("jobs", 0, key=True) == (6, 5)


def test_the_root_is_located_at_its_first_key(where: Any) -> None:
    assert where() == (1, 1)


def test_an_absent_value_is_located_at_its_nearest_parent(where: Any) -> None:
    assert where("jobs", 0, "model") == (6, 5)
    assert where("jobs", 0, "prompt", "x", 3) == (7, 13)
    assert where("jobs", 9, "id") == (6, 3)
    assert where("nothing") == (1, 1)
    assert where("jobs", 0, "model", key=True) == (6, 5)


def test_merged_keys_and_aliases_are_located_at_their_source(where: Any) -> None:
    assert where("jobs", 1, "model") == (3, 10)
    assert where("jobs", 1, "model", key=True) == (3, 3)
    assert where("jobs", 2, "seed") == (4, 9)
    assert where("jobs", 1, "id") == (10, 9)


def test_the_first_of_several_merged_mappings_counts(read: Read) -> None:
    document = read("a: &a {x: 1}\nb: &b {x: 2, y: 3}\nc:\n  <<: [*a, *b]\n")
    assert document.locate(("c", "x")).line == 1
    assert document.locate(("c", "y")).line == 2


def test_a_location_has_its_file_and_line(read: Read) -> None:
    document = read(TEXT)
    location = document.locate(("jobs", 0, "ratio"))
    assert location == Location(
        path=str(document.path), line=8, column=12, text='    ratio: "16:9"'
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_bom_do_not_move_locations(read: Read, end: str, mark: str) -> None:
    location = read(f"{mark}名: 猫{end}表: [一, 😀, x]{end}").locate(("表", 2))
    assert (location.line, location.column, location.text) == (2, 11, "表: [一, 😀, x]")


def test_breaks_that_editors_ignore_do_not_move_locations(read: Read) -> None:
    location = read('a: "x\u2028y\x85z"\nb: 1\n').locate(("b",))
    assert (location.line, location.column) == (2, 4)


def test_every_path_of_a_dumped_value_has_its_own_line() -> None:
    value = {"jobs": [{"id": f"job-{n}", "x": {"y": [n]}} for n in range(50)]}
    text = dump(value)
    assert load(text) == value
    positions = Positions("m.yaml", text)
    for n in range(50):
        location = positions.at(positions.index(("jobs", n, "id")))
        assert location.text == f"  - id: job-{n}"
        assert (location.line, location.column) == (2 + 4 * n, 9)


def test_a_line_with_many_errors_is_kept_once(read: Read) -> None:
    document = read("a: [" + "猫, " * 1000 + "no, no]\n")
    first, second = (warning.location for warning in document.diagnostics)
    assert first
    assert second
    assert first.text is second.text


def test_values_before_a_syntax_error_can_be_located() -> None:
    positions = Positions("m.yaml", "a: 1\nb: [1, *gone\nc: ]: [")
    assert positions.index(("b",), key=True) == 5
    assert Positions("m.yaml", "@").index(("a",)) == 0
    assert Positions("m.yaml", "? [a]\n: 1\n? *x\n: 2\n? b\n").index(("b",), key=True) == 21


def test_a_key_that_is_an_alias_can_be_located() -> None:
    text = "a: &x 'name'\n*x : 1\n? &y z\n: 2\n"
    positions = Positions("m.yaml", text)
    assert positions.index(("name",), key=True) == text.index("*x")
    assert positions.index(("z",)) == text.index("2")
