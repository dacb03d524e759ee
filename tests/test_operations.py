from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runner.model.operations import Operation
from runner.operations import (
    SchemaError,
    defaults_of,
    load_operations,
    schema_folder,
    suggest_operation,
    to_wire,
)
from tests import made_up

IMAGE = "vidu/reference2image"
VIDEO = "modelverse/reference2video"


@pytest.fixture
def image() -> Operation:
    return load_operations()[IMAGE]


@pytest.fixture
def video() -> Operation:
    return load_operations()[VIDEO]


def test_both_documents_have_their_operation() -> None:
    assert {IMAGE, VIDEO} <= set(load_operations())


def test_a_caller_cannot_change_the_loaded_operations() -> None:
    with pytest.raises(TypeError):
        del load_operations()[IMAGE]  # type: ignore[attr-defined]


def test_an_operation_describes_its_request(image: Operation) -> None:
    assert (image.provider, image.method, image.path) == (
        "vidu",
        "POST",
        "/ent/v2/reference2image",
    )
    assert image.body_limit_bytes == (20_000_000, 20 * 1024 * 1024)
    assert image.tag == "payload"
    assert image.unhashed == {"payload", "callback_url"}
    assert image.media["images"].media_types == ("image/png", "image/jpeg", "image/webp")


def test_only_the_vidu_document_limits_the_body(video: Operation) -> None:
    assert video.body_limit_bytes is None


@pytest.mark.parametrize("name", ["text2video", "img2video", "start-end2video"])
def test_a_seed_is_sent_as_a_number_where_the_document_has_one(name: str) -> None:
    operation = load_operations()[f"vidu/{name}"]
    body = to_wire(operation, {"model": "viduq1", "seed": 7, "payload": "a"})
    assert body == {"model": "viduq1", "seed": 7, "payload": "a"}
    assert (operation.makes, operation.path) == ("video", f"/ent/v2/{name}")


@pytest.mark.parametrize(
    ("parameters", "resolution", "duration", "audio"),
    [
        ({"model": "viduq3-pro"}, "720p", 5, True),
        ({"model": "viduq2-turbo"}, "720p", 5, False),
        ({"model": "viduq1"}, "1080p", 5, False),
        ({"model": "vidu2.0"}, "360p", 4, False),
        ({"model": "vidu2.0", "duration": 8}, "720p", 4, False),
    ],
)
def test_defaults_depend_on_model_and_duration(
    parameters: dict[str, Any], resolution: str, duration: int, audio: bool
) -> None:
    found = defaults_of(load_operations()["vidu/img2video"], parameters)
    assert (found["resolution"], found["duration"], found["audio"]) == (resolution, duration, audio)


def test_a_vidu_seed_is_sent_as_its_digits(image: Operation) -> None:
    body = to_wire(image, {"seed": 616519648, "prompt": "a cat", "model": "viduq2"})
    assert body == {"model": "viduq2", "prompt": "a cat", "seed": "616519648"}


def test_a_modelverse_request_matches_the_documents_example(video: Operation) -> None:
    parameters = {
        "model": "viduq2",
        "images": ["https://umodelverse-inference.cn-wlcb.ufileos.com/ucloud-maxcot.jpg"],
        "prompt": "make it dance.",
        "duration": 5,
        "aspect_ratio": "16:9",
        "resolution": "720p",
        "movement_amplitude": "auto",
        "bgm": True,
    }
    assert to_wire(video, parameters) == {
        "model": "viduq2",
        "input": {"images": parameters["images"], "prompt": "make it dance."},
        "parameters": {
            "vidu_type": "reference2video",
            "duration": 5,
            "aspect_ratio": "16:9",
            "resolution": "720p",
            "movement_amplitude": "auto",
            "bgm": True,
        },
    }


def test_a_modelverse_seed_stays_a_number(video: Operation) -> None:
    assert to_wire(video, {"seed": 7})["parameters"]["seed"] == 7


def test_parameters_are_sent_in_the_order_of_the_schema(image: Operation) -> None:
    one = to_wire(image, {"prompt": "a", "model": "viduq2", "resolution": "2K"})
    other = to_wire(image, {"resolution": "2K", "model": "viduq2", "prompt": "a"})
    assert json.dumps(one) == json.dumps(other)


def test_an_integral_float_is_sent_as_an_integer(image: Operation, video: Operation) -> None:
    assert to_wire(video, {"duration": 5.0})["parameters"]["duration"].__class__ is int
    assert to_wire(image, {"seed": 5.0})["seed"] == "5"


