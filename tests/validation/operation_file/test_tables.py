from __future__ import annotations

import json
from typing import Any

import pytest

from tests.validation.operation_file.builders import diagnose, messages, only, picture

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


# ----------------------------------------------------------- items, amounts and time limits


_TEXTS = {"type": "array", "items": {"type": "string"}}


def made(**table: Any) -> dict[str, Any]:
    """A file with segments, a text and a clip, and a price table of its own."""
    schema = picture()
    segment = {
        "type": "object",
        "properties": {"seconds": {"type": "integer", "maximum": 7}, "stills": _TEXTS},
    }
    added = {
        "segments": {"type": "array", "items": segment},
        "clip": {"type": "string"},
        "loud": {"type": "boolean"},
    }
    schema["properties"] |= added
    request = schema["x-operation"]
    request["wire"] |= {name: {"path": [name]} for name in added}
    request["media"] |= {
        "clip": {"kind": "video", "media_types": ["video/mp4"]},
        "segments[].stills": {"kind": "image", "media_types": ["image/png"]},
    }
    request["price"] = {**TABLE, "by": [], "rows": [[1]]} | table
    return schema


BY_SECONDS = {"by": ["segments[].seconds"], "rows": [[5, 1], [6, 2]]}


@pytest.mark.parametrize(
    "table",
    [
        BY_SECONDS | {"each": "segments"},
        BY_SECONDS | {"each": "segments", "changes": [{"if": {"segments": [1, 2]}, "add": 1}]},
        {"each": "segments", "per": "segments[].seconds"},
        {"by": ["segments[].stills", "clip"], "rows": [[0, 0, 1], [[1, 9], 1, 2]]},
        {"per": {"of": "note", "block": 500}},
        {"per": {"of": "clip"}},
        {"per": {"of": ["note", "clip"], "block": 5}},
    ],
)
def test_items_amounts_and_counts_of_media_are_right(table: dict[str, Any]) -> None:
    assert messages(made(**table)) == []


PRICE = "x-operation.price"


@pytest.mark.parametrize(
    ("table", "message", "hint"),
    [
        (
            BY_SECONDS,
            "segments[].seconds is not one value, but one for each of segments",
            'add "each": "segments" to the table, which then adds up',
        ),
        (
            BY_SECONDS | {"each": "segment"},
            '"segment" is not a parameter of this operation',
            'did you mean "segments"?',
        ),
        (
            {"each": "images"},
            "images is no list of objects: the table cannot be applied to each of its items",
            None,
        ),
        (
            {"each": "segments", "by": ["segments[].second"], "rows": [[5, 1]]},
            '"segments[].second" is not a parameter of this operation',
            'did you mean "segments[].seconds"?',
        ),
        (
            BY_SECONDS | {"each": "segments", "rows": [[8, 1]]},
            "segments[].seconds never is 8: its own rule rejects it",
            None,
        ),
        (
            {"each": "segments", "changes": [{"if": {"segments[].seconds": 5}, "add": 1}]},
            "segments[].seconds is not one value, but one for each of segments",
            None,
        ),
        (
            {"by": ["clip"], "rows": [[2, 1]]},
            "clip never has 2 items: its own rule rejects it",
            None,
        ),
        ({"per": "images"}, "images are images, which have no seconds to multiply by", None),
        ({"per": "loud"}, "loud is no number: the row's value cannot be multiplied by it", None),
        (
            {"per": {"of": "clap", "block": 5}},
            '"clap" is not a parameter of this operation',
            'did you mean "clip"?',
        ),
        (
            {"per": {"of": "note", "block": 0}},
            f"{PRICE}.per.block 0 is out of range (more than 0)",
            None,
        ),
        ({"per": ["noet", "clip"]}, '"noet" is not a parameter of this operation', None),
        (
            {"per": ["loud", "clip"]},
            "loud comes before clip, but is no text: an id of media is one",
            None,
        ),
        (
            {"per": ["note", "images"]},
            "images is last, but no video or sound: there are no seconds to multiply by",
            None,
        ),
        ({"per": {"block": 5}}, f"{PRICE}.per.of is missing", None),
        ({"per": {"of": "note", "blok": 5}}, f'unknown key "blok" in {PRICE}.per', None),
    ],
)
def test_a_wrong_use_of_items_and_amounts_is_reported(
    table: dict[str, Any], message: str, hint: str | None
) -> None:
    found, advice = only(made(**table))
    assert found == message
    assert hint is None or advice == hint


LIMIT = "x-operation.timeout[0]"


def limited(*limits: dict[str, Any]) -> list[str]:
    return messages(picture("x-operation", "timeout", to=list(limits)))


def test_time_limits_hold_under_conditions_on_parameters() -> None:
    assert limited({"if": {"size": "4K", "images": [1, 3]}, "s": 7200}, {"s": 600}) == []


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ({"if": {"sise": "2K"}, "s": 1}, '"sise" is not a parameter of this operation'),
        ({"if": {"size": "8K"}, "s": 1}, 'size never is "8K": its own rule rejects it'),
        ({"if": {"size": "2K"}, "s": 0}, f"{LIMIT}.s 0 is out of range (more than 0)"),
        ({"if": {"size": "2K"}}, f"{LIMIT}.s is missing"),
        ({"s": 60}, "timeout[1] is never reached: timeout[0] holds without a condition"),
    ],
)
def test_a_wrong_time_limit_is_reported(limit: dict[str, Any], message: str) -> None:
    assert message in limited(limit, {"s": 600})


def test_a_mistake_in_a_table_is_at_its_line_and_column() -> None:
    schema = made(**BY_SECONDS | {"each": "segments", "rows": [[5, 1], [8, 2]]})
    (found,) = diagnose(schema)
    lines = json.dumps(schema, indent=1).splitlines()
    assert found.location is not None
    assert lines[found.location.line - 1].strip() == "8,"
    assert found.location.column == len(lines[found.location.line - 1]) - 1
