from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model import Deferred, Draft, JobOutput, Operation
from runner.operations import defaults_of, load_operations, to_wire
from runner.validation import check_job, manifest_schema

IMAGE = "vidu/reference2image"
VIDEO = "modelverse/reference2video"
LEAST = {"model": "viduq2", "prompt": "a cat"}


def draft(parameters: dict[str, Any], *, needs: tuple[str, ...] = ()) -> Draft:
    return Draft(entry=0, id="a", operation=IMAGE, parameters=parameters, base=Path(), needs=needs)


def told(parameters: dict[str, Any], operation: str = IMAGE) -> list[str]:
    needs = ("other",) if "Deferred" in repr(parameters) else ()
    found = check_job(draft(parameters, needs=needs), load_operations()[operation])
    return [finding.message for finding in found]


def result(*parts: str | JobOutput) -> Deferred:
    return Deferred(parts=parts)


OUTPUT = JobOutput(job="other", attribute="output")
SEED = JobOutput(job="other", attribute="seed")


def test_a_warning_is_told_beside_a_parameter_that_nobody_knows() -> None:
    known = draft({**LEAST, "seed": -4})
    found = check_job(known, load_operations()[IMAGE], frozenset({"prompt"}))
    assert [(finding.path, finding.warning) for finding in found] == [(("seed",), True)]
    assert not check_job(known, load_operations()[IMAGE], frozenset({"prompt", "seed"}))


def test_another_jobs_output_may_be_an_image() -> None:
    assert told({**LEAST, "model": "viduq1", "images": [result(OUTPUT)]}) == []


def test_images_to_come_count_towards_the_most_that_are_allowed() -> None:
    found = told({**LEAST, "images": [result(OUTPUT)] * 8})
    assert found == ["images has 8 items, viduq2 takes at most 7"]


def test_another_jobs_seed_may_be_a_seed() -> None:
    assert told({**LEAST, "seed": result(SEED)}) == []


def test_another_jobs_url_may_be_a_text_and_in_one() -> None:
    assert told({"model": "viduq2", "prompt": result("seed ", SEED)}) == []


def test_a_seed_is_no_image() -> None:
    (finding,) = check_job(
        draft({**LEAST, "images": [result(SEED)]}, needs=("other",)), load_operations()[IMAGE]
    )
    assert finding.message == "images[0] is another job's seed, a number, text is needed"
    assert finding.hint == "for an image write .output; with text around it a seed becomes text"


def test_one_output_is_no_list_of_images() -> None:
    (finding,) = check_job(
        draft({**LEAST, "images": result(OUTPUT)}, needs=("other",)), load_operations()[IMAGE]
    )
    assert finding.hint == 'write it as a list: ["${{ ... }}"]'


def test_of_a_value_that_nobody_knows_nothing_is_told() -> None:
    parameters = {"resolution": "9K", "aspect_ratio": "5:4", "model": "viduq2"}
    found = check_job(
        draft(parameters), load_operations()[IMAGE], frozenset({"prompt", "aspect_ratio"})
    )
    assert [finding.path for finding in found] == [("resolution",)]


def test_an_output_is_no_seed() -> None:
    found = told({**LEAST, "seed": result(OUTPUT)})
    assert found == ["seed is another job's output, a text, a whole number is needed"]


def test_a_lone_seed_is_no_text() -> None:
    found = told({"model": "viduq2", "prompt": result(SEED)})
    assert found == ["prompt is another job's seed, a number, text is needed"]


def test_what_is_to_come_is_never_shown_as_its_stand_in() -> None:
    found = told({**LEAST, "resolution": result(OUTPUT)})
    assert found == ["resolution (another job's result) is not offered by viduq2 (1080p, 2K, 4K)"]


def test_a_text_around_results_is_measured_without_them() -> None:
    found = told({"model": "viduq2", "prompt": result("字" * 2000, OUTPUT)})
    assert found == ["prompt has 2001 characters, at most 2000 are allowed"]


def test_a_reference_deep_inside_is_stood_in_for_as_well() -> None:
    found = told({**LEAST, "payload": {"a": result(OUTPUT)}})
    assert found == ["payload is a mapping, text is needed"]


def test_errors_come_in_the_order_of_the_jobs_keys() -> None:
    found = told({"resolution": "8K", "prompt": "", "model": "viduq2", "seed": "x"})
    assert [message.split()[0] for message in found] == ["resolution", "prompt", "seed"]