def test_a_whole_number_inside_a_list_is_sent_as_an_integer(tmp_path: Path) -> None:
    segments = made_up.load(made_up.SEGMENTS, tmp_path)
    body = to_wire(segments, {"image_settings": [{"key_image": "a", "duration": 5.0}]})
    assert repr(body) == "{'image_settings': [{'key_image': 'a', 'duration': 5}]}"


def test_images_are_found_by_their_names(tmp_path: Path) -> None:
    segments = made_up.load(made_up.SEGMENTS, tmp_path)
    assert list(segments.media_in(made_up.SEGMENTS.right)) == [
        (("start_image",), "a.png"),
        (("image_settings", 0, "key_image"), "b.png"),
        (("image_settings", 1, "key_image"), "c.png"),
    ]
    assert segments.limits_at(("image_settings", 7, "key_image")) is not None
    assert segments.limits_at(("image_settings", 7, "duration")) is None


def test_a_parameter_without_a_wire_entry_is_an_error(image: Operation) -> None:
    with pytest.raises(ValueError, match="nonsense"):
        to_wire(image, {"nonsense": 1})


def test_defaults_are_the_documents(image: Operation) -> None:
    assert defaults_of(image, {"model": "viduq2"}) == {
        "seed": 0,
        "aspect_ratio": "16:9",
        "resolution": "1080p",
    }


@pytest.mark.parametrize(
    ("parameters", "resolution"),
    [
        ({"model": "viduq2"}, "720p"),
        ({"model": "viduq2", "duration": 1}, "720p"),
        ({"model": "viduq2", "duration": 8}, "720p"),
        ({"model": "viduq2", "duration": 9}, None),
        ({"model": "viduq2", "duration": 10}, None),
        ({"duration": 5}, None),
    ],
)
def test_a_conditional_default_needs_its_condition(
    video: Operation, parameters: dict[str, Any], resolution: str | None
) -> None:
    assert defaults_of(video, parameters).get("resolution") == resolution


def test_the_other_modelverse_defaults(video: Operation) -> None:
    found = defaults_of(video, {"model": "viduq2", "duration": 10})
    assert found == {
        "duration": 5,
        "seed": 0,
        "aspect_ratio": "16:9",
        "movement_amplitude": "auto",
        "bgm": False,
    }


def test_a_condition_may_list_values_and_ignore_other_types(tmp_path: Path) -> None:
    schema = _schema()
    schema["allOf"] = [
        {
            "if": {"properties": {"model": {"enum": ["m1", "m2"]}, "style": {"minimum": 3}}},
            "then": {"properties": {"style": {"default": "soft"}}},
        },
    ]
    made = _load(tmp_path, schema)
    assert defaults_of(made, {"model": "m2", "style": "x"}) == {"style": "soft"}
    assert defaults_of(made, {"model": "m3"}) == {}


def test_the_sample_answers_six_credits_are_in_the_price_table(image: Operation) -> None:
    assert (("viduq2", (0, 0), "1080p"), Decimal(6)) in image.price[0].rows


def test_the_schemas_are_beside_the_package_in_a_checkout() -> None:
    assert (schema_folder() / "results.schema.json").is_file()


def _schema() -> dict[str, Any]:
    return {
        "title": "made up",
        "type": "object",
        "properties": {"model": {"type": "string"}, "style": {"type": "string"}},
        "x-operation": {
            "makes": "image",
            "method": "POST",
            "path": "/x",
            "media_type": "application/json",
            "body_limit_bytes": None,
            "wire": {"model": {"path": ["model"]}, "style": {"path": ["deep", "style"]}},
            "constants": {"deep": {"kind": "x"}},
            "media": {},
            "seed": None,
            "seed_max": 10,
            "tag": None,
            "unhashed": [],
            "price": None,
            "time": None,
            "timeout": None,
            "result": None,
        },
    }


def _load(folder: Path, schema: Any) -> Operation:
    file = folder / "vidu" / "made-up.schema.json"
    file.parent.mkdir()
    file.write_text(json.dumps(schema), encoding="utf-8")
    return load_operations(folder)["vidu/made-up"]


def test_files_are_read_when_their_operations_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "vidu").mkdir()
    (tmp_path / "vidu" / "broken.schema.json").write_text("{", encoding="utf-8")
    (tmp_path / "vidu" / "made-up.schema.json").write_text(json.dumps(_schema()), encoding="utf-8")
    operations = load_operations(tmp_path)
    assert list(operations) == ["vidu/broken", "vidu/made-up"]
    assert "vidu/broken" in operations
    assert operations["vidu/made-up"] is operations["vidu/made-up"]
    assert operations.get("vidu/none") is None
    with pytest.raises(SchemaError, match=r"broken\.schema\.json"):
        operations["vidu/broken"]


