from __future__ import annotations

from typing import Any

import pytest

from tests.validation.operation_file.builders import messages, only, picture


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("required",), ["modell"]),
        (("dependentRequired",), {"modell": ["size"]}),
        (("dependentRequired",), {"size": ["modell"]}),
        (("allOf", 0, "if", "properties"), {"modell": {"const": "m1"}}),
        (("allOf", 0, "if", "required"), ["modell"]),
        (("allOf", 0, "then", "required"), ["modell"]),
        (("allOf", 0, "then", "properties"), {"modell": {"minLength": 1}}),
        (("allOf", 0, "then", "not"), {"required": ["modell"]}),
        (("x-warnings", 0, "if", "required"), ["modell"]),
        (("x-warnings", 0, "if"), {"anyOf": [{"properties": {"modell": {}}}]}),
        (("x-warnings", 0, "parameter"), "modell"),
        (("x-operation", "wire", "modell"), {"path": ["m"]}),
        (("x-operation", "media", "modell"), picture()["x-operation"]["media"]["images"]),
        (("x-operation", "unhashed"), ["modell"]),
        (("x-operation", "seed"), "modell"),
        (("x-operation", "tag"), "modell"),
        (("x-operation", "price", "by", 0), "modell"),
    ],
)
def test_a_name_that_is_no_parameter_gets_a_hint(path: tuple[Any, ...], value: Any) -> None:
    found = only(picture(*path, to=value))
    assert found == ('"modell" is not a parameter of this operation', 'did you mean "model"?')


def test_names_inside_a_parameter_are_not_parameters() -> None:
    rule = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}
    schema = picture("properties", "note", to=rule)
    schema["x-operation"] |= {"tag": None}
    assert messages(schema) == []


def test_only_items_of_a_list_can_be_cited() -> None:
    message, _ = only(picture("x-warnings", 0, "uncited_in", to="note"))
    assert message == "uncited_in has no effect without each"


def test_a_placeholder_without_a_parameter_is_reported() -> None:
    message, hint = only(picture("x-warnings", 0, "message", to="{nots} is new"))
    assert message == "{nots} in the message is not a parameter, and is kept as text"
    assert hint == 'did you mean "note"?'


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tags", '"tags" is a key of every job, and cannot be a parameter'),
        ("x-note", '"x-note" cannot be the name of a parameter'),
        ("a/b", '"a/b" cannot be the name of a parameter'),
        ("", '"" cannot be the name of a parameter'),
    ],
)
def test_a_parameter_that_no_manifest_can_write(name: str, message: str) -> None:
    schema = picture("properties", name, to={"type": "string"})
    schema["x-operation"]["wire"][name] = {"path": ["there"]}
    assert messages(schema) == [message]
