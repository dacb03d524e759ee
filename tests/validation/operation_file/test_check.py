"""The check of operations' files as a whole: those that ship, the form, files of other kinds."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.operations import (
    SchemaError,
    load_operations,
    operation_at,
    operation_files,
    schema_folder,
)
from runner.validation.operation_file.check import is_right
from runner.validation.operation_file.parts import parameters
from tests.validation.operation_file.builders import diagnose, messages, only, picture

FILES = operation_files()


@pytest.mark.parametrize("file", FILES, ids=lambda file: operation_at(file, schema_folder()))
def test_every_operation_of_the_program_is_right(file: Path) -> None:
    schema = json.loads(file.read_text(encoding="utf-8"))
    assert is_right(schema)
    assert not diagnose(schema, file)


def test_a_made_up_operation_is_right() -> None:
    assert diagnose(picture()) == []


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            ("x-operation", "makes"),
            "sound",
            'unknown x-operation.makes "sound" (known: image, video, audio)',
        ),
        (
            ("x-operation", "body_limit_bytes"),
            "20 MB",
            'x-operation.body_limit_bytes is the text "20 MB", but must be a whole number',
        ),
        (
            ("x-operation", "path"),
            "ent/v2",
            'x-operation.path "ent/v2" is not a path that starts with a slash',
        ),
        (
            ("x-operation", "price", "read"),
            "2026-13",
            'x-operation.price.read "2026-13" is not a month such as 2026-08',
        ),
        (
            ("x-operation", "price", "unit"),
            "usd",
            'unknown x-operation.price.unit "usd" (known: credits, cny)',
        ),
        (
            ("x-operation", "media", "images", "exclusive_max_ratio"),
            1,
            "x-operation.media.images.exclusive_max_ratio 1 is out of range (more than 1)",
        ),
        (("x-operation", "wire", "size"), {"path": []}, "x-operation.wire.size.path is empty"),
        (
            ("x-operation", "unhashed"),
            ["note", "note"],
            'x-operation.unhashed has "note" more than once',
        ),
        (
            ("x-operation", "price", "rows", 0, 1),
            None,
            "x-operation.price.rows[0][1] null is not a value or a range [least, most]",
        ),
        (("additionalProperties",), True, "additionalProperties true is not false"),
        (("properties", "size", "enum"), [], "properties.size.enum is empty"),
        (("properties", "size"), "2K", 'properties.size is the text "2K", but must be a mapping'),
    ],
)
def test_a_wrong_value_is_reported(path: tuple[Any, ...], value: Any, message: str) -> None:
    assert message in messages(picture(*path, to=value))


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        (("x-operation", "pricee"), 'unknown key "pricee" in x-operation', "price"),
        (("properties", "size", "enumm"), 'unknown key "enumm" in properties.size', "enum"),
        (("x-warning",), 'unknown key "x-warning" in an operation\'s file', "x-warnings"),
        (
            ("allOf", 0, "then", "properties", "size", "maxLenght"),
            'unknown key "maxLenght" in allOf[0].then.properties.size',
            "maxLength",
        ),
        (
            ("x-operation", "wire", "size", "typ"),
            'unknown key "typ" in x-operation.wire.size',
            "type",
        ),
    ],
)
def test_a_misspelt_key_gets_a_hint(path: tuple[Any, ...], message: str, hint: str) -> None:
    assert only(picture(*path, to={})) == (message, f'did you mean "{hint}"?')


def test_a_reference_is_not_part_of_the_language() -> None:
    message, hint = only(picture("properties", "size", "$ref", to="#/$defs/size"))
    assert message == 'unknown key "$ref" in properties.size'
    assert hint == "write it out where it is used: editors get a copy of each parameter"


@pytest.mark.parametrize("key", list(picture()["x-operation"]))
def test_every_key_of_the_request_is_required(key: str) -> None:
    found = messages(picture("x-operation", key, without=True))
    assert found == [f"x-operation.{key} is missing"]


def test_all_keys_that_are_missing_are_reported_at_once() -> None:
    schema = picture("type", without=True)
    del schema["additionalProperties"]
    assert len(messages(schema)) == 2


def test_a_mistake_has_its_line_and_column() -> None:
    (found,) = diagnose(picture("x-operation", "makes", to="sound"))
    assert found.location is not None
    assert found.location.text == '  "makes": "sound",'
    assert found.location.column == len('  "makes": ') + 1


def test_a_wrong_value_is_reported_once() -> None:
    assert len(messages(picture("properties", "seed", "type", to="int"))) == 1


def test_a_manifest_is_not_an_operation() -> None:
    message, hint = only({"version": 1, "jobs": []})
    assert message == "this is a manifest or its results, not an operation's file"
    assert hint == "vidu-run validate FILE checks manifests"


@pytest.mark.parametrize("name", ["manifest.schema", "results.schema", "operation.schema"])
def test_another_schema_is_not_an_operation(name: str) -> None:
    schema = json.loads((schema_folder() / f"{name}.json").read_text(encoding="utf-8"))
    assert messages(schema) == ["this is not an operation's file: it has no x-operation"]


def test_a_misspelt_x_operation_gets_a_hint() -> None:
    schema = picture()
    schema["x-operations"] = schema.pop("x-operation")
    hints = [diagnostic.hint for diagnostic in diagnose(schema)]
    assert 'did you mean "x-operation"?' in hints


@pytest.mark.parametrize("depth", [50, 95, 500])
def test_a_deep_rule_does_not_raise(depth: int) -> None:
    rule: dict[str, Any] = {"tpe": "string"}
    for _ in range(depth):
        rule = {"items": rule}
    assert not is_right(picture("properties", "size", to=rule))


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (
            "vidu/other.schema.json",
            '$id "urn:vidu-run:schema:vidu/made-up" is not that of the file\'s place, vidu/other',
        ),
        (
            "schemas/vidu/films/made-up.schema.json",
            (
                '$id "urn:vidu-run:schema:vidu/made-up" is not that of the file\'s place, '
                "vidu/films/made-up"
            ),
        ),
        ("vidu/made-up.json", "operations are loaded from <provider>/<operation>.schema.json only"),
    ],
)
def test_a_file_in_the_wrong_place_is_a_warning(place: str, message: str) -> None:
    schema = {**picture(), "$id": "urn:vidu-run:schema:vidu/made-up"}
    found = diagnose(schema, Path(place))
    assert [(each.message, each.warning) for each in found] == [(message, True)]


def test_a_file_in_the_root_is_in_the_wrong_place() -> None:
    schema = {**picture(), "$id": "urn:vidu-run:schema:vidu/made-up"}
    (found,) = diagnose(schema, Path("/made-up.schema.json"))
    assert found.message.endswith("is not that of the file's place, made-up")


@pytest.mark.parametrize("folder", ["", "schemas/"])
def test_an_operation_may_have_a_name_with_slashes(folder: str) -> None:
    schema = {**picture(), "$id": "urn:vidu-run:schema:vidu/films/made-up"}
    assert diagnose(schema, Path(f"{folder}vidu/films/made-up.schema.json")) == []


# ------------------------------------------------------------------------------- whatever is wrong


def _nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict | list):
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from _nodes(value[step], (*path, step))


_ODD_VALUES: tuple[Any, ...] = (
    None,
    [],
    {},
    "x",
    -1.5,
    True,
    [["a"]],
    {"a": {"b": 1}},
    [None, {"x": []}],
)
# Of every value one change: all of them take too long.
_SPOILT = [
    (path, value) for n, path in enumerate(_nodes(picture())) for value in _ODD_VALUES[n % 9 :: 9]
]


def test_nothing_the_loader_rejects_or_fails_on_is_right(tmp_path: Path) -> None:
    """Each value of the file, replaced by odd ones: the check never raises, and is the stricter."""
    file = tmp_path / "vidu" / "made-up.schema.json"
    file.parent.mkdir()
    for path, value in _SPOILT:
        schema = picture(*path, to=copy.deepcopy(value))
        if not is_right(schema):
            assert diagnose(schema), path
            continue
        file.write_text(json.dumps(schema), encoding="utf-8")
        load_operations.cache_clear()
        try:
            (operation,) = load_operations(tmp_path).values()
        except SchemaError as error:  # pragma: no cover - the failure says where
            pytest.fail(f"{path} {value}: {error}")
        assert parameters(operation.schema)
    load_operations.cache_clear()