def test_a_file_in_a_further_folder_is_an_operation_with_slashes(tmp_path: Path) -> None:
    file = tmp_path / "vidu" / "films" / "made-up.schema.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(_schema()), encoding="utf-8")
    (operation,) = load_operations(tmp_path).values()
    assert (operation.name, operation.provider) == ("vidu/films/made-up", "vidu")


def _spoil(*path: str, value: Any = None) -> dict[str, Any]:
    schema = _schema()
    inner = schema
    for key in path[:-1]:
        inner = inner[key]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return schema


def _table(**keys: Any) -> dict[str, Any]:
    table = {"unit": "credits", "by": ["model"], "rows": [["m1", 1]], **keys}
    return _spoil("x-operation", "price", value=table)


@pytest.mark.parametrize(
    ("schema", "what"),
    [
        ({}, "'x-operation' is missing"),
        (_spoil("x-operation", "method"), "x-operation has no method"),
        (_spoil("x-operation", "makes", value="sound"), "makes is none of image, video, audio"),
        (_spoil("x-operation", "prise", value=1), "unknown key prise"),
        (_spoil("x-operation", "wire", "style"), "wire has no entry for style"),
        (_spoil("x-operation", "tag", value="payload"), "names payload, which is not a parameter"),
        (_spoil("x-operation", "wire", "style", value={"path": []}), "wire.style is malformed"),
        (
            _spoil("x-operation", "wire", "style", value={"path": ["a"], "type": "xml"}),
            "wire.style is malformed",
        ),
        (_spoil("x-operation", value=[]), "not an operation's schema"),
        (
            _spoil(
                "allOf",
                value=[
                    {
                        "if": {"properties": {"model": {"pattern": "^m"}}},
                        "then": {"properties": {"style": {"default": "soft"}}},
                    }
                ],
            ),
            "the default of style has a condition with pattern",
        ),
        (_table(by=["size"]), "names size, which is not a parameter"),
        (_table(per="size"), "names size, which is not a parameter"),
        (_table(rows=[[1]]), "a row has not one cell for each name"),
        (_table(rouding="up"), "a table has an unknown key rouding"),
        (_table(changes=[{"if": {"size": 1}, "add": 1}]), "names size, which is not a parameter"),
        (_table(changes=[{"if": {"model": 1}, "plus": 1}]), "a change has not"),
        ([], "not an operation's schema"),
    ],
)
def test_a_malformed_schema_file_is_named(tmp_path: Path, schema: Any, what: str) -> None:
    if schema == []:
        schema = ["x-operation"]
    with pytest.raises(SchemaError) as caught:
        _load(tmp_path, schema)
    assert "made-up.schema.json" in caught.value.message
    assert what in caught.value.message


@pytest.mark.parametrize(
    ("parameters", "body"),
    [
        ({}, {"input": {}, "parameters": {}}),
        ({"prompt": "a cat"}, {"input": {"prompt": "a cat"}, "parameters": {}}),
        ({"duration": 5}, {"input": {}, "parameters": {"duration": 5}}),
    ],
)
def test_an_empty_constant_is_an_object_of_the_body(
    parameters: dict[str, Any], body: dict[str, Any]
) -> None:
    operation = load_operations()["modelverse/kling-v3"]
    assert to_wire(operation, parameters) == body
    assert to_wire(operation, {}) == {"input": {}, "parameters": {}}


def test_a_key_that_every_item_carries_is_filled_in() -> None:
    operation = load_operations()["modelverse/reference2video-subjects"]
    subjects = [{"id": "girl"}, {"id": "dog", "voice_id": "a-voice"}]
    body = to_wire(operation, {"model": "viduq2", "subjects": subjects})
    assert body["input"]["subjects"] == [
        {"voice_id": "", "id": "girl"},
        {"voice_id": "a-voice", "id": "dog"},
    ]
    assert body["parameters"] == {"vidu_type": "reference2video"}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("vidu/reference2imag", 'did you mean "vidu/reference2image"? '),
        ("text2video", "nearest: modelverse/text2video, vidu/text2video"),
        ("upscale", "nearest: vidu/upscale-new "),
        ("kling", "nearest: modelverse/kling-v2-6-i2v, modelverse/kling-v2-6-t2v, "),
    ],
)
def test_an_unknown_operation_gets_the_nearest_names(name: str, hint: str) -> None:
    found = suggest_operation(name, load_operations())
    assert found.startswith(hint)
    assert found.endswith("(vidu-run operations lists all)")
    assert found.count("/") <= 5


def test_a_name_like_no_operation_gets_the_list_s_command() -> None:
    assert suggest_operation("zzz", load_operations()) == "vidu-run operations lists all"