def test_what_all_models_need_is_told_beside_what_one_needs() -> None:
    assert told({"model": "viduq1"}) == [
        "prompt is missing (vidu/reference2image needs it)",
        "images is missing (viduq1 needs it)",
    ]


def test_an_unknown_parameter_is_placed_at_its_key() -> None:
    (finding,) = check_job(draft({**LEAST, "promt": "b"}), load_operations()[IMAGE])
    assert (finding.path, finding.key) == (("promt",), True)


def test_an_unknown_parameter_like_none_lists_the_known() -> None:
    (finding,) = check_job(draft({**LEAST, "zzz": "b"}), load_operations()[IMAGE])
    assert finding.hint is not None
    assert finding.hint.startswith("known: model, images, prompt, seed")


def test_warnings_come_with_errors() -> None:
    found = told({"model": "viduq2", "prompt": "", "seed": -1})
    assert found == [
        "prompt is empty",
        "seed -1 is outside 0 to 2147483647; larger or negative ones may be refused",
    ]


def test_a_long_value_is_shown_in_part() -> None:
    (message,) = told({**LEAST, "callback_url": "x" * 5000})
    assert len(message) < 150
    assert "…" in message


def test_nesting_without_end_is_refused_and_not_raised() -> None:
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    assert told({**LEAST, "seed": deep}) == ["seed is a list, a whole number is needed"]


def test_a_url_that_ends_in_a_line_break_is_refused() -> None:
    assert told({**LEAST, "callback_url": "https://example.com/\n"}) == [
        'callback_url "https://example.com/\\n" is not an http or https URL'
    ]


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "16:9", "auto", "2K", "720p", "small", "https://a.b/c", "ftp://x", "x"]),
    st.lists(st.sampled_from(["a.png", "", "https://a.b/c", 3]), max_size=9),
)
NAMES = sorted({name for op in load_operations().values() for name in op.schema["properties"]})


@given(
    model=st.sampled_from(["viduq1", "viduq2"]),
    rest=st.dictionaries(st.sampled_from(NAMES), SCALARS),
    name=st.sampled_from([IMAGE, VIDEO]),
)
def test_the_two_validators_agree_and_every_no_is_explained(
    model: str, rest: dict[str, Any], name: str
) -> None:
    operation = load_operations()[name]
    parameters = {"model": model, **rest}
    schema = dict(operation.schema)
    fast = jsonschema_rs.Draft202012Validator(schema).is_valid(parameters)
    assert jsonschema.Draft202012Validator(schema).is_valid(parameters) == fast
    errors = [f for f in check_job(draft(parameters), operation) if not f.warning]
    assert (errors == []) == fast
    assert all("schema" not in error.message for error in errors)


# ---------------------------------------------------------------- an operation from a schema file


