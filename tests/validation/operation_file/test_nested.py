"""The check of operations' files whose parameters have parts: names, values, alternatives."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from runner.validation.operation_file.check import is_right
from tests.made_up import ALTERNATIVES, SHAPES, SUBJECTS, Shape, whole
from tests.validation.operation_file.builders import diagnose, messages, only, picture

ITEM = ("properties", "subjects", "items")
LIMITS = picture()["x-operation"]["media"]["images"]


def changed(*path: str | int, to: Any, shape: Shape = SUBJECTS) -> dict[str, Any]:
    """The file's value with another value at the path."""
    schema = copy.deepcopy(whole(shape))
    inner: Any = schema
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return schema


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_shape_is_right(shape: Shape) -> None:
    assert is_right(whole(shape))
    assert diagnose(whole(shape)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*ITEM, "required"), ["nam"]),
        ((*ITEM, "oneOf", 0, "required"), ["nam"]),
        ((*ITEM, "not"), {"required": ["nam"]}),
        ((*ITEM, "allOf", 0, "if", "required"), ["nam"]),
        ((*ITEM, "allOf", 0, "if", "properties"), {"nam": {"const": "thing"}}),
        ((*ITEM, "allOf", 0, "then", "required"), ["nam"]),
        ((*ITEM, "allOf", 0, "then", "properties"), {"nam": False}),
        ((*ITEM, "dependentRequired"), {"nam": ["images"]}),
        ((*ITEM, "dependentRequired"), {"images": ["nam"]}),
        (("x-warnings", 0, "if", "required"), ["nam"]),
        (("x-warnings", 0, "if", "properties"), {"nam": {"maxLength": 1}}),
        (("x-warnings", 0, "parameter"), "nam"),
    ],
)
def test_a_name_that_is_no_key_of_an_item_gets_a_hint(path: tuple[Any, ...], value: Any) -> None:
    found = only(changed(*path, to=value))
    assert found == ('"nam" is not a key of subjects[]', 'did you mean "name"?')


def test_a_name_under_a_condition_on_the_parameters_is_found() -> None:
    then = {"properties": {"subjects": {"items": {"required": ["nam"]}}}}
    branch = {"if": {"properties": {"model": {"const": "m1"}}}, "then": then}
    assert only(changed("allOf", to=[branch]))[0] == '"nam" is not a key of subjects[]'


def test_a_name_in_a_condition_on_any_item_is_found() -> None:
    condition = {"properties": {"subjects": {"contains": {"required": ["nam"]}}}}
    warning = {"if": condition, "parameter": "subjects", "message": "new"}
    assert only(changed("x-warnings", to=[warning]))[0] == '"nam" is not a key of subjects[]'


def test_the_text_that_cites_items_is_a_parameter() -> None:
    warning = {"each": "subjects", "if": {}, "parameter": "name", "message": "{name} is not cited"}
    assert diagnose(changed("x-warnings", to=[{**warning, "uncited_in": "resolution"}])) == []
    wrong = only(changed("x-warnings", to=[{**warning, "uncited_in": "resolutio"}]))
    assert wrong == (
        '"resolutio" is not a parameter of this operation',
        'did you mean "resolution"?',
    )


def test_the_keys_of_a_mapping_of_any_form_are_free() -> None:
    schema = changed("properties", "resolution", to={"type": "object", "required": ["any"]})
    assert messages(schema) == []


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        (
            "subjects[].image",
            '"subjects[].image" is not a parameter of this operation',
            'did you mean "subjects[].images"?',
        ),
        (
            "subjects",
            "subjects must be text or a list of texts here, but its type is array of object",
            'write "type": "string", or "type": "array" and that type in its items',
        ),
        (
            "subjects[].weight",
            "subjects[].weight must be text or a list of texts here, but its type is integer",
            'write "type": "string", or "type": "array" and that type in its items',
        ),
    ],
)
def test_media_are_named_by_their_path(name: str, message: str, hint: str) -> None:
    assert only(changed("x-operation", "media", to={name: LIMITS})) == (message, hint)


