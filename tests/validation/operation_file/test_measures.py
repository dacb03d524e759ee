from __future__ import annotations

from typing import Any

import pytest

from tests.validation.operation_file.builders import messages, only, picture

LENGTH = {"min": 4, "max": 20, "wide": 2}
TEXT = {"type": "string", "x-length": LENGTH}


def with_note(**rule: Any) -> dict[str, Any]:
    return picture("properties", "note", to=TEXT | rule)


def with_comparison(**entry: Any) -> dict[str, Any]:
    comparison = {"left": "seed", "is": "at most", "right": "most"} | entry
    schema = picture("x-compare", to=[comparison])
    items = {"type": "object", "properties": {"from": {"type": "number"}, "to": {"type": "number"}}}
    for name, rule in (
        ("most", {"type": "integer"}),
        ("parts", {"type": "array", "items": items}),
    ):
        schema["properties"][name] = rule
        schema["x-operation"]["wire"][name] = {"path": [name]}
    return schema


def test_a_weighted_length_and_comparisons_are_right() -> None:
    assert messages(with_note()) == []
    assert messages(with_comparison()) == []
    assert messages(with_comparison(left="parts[].from", right="parts[].to")) == []
    assert messages(with_comparison(left="parts[].from", sum=True)) == []


def test_a_weighted_length_that_no_text_has() -> None:
    message = "min 30 is above max 20: no value is accepted"
    assert messages(with_note(**{"x-length": LENGTH | {"min": 30}})) == [message]


def test_a_weighted_length_beside_a_plain_one() -> None:
    message = "maxLength counts the characters that x-length counts"
    assert messages(with_note(maxLength=20)) == [message]


@pytest.mark.parametrize("length", [{"wide": 2}, {"min": 4}, {"min": 4, "wide": 1}])
def test_a_weighted_length_of_another_form(length: dict[str, int]) -> None:
    assert messages(with_note(**{"x-length": length}))


def test_a_weighted_length_where_it_is_not_applied() -> None:
    message = "x-length is applied in the rule of a parameter that is a text, only"
    then = ("allOf", 0, "then", "properties", "note")
    assert messages(picture(*then, to={"x-length": LENGTH})) == [message]
    assert messages(picture("properties", "seed", "x-length", to=LENGTH)) == [message]


def test_a_comparison_with_what_is_no_parameter() -> None:
    message = '"sead" is not a parameter of this operation'
    assert only(with_comparison(left="sead")) == (message, 'did you mean "seed"?')
    (found,) = messages(with_comparison(**{"if": {"required": ["sead"]}}))
    assert found == message


def test_a_comparison_with_what_is_no_number() -> None:
    message = 'images must be a number, or its digits as text, but its type is "array"'
    assert messages(with_comparison(left="images")) == [message]


@pytest.mark.parametrize("left", ["seed", "parts[].from"])
def test_a_comparison_with_each_item_of_a_list(left: str) -> None:
    is_sum = {"sum": True} if left != "seed" else {}
    message = "parts[].to has one value for each item, and it is open which one is meant"
    assert messages(with_comparison(left=left, right="parts[].to", **is_sum)) == [message]


def test_the_sum_of_one_value() -> None:
    message = "seed is one value: there is no sum"
    assert messages(with_comparison(sum=True)) == [message]
