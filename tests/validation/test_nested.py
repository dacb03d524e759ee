"""Requests of each shape, each wrong in one way, with the message that they get."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from runner.model.jobs import Draft
from runner.model.values import Deferred, JobOutput
from runner.validation.authoring import manifest_schema
from runner.validation.jobs import check_job
from tests.made_up import (
    ALTERNATIVES,
    AT_LEAST_ONE,
    CHOICE,
    EXCLUSIVE,
    OBJECT,
    ONE_TEXT,
    SEGMENTS,
    SHAPES,
    SUBJECTS,
    Shape,
    check,
    load,
)

GIRL = {"name": "girl", "images": ["girl.png"]}


def subjects(*listed: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m1", "subjects": list(listed), **more}


def segments(*listed: Any) -> dict[str, Any]:
    return {"start_image": "a.png", "image_settings": list(listed)}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_right_request_is_accepted(shape: Shape, tmp_path: Path) -> None:
    assert check(shape, shape.right, tmp_path) == []


WRONG: list[tuple[Shape, dict[str, Any], str, str | None]] = [
    (
        SUBJECTS,
        subjects(GIRL, {"images": ["b.png"]}),
        "subjects[1].name is missing",
        None,
    ),
    (
        SUBJECTS,
        subjects(GIRL, {"name": "boy"}),
        "exactly one of images, server_id is required in subjects[1]",
        None,
    ),
    (
        SUBJECTS,
        subjects({**GIRL, "server_id": "4"}),
        "exactly one of images, server_id is required in subjects[0]; both are given",
        None,
    ),
    (
        SUBJECTS,
        subjects({**GIRL, "imges": ["b.png"]}),
        'unknown key "imges" in subjects[0]',
        'did you mean "images"?',
    ),
    (
        SUBJECTS,
        subjects({**GIRL, "resolution": "720p"}),
        'unknown key "resolution" in subjects[0]',
        "resolution is a parameter of the job: write it beside subjects",
    ),
    (
        SUBJECTS,
        subjects(GIRL, server_id="4"),
        'unknown parameter "server_id" of vidu/made-up',
        "it is a key inside subjects[]",
    ),
    (
        SUBJECTS,
        subjects({**GIRL, "images": ["a", "b", "c", "d"]}),
        "subjects[0].images has 4 items, but at most 3 are allowed",
        None,
    ),
    (SUBJECTS, subjects({**GIRL, "images": ["a", ""]}), "subjects[0].images[1] is empty", None),
    (
        SUBJECTS,
        subjects({**GIRL, "images": "girl.png"}),
        'subjects[0].images is the text "girl.png", but must be a list',
        'write it as a list: ["girl.png"]',
    ),
    (
        SUBJECTS,
        subjects({**GIRL, "kind": "Person"}),
        'subjects[0].kind "Person" is not offered by vidu/made-up (person, thing)',
        'did you mean "person"?',
    ),
    (
        SUBJECTS,
        subjects(GIRL, {"name": "box", "server_id": "4", "kind": "thing"}),
        'subjects[1].images is missing (kind "thing" needs it)',
        None,
    ),
    (
        SUBJECTS,
        subjects(GIRL, {**GIRL, "kind": "thing", "weight": 1}),
        'subjects[1].weight 1 is not allowed (kind "thing")',
        None,
    ),
    (
        SUBJECTS,
        subjects({**GIRL, "weight": "2"}),
        'subjects[0].weight is the text "2", but must be a whole number',
        "write 2 without quotes (for a value from a row, add | int)",
    ),
    (
        SUBJECTS,
        subjects("girl.png"),
        'subjects[0] is the text "girl.png", but must be a mapping',
        "write it as a mapping of name, images, server_id, kind, weight",
    ),
    (
        SUBJECTS,
        {"model": "m1", "subjects": GIRL},
        "subjects is a mapping, but must be a list",
        "write it as a list: [{name: ...}]",
    ),
    (
        SUBJECTS,
        {"model": "m1", "subjects": "girl.png"},
        'subjects is the text "girl.png", but must be a list',
        "each item is a mapping of name, images, server_id, kind, weight",
    ),
    (SUBJECTS, subjects(), "subjects is empty", None),
    (
        SUBJECTS,
        {"model": "m1"},
        "subjects is missing (vidu/made-up needs it)",
        None,
    ),
    (
        ALTERNATIVES,
        {"model": "m1"},
        "exactly one of video_url, video_creation_id is required",
        None,
    ),
    (
        ALTERNATIVES,
        {"model": "m1", "video_url": "https://a.b/c", "video_creation_id": "1"},
        "exactly one of video_url, video_creation_id is required; both are given",
        None,
    ),
    (
        ALTERNATIVES,
        {"model": "m1", "video_url": "a.mp4"},
        'video_url "a.mp4" is not an http or https URL',
        None,
    ),
    (AT_LEAST_ONE, {"text": "a"}, "at least one of text with voice, audio, song is required", None),
    (
        ONE_TEXT,
        {"start_image": ["first.png"]},
        "start_image is a list, but must be text",
        'write it without a list: "first.png"',
    ),
    (ONE_TEXT, {"start_image": ["a", "b"]}, "start_image is a list, but must be text", None),
    (ONE_TEXT, {"start_image": ""}, "start_image is empty", None),
    (ONE_TEXT, {"seconds": 1}, "start_image is missing (vidu/made-up needs it)", None),
    (
        SEGMENTS,
        segments({"key_image": "b.png"}),
        "image_settings has 1 item, but at least 2 are needed",
        None,
    ),
    (
        SEGMENTS,
        segments({"key_image": "b.png"}, {"key_image": "c.png", "duration": 8}),
        "image_settings[1].duration 8 is out of range (2 to 7)",
        None,
    ),
    (
        SEGMENTS,
        segments({"key_image": "b.png"}, {"key_image": ["c.png"]}),
        "image_settings[1].key_image is a list, but must be text",
        'write it without a list: "c.png"',
    ),
    (
        SEGMENTS,
        {**SEGMENTS.right, "key_image": "c.png"},
        'unknown parameter "key_image" of vidu/made-up',
        "it is a key inside image_settings[]",
    ),
    (OBJECT, {"image": {"role": "last"}}, "image.url is missing", None),
    (
        OBJECT,
        {"image": {"url": "a", "rol": "last"}},
        'unknown key "rol" in image',
        'did you mean "role"?',
    ),
    (
        OBJECT,
        {"image": "a.png"},
        'image is the text "a.png", but must be a mapping',
        "write it as a mapping of url, role",
    ),
    (
        EXCLUSIVE,
        {"model": "m2", "videos": ["a.mp4"], "subjects": ["b"]},
        "videos and subjects exclude each other (m2)",
        None,
    ),
    (
        EXCLUSIVE,
        {"model": "m1", "images": ["a"], "subjects": ["b"]},
        "images and subjects exclude each other",
        None,
    ),
    (
        CHOICE,
        {"model": "m2"},
        "exactly one of images, subjects, videos is required by m2",
        None,
    ),
    (
        CHOICE,
        {"model": "m2", "images": ["a"], "videos": ["b"]},
        "exactly one of images, subjects, videos is required by m2; images and videos are given",
        None,
    ),
    (
        EXCLUSIVE,
        {"model": "m1", "images": ["a", "b"], "videos": ["b"]},
        "images has 2 items, but videos takes at most 1",
        None,
    ),
]


@pytest.mark.parametrize(("shape", "parameters", "message", "hint"), WRONG)
def test_a_request_that_is_wrong_in_one_way(
    shape: Shape, parameters: dict[str, Any], message: str, hint: str | None, tmp_path: Path
) -> None:
    (finding,) = check(shape, parameters, tmp_path)
    assert (finding.message, finding.hint, finding.warning) == (message, hint, False)


def test_every_mistake_of_an_item_is_reported(tmp_path: Path) -> None:
    found = check(SUBJECTS, subjects({"imges": [], "kind": "thing", "weight": 9}), tmp_path)
    assert [finding.message for finding in found] == [
        "subjects[0].name is missing",
        "exactly one of images, server_id is required in subjects[0]",
        'subjects[0].images is missing (kind "thing" needs it)',
        'unknown key "imges" in subjects[0]',
        "subjects[0].weight 9 is out of range (1 to 5)",
        'subjects[0].weight 9 is not allowed (kind "thing")',
    ]


def test_two_that_exclude_each_other_are_reported_at_the_later_one(tmp_path: Path) -> None:
    (finding,) = check(EXCLUSIVE, {"subjects": ["b"], "images": ["a"], "model": "m1"}, tmp_path)
    assert (finding.path, finding.key) == (("images",), True)


def test_two_in_an_item_are_reported_there(tmp_path: Path) -> None:
    item = {"server_id": "4", "name": "girl", "images": ["a"]}
    (finding,) = check(SUBJECTS, subjects(GIRL, item), tmp_path)
    assert (finding.path, finding.key) == (("subjects", 1, "images"), True)


def test_a_warning_about_items_is_at_each_of_them(tmp_path: Path) -> None:
    found = check(SUBJECTS, subjects({**GIRL, "name": "g"}, GIRL, {**GIRL, "name": "h"}), tmp_path)
    assert [(finding.path, finding.message, finding.warning) for finding in found] == [
        (("subjects", 0, "name"), 'the name "g" is short', True),
        (("subjects", 2, "name"), 'the name "h" is short', True),
    ]


@pytest.mark.parametrize("value", [None, 5, "g", {"name": "g"}, [5, None, ["g"]]])
def test_a_warning_about_items_needs_a_list_of_mappings(value: Any, tmp_path: Path) -> None:
    found = check(SUBJECTS, {"model": "m1", "subjects": value}, tmp_path)
    assert not any(finding.warning for finding in found)


def test_a_parameter_of_unknown_value_may_turn_out_to_be_absent(tmp_path: Path) -> None:
    both = {"model": "m1", "video_url": "https://a.b/c", "video_creation_id": "1"}
    for name in ("video_url", "video_creation_id"):
        assert check(ALTERNATIVES, both, tmp_path, unknown=frozenset({name})) == []


def test_a_parameter_of_unknown_value_counts_as_given(tmp_path: Path) -> None:
    assert check(ALTERNATIVES, {"model": "m1"}, tmp_path, unknown=frozenset({"video_url"})) == []


def test_another_jobs_result_may_be_inside_an_item(tmp_path: Path) -> None:
    operation = load(SUBJECTS, tmp_path)
    output = Deferred(parts=(JobOutput(job="other", attribute="output"),))

    def found(item: dict[str, Any]) -> list[str]:
        draft = Draft(
            entry=0,
            id="a",
            operation=operation.name,
            parameters=subjects(item),
            base=tmp_path,
            needs=("other",),
        )
        return [finding.message for finding in check_job(draft, operation)]

    assert found({"name": "girl", "images": [output]}) == []
    assert found({**GIRL, "weight": output}) == [
        "subjects[0].weight is another job's output, a text, but must be a whole number"
    ]


def accepts(shape: Shape, parameters: dict[str, Any], folder: Path) -> bool:
    """Whether an editor accepts a job with these parameters."""
    schema = manifest_schema({"vidu/made-up": load(shape, folder)})
    jobs = [{"id": "a", "operation": "vidu/made-up", **parameters}]
    return jsonschema.Draft202012Validator(schema).is_valid({"version": 1, "jobs": jobs})


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_an_editor_accepts_a_right_request(shape: Shape, tmp_path: Path) -> None:
    assert accepts(shape, shape.right, tmp_path)


@pytest.mark.parametrize(
    ("shape", "parameters"),
    # What is missing may come from the defaults, but for what an item needs.
    [
        (shape, parameters)
        for shape, parameters, message, _ in WRONG
        if parameters.keys() >= shape.right.keys() and not message.endswith("required by m2")
    ],
)
def test_an_editor_rejects_what_is_written_wrong(
    shape: Shape, parameters: dict[str, Any], tmp_path: Path
) -> None:
    assert not accepts(shape, parameters, tmp_path)


EXPRESSION = "${{ row.value }}"


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_an_expression_may_replace_any_value_inside(shape: Shape, tmp_path: Path) -> None:
    def replaced(value: Any) -> list[Any]:
        """The value with an expression in place of each part of it, one at a time."""
        found: list[Any] = [EXPRESSION]
        if isinstance(value, dict):
            found += [{**value, key: new} for key in value for new in replaced(value[key])]
        if isinstance(value, list):
            found += [
                [*value[:n], new, *value[n + 1 :]]
                for n in range(len(value))
                for new in replaced(value[n])
            ]
        return found

    operation_given = replaced(shape.right)[1:]
    assert operation_given
    assert all(accepts(shape, parameters, tmp_path) for parameters in operation_given)


def test_an_expression_may_be_what_a_condition_inside_is_about(tmp_path: Path) -> None:
    item = {"name": "box", "server_id": "4", "kind": EXPRESSION, "weight": 3}
    assert accepts(SUBJECTS, subjects(item), tmp_path)


def test_null_unsets_one_of_two_that_exclude_each_other(tmp_path: Path) -> None:
    one = {"model": "m1", "video_url": None, "video_creation_id": "1"}
    assert accepts(ALTERNATIVES, one, tmp_path)


def test_null_unsets_a_key_of_an_item(tmp_path: Path) -> None:
    assert accepts(SUBJECTS, subjects({**GIRL, "weight": None}), tmp_path)


def test_an_editor_completes_the_keys_of_items(tmp_path: Path) -> None:
    schema = manifest_schema({"vidu/made-up": load(SUBJECTS, tmp_path)})
    listed = schema["$defs"]["subjects"]
    item = listed["anyOf"][0]["items"]["anyOf"][0]["properties"]
    assert list(item) == ["name", "images", "server_id", "kind", "weight"]
    assert item["name"]["description"] == "Cited as @name."
    assert item["kind"]["default"] == "person"
