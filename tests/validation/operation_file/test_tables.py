from __future__ import annotations

from typing import Any

import pytest

from tests.validation.operation_file.builders import messages, only, picture

ROWS = ("x-operation", "price", "rows")


def rows(*rows: list[Any]) -> list[str]:
    return messages(picture(*ROWS, to=list(rows)))


def test_a_row_of_the_wrong_length_is_reported() -> None:
    message, hint = only(picture(*ROWS, 1, to=["m1", "2K", 8]))
    assert message == "the row has 3 cells, but needs 4"
    assert hint == "one for each of model, images, size, and the value"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["m3", 0, "2K", 1], 'model never is "m3": its own rule rejects it'),
        (["m1", 4, "2K", 1], "images never has 4 items: its own rule rejects it"),
        (["m1", True, "2K", 1], "images never has true items: its own rule rejects it"),
        (["m1", [3, 1], "2K", 1], "the range [3, 1] is empty: write [least, most]"),
        (["m1", 0, [2, 4], 1], "size is no number: it has no range [2, 4]"),
        (["m1", 0, "2K", -1], "the row's value is -1, but must be a number, and not below 0"),
        (["m1", 0, "2K", "6"], 'the row\'s value is "6", but must be a number, and not below 0'),
    ],
)
def test_a_wrong_cell_is_reported(row: list[Any], message: str) -> None:
    assert rows(row) == [message]


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        (["m1", 0, "2K", 1], ["m1", 0, "2K", 2], "repeats"),
        (["m1", [0, 2], "2K", 1], ["m1", [2, 3], "2K", 2], "overlaps with"),
        (["m1", [0, 2], "2K", 1], ["m1", 1, "2K", 2], "overlaps with"),
    ],
)
def test_rows_that_overlap_are_reported(first: list[Any], second: list[Any], what: str) -> None:
    assert rows(first, second) == [f"rows[1] {what} rows[0]: the earlier one is taken for both"]


def test_rows_that_differ_in_one_cell_do_not_overlap() -> None:
    assert rows(["m1", [0, 1], "2K", 1], ["m1", [2, 3], "2K", 2], ["m2", 0, "2K", 3]) == []


def test_a_table_of_a_thousand_rows_is_the_longest() -> None:
    long = [["m1", [n / 2000, n / 2000], "2K", 1] for n in range(1001)]
    assert messages(picture(*ROWS, to=long)) == [
        "x-operation.price.rows has 1001 items, but at most 1000 are allowed"
    ]


TABLE = picture()["x-operation"]["price"]


def priced(**more: Any) -> list[str]:
    return messages(picture("x-operation", "price", to=[TABLE, {**TABLE, **more}]))


def test_each_of_several_tables_is_checked() -> None:
    assert priced() == []
    assert priced(rows=[["m1", 0, "2K"]]) == ["the row has 3 cells, but needs 4"]
    assert priced(unit="s") == ['unknown x-operation.price[1].unit "s" (known: credits, cny)']


def test_a_value_is_multiplied_by_a_number() -> None:
    assert priced(per="seed") == []
    assert priced(per="sed") == ['"sed" is not a parameter of this operation']
    assert priced(per="size") == ["size is no number: the row's value cannot be multiplied by it"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"if": {"size": "2K"}}, 'a change has either "add" or "times", and this one has neither'),
        (
            {"if": {"size": "2K"}, "add": 1, "times": 2},
            'a change has either "add" or "times", and this one has both',
        ),
        ({"if": {"sise": "2K"}, "add": 1}, '"sise" is not a parameter of this operation'),
        ({"if": {"size": "8K"}, "add": 1}, 'size never is "8K": its own rule rejects it'),
        ({"if": {}, "add": 1}, "x-operation.price[1].changes[0].if is empty"),
    ],
)
def test_a_wrong_change_is_reported(change: dict[str, Any], message: str) -> None:
    assert priced(changes=[change]) == [message]


def test_a_change_that_applies_is_right() -> None:
    assert priced(changes=[{"if": {"size": "2K", "images": [1, 3]}, "times": 0.5}]) == []
