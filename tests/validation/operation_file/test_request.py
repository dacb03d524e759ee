from __future__ import annotations

from typing import Any

import pytest

from tests.validation.operation_file.builders import messages, only, picture


def test_a_parameter_without_a_wire_entry_is_reported() -> None:
    message, hint = only(picture("x-operation", "wire", "size", without=True))
    assert message == "size has no entry in x-operation.wire: it could not be sent"
    assert hint == 'add "size": {"path": ["size"]} there'


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("wire", "size", "path"), ["model"], "size and model both are at model of the body"),
        (
            ("wire", "size", "path"),
            ["model", "x"],
            "size and model both are at model.x of the body",
        ),
        (
            ("wire", "size", "path"),
            ["kind", "of"],
            "size and a constant both are at kind.of of the body",
        ),
        (("wire", "size", "path"), ["kind"], "size and a constant both are at kind of the body"),
    ],
)
def test_two_values_at_one_place_of_the_body(
    path: tuple[Any, ...], value: Any, message: str
) -> None:
    assert messages(picture("x-operation", *path, to=value)) == [message]


def test_values_beside_each_other_are_right() -> None:
    assert messages(picture("x-operation", "wire", "size", "path", to=["kind", "size"])) == []


@pytest.mark.parametrize(
    ("key", "name", "message"),
    [
        ("seed", "note", 'note must be a whole number here, but its type is "string"'),
        ("tag", "seed", 'seed must be text here, but its type is "integer"'),
    ],
)
def test_a_parameter_of_the_wrong_type(key: str, name: str, message: str) -> None:
    assert messages(picture("x-operation", key, to=name)) == [message]


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ({"type": "integer"}, "integer"),
        ({"type": "array"}, "array of None"),
        ({"type": "array", "items": {"type": "object"}}, "array of object"),
        ({}, "None"),
    ],
)
def test_media_are_texts_or_lists_of_texts(rule: Any, what: str) -> None:
    schema = picture("properties", "images", to=rule)
    found = f"images must be text or a list of texts here, but its type is {what}"
    assert found in messages(schema)


def test_a_medium_may_be_one_text() -> None:
    limits = picture()["x-operation"]["media"]["images"]
    assert messages(picture("x-operation", "media", "note", to=limits)) == []


def test_the_largest_seed_must_be_accepted() -> None:
    (message,) = messages(picture("properties", "seed", "maximum", to=99))
    assert message == "seed does not accept 2147483647, the largest seed that would be drawn"


def test_a_lookup_by_a_tag_that_there_is_not() -> None:
    schema = picture("x-operation", "result", to={"by_tag": "/v1/tasks?name={tag}"})
    assert messages(schema) == []
    schema["x-operation"]["tag"] = None
    assert messages(schema) == ["by_tag has no effect: x-operation.tag is null"]