def test_media_may_be_inside_a_list_of_mappings() -> None:
    media = {"subjects[].images": LIMITS, "subjects[].server_id": LIMITS}
    assert messages(changed("x-operation", "media", to=media)) == []


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            (*ITEM, "allOf", 0, "if", "properties", "kind", "const"),
            "animal",
            'subjects[].kind never is "animal": its own rule rejects it',
        ),
        (
            (*ITEM, "properties", "kind", "default"),
            "animal",
            'the default "animal" is rejected by its own rule',
        ),
        (
            ("x-warnings", 0, "if", "properties", "name"),
            {"const": ""},
            'subjects[].name never is "": its own rule rejects it',
        ),
    ],
)
def test_a_value_that_no_item_has(path: tuple[Any, ...], value: Any, message: str) -> None:
    assert messages(changed(*path, to=value)) == [message]


@pytest.mark.parametrize("name", ["subject", "model"])
def test_a_warning_about_items_needs_a_list_of_mappings(name: str) -> None:
    found = only(changed("x-warnings", 0, "each", to=name))
    assert found[0] == f"{name} is not a list of mappings"


def test_a_placeholder_that_is_no_key_of_an_item_is_reported() -> None:
    message, hint = only(changed("x-warnings", 0, "message", to="{nam} is short"))
    assert message == "{nam} in the message is not a key, and is kept as text"
    assert hint == 'did you mean "name"?'


@pytest.mark.parametrize(
    ("name", "fill", "message"),
    [
        ("subjects", {"nam": "girl"}, '"nam" is not a key of subjects[]'),
        ("subjects", {"weight": 9}, "subjects[].weight never is 9: its own rule rejects it"),
        ("model", {"a": 1}, "model is not a list of mappings: nothing is filled in"),
        ("subjects", {"kind": "thing"}, None),
    ],
)
def test_what_is_filled_in_is_a_value_of_a_key(name: str, fill: Any, message: str | None) -> None:
    schema = changed("x-operation", "wire", name, to={"path": [name], "fill": fill})
    assert messages(schema) == ([message] if message else [])


def test_one_alternative_is_none() -> None:
    alone = changed("oneOf", to=[{"required": ["video_url"]}], shape=ALTERNATIVES)
    assert messages(alone) == ["oneOf has 1 item, but at least 2 are needed"]


def test_a_misspelt_name_of_an_alternative_gets_a_hint() -> None:
    wrong = changed("oneOf", 1, "required", to=["video_creation"], shape=ALTERNATIVES)
    assert only(wrong) == (
        '"video_creation" is not a parameter of this operation',
        'did you mean "video_creation_id"?',
    )


@pytest.mark.parametrize("key", ["anyOf", "oneOf"])
def test_alternatives_without_a_message_are_reported(key: str) -> None:
    several = [{"type": "string"}, {"type": "integer"}]
    message, hint = only(changed("properties", "resolution", to={key: several}))
    assert message == f"the alternatives of {key} cannot be explained"
    assert hint == 'write x-expected beside it, or only {"required": [NAMES]} in each'
    explained = {key: several, "x-expected": "a size"}
    assert messages(changed("properties", "resolution", to=explained)) == []


def test_an_exclusion_without_a_message_is_reported() -> None:
    rule = {"required": ["images"], "properties": {"kind": {"const": "thing"}}}
    (message,) = messages(changed(*ITEM, "not", to=rule))
    assert message == "what is excluded cannot be explained"


def test_a_default_inside_an_item_under_a_condition_is_reported() -> None:
    then = {"properties": {"weight": {"default": 3}}}
    (message,) = messages(changed(*ITEM, "allOf", 0, "then", to=then))
    assert message == "the default of subjects[].weight under a condition is never applied"


def test_a_mistake_inside_an_item_has_its_line_and_column() -> None:
    (found,) = diagnose(changed(*ITEM, "required", to=["nam"]))
    assert found.location is not None
    assert found.location.text is not None
    assert found.location.text.strip() == '"nam"'
    assert found.location.column == found.location.text.index('"nam"') + 1


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    if isinstance(value, dict | list):
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from _paths(value[step], (*path, step))


@pytest.mark.parametrize("odd", [None, [], {}, "x", -1.5, True, [["a"]], {"a": {"b": 1}}], ids=str)
def test_the_check_never_fails_on_an_odd_value(odd: Any) -> None:
    for path in [*_paths(SUBJECTS.schema)]:
        schema = changed(*path, to=copy.deepcopy(odd))
        assert is_right(schema) == (not any(not each.warning for each in diagnose(schema))), path