@pytest.fixture
def third(tmp_path: Path) -> dict[str, Operation]:
    """A made-up operation of a known provider: a file and no code."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Made-up start-end2video",
        "type": "object",
        "additionalProperties": False,
        "required": ["model", "start"],
        "properties": {
            "model": {"description": "Name of the model.", "enum": ["viduq2", "viduq2-pro"]},
            "start": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"type": "string"}},
            "end": {"type": "array", "maxItems": 1, "items": {"type": "string"}},
            "seconds": {"type": "integer", "minimum": 2, "multipleOf": 2, "default": 4},
            "off_peak": {"type": "boolean", "default": False},
            "style": {"type": "string", "minLength": 3, "pattern": "^[a-z]+$"},
            "tags_of_style": {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
            "amount": {"type": "number", "exclusiveMaximum": 3},
            "mode": {"const": "fast"},
            "extra": {"type": "object", "minProperties": 2},
        },
        "dependentRequired": {"off_peak": ["end"]},
        "allOf": [
            {
                "if": {"properties": {"seconds": {"minimum": 8}}, "required": ["seconds", "model"]},
                "then": {
                    "required": ["end"],
                    "properties": {"off_peak": False, "style": {"enum": ["calm"]}},
                },
            },
            {
                "if": {"properties": {"model": {"const": "viduq2-pro"}}},
                "then": {"properties": {"seconds": {"default": 8}}},
            },
        ],
        "x-warnings": [
            {"if": {"required": ["mode"]}, "parameter": "other", "message": "mode {mode} is new"}
        ],
        "x-operation": {
            "makes": "video",
            "method": "POST",
            "path": "/ent/v2/start-end2video",
            "media_type": "application/json",
            "body_limit_bytes": 1000,
            "wire": {
                "model": {"path": ["model"]},
                "start": {"path": ["frames", "start"]},
                "end": {"path": ["frames", "end"]},
                "seconds": {"path": ["duration"], "type": "string"},
                "off_peak": {"path": ["off_peak"]},
                "style": {"path": ["style"]},
                "tags_of_style": {"path": ["style_tags"]},
                "amount": {"path": ["amount"]},
                "mode": {"path": ["mode"]},
                "extra": {"path": ["extra"]},
            },
            "constants": {"kind": "start-end"},
            "media": {
                "start": {
                    "media_types": ["image/png"],
                    "max_bytes": 100,
                    "min_width": 1,
                    "min_height": 1,
                    "max_ratio": 2,
                }
            },
            "seed": None,
            "seed_max": 1,
            "tag": None,
            "unhashed": [],
            "price": None,
            "time": None,
        },
    }
    (tmp_path / "vidu").mkdir()
    file = tmp_path / "vidu" / "start-end2video.schema.json"
    file.write_text(json.dumps(schema), encoding="utf-8")
    return load_operations(tmp_path)


GOOD = {"model": "viduq2", "start": ["a.png"]}


@pytest.mark.parametrize(
    ("parameters", "messages"),
    [
        (GOOD, []),
        ({**GOOD, "mode": "fast"}, ['mode "fast" is new']),
        ({**GOOD, "seconds": 1}, None),
        ({**GOOD, "seconds": 3}, ["seconds 3 is not a multiple of 2"]),
        ({**GOOD, "off_peak": True}, ["end is missing (off_peak needs it)"]),
        ({**GOOD, "style": "ab"}, ["style has 2 characters, at least 3 are needed"]),
        (
            {**GOOD, "style": "ABC"},
            ['style "ABC" does not match the pattern ^[a-z]+$'],
        ),
        ({**GOOD, "amount": 3}, ["amount 3 is out of range (less than 3)"]),
        ({**GOOD, "tags_of_style": ["a", "a"]}, ['tags_of_style has "a" more than once']),
        ({**GOOD, "extra": {"a": 1}}, ["extra has 1 entry, at least 2 are needed"]),
        (
            {**GOOD, "mode": "slow"},
            [
                'mode "slow" is not offered by vidu/start-end2video (fast)',
                'mode "slow" is new',
            ],
        ),
        ({**GOOD, "seconds": 8}, ["end is missing (seconds 8 needs it)"]),
        (
            {**GOOD, "seconds": 8, "end": ["b.png"], "off_peak": True, "style": "wild"},
            [
                "off_peak true is not allowed (seconds 8)",
                'style "wild" is not offered with seconds 8 (calm)',
            ],
        ),
    ],
)
def test_a_further_operation_of_a_known_provider_is_a_schema_file_and_no_code(
    third: dict[str, Operation], parameters: Any, messages: list[str] | None
) -> None:
    found = [f.message for f in check_job(draft(parameters), third["vidu/start-end2video"])]
    if messages is None:
        messages = ["seconds 1 is out of range (at least 2)", "seconds 1 is not a multiple of 2"]
    assert found == messages


def test_a_further_operation_has_defaults_a_wire_and_a_part_in_the_manifests_schema(
    third: dict[str, Operation],
) -> None:
    operation = third["vidu/start-end2video"]
    assert defaults_of(operation, GOOD) == {"seconds": 4, "off_peak": False}
    assert defaults_of(operation, {"model": "viduq2-pro"})["seconds"] == 8
    assert to_wire(operation, {**GOOD, "seconds": 6}) == {
        "model": "viduq2",
        "frames": {"start": ["a.png"]},
        "duration": "6",
        "kind": "start-end",
    }
    editors = jsonschema.Draft202012Validator(manifest_schema({**load_operations(), **third}))
    job = {"id": "a", "operation": "vidu/start-end2video", **GOOD}
    assert editors.is_valid({"version": 1, "jobs": [job]})
    assert not editors.is_valid({"version": 1, "jobs": [{**job, "prompt": "a"}]})
    assert not editors.is_valid({"version": 1, "jobs": [{**job, "seconds": "1"}]})
