from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from runner.model.operations import Operation
from runner.operations import defaults_of, load_operations, schema_folder, to_wire
from runner.validation.authoring import manifest_schema, manifest_text

CASES = Path(__file__).parent.parent / "data" / "cases"
EDITORS = jsonschema.Draft202012Validator(manifest_schema(load_operations()))

IMAGE = {"id": "a", "operation": "vidu/reference2image"}
VIDEO = {"id": "a", "operation": "modelverse/reference2video"}


def accepts(job: dict[str, Any], **more: Any) -> bool:
    return EDITORS.is_valid({"version": 1, "jobs": [job], **more})


def test_the_committed_schema_is_the_generated_one() -> None:
    file = schema_folder() / "manifest.schema.json"
    assert file.read_text(encoding="utf-8") == manifest_text(load_operations()), (
        "regenerate it: python -m runner.validation > schemas/manifest.schema.json"
    )


def test_the_schema_is_written_by_a_command() -> None:
    command = [sys.executable, "-m", "runner.validation"]
    written = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    assert json.loads(written) == manifest_schema(load_operations())


@pytest.mark.parametrize("file", sorted(schema_folder().rglob("*.schema.json")), ids=str)
def test_every_schema_file_is_json_schema_2020_12(file: Path) -> None:
    schema = json.loads(file.read_text(encoding="utf-8"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


def test_a_manifest_with_all_its_parts_is_accepted() -> None:
    document = yaml.safe_load("""
    version: 1
    name: spring cats
    vars: {hero: 一只可爱的小猫}
    defaults:
      operation: vidu/reference2image
      vidu/reference2image: {model: viduq2, aspect_ratio: "16:9"}
      modelverse/reference2video: {model: viduq2, duration: 5}
    run:
      concurrency: 8
      budget: {credits: 500, cny: 40}
    jobs:
      - id: window
        prompt: ${{ vars.hero }}坐在窗台上,阳光洒在它的身上
        seed: 616519648
      - id: look-${{ matrix.style }}
        matrix: {style: [noir, 水墨]}
        takes: 2
        prompt: ${{ vars.hero }}, ${{ matrix.style }}
        images: [refs/cat.png]
      - id: dance
        operation: modelverse/reference2video
        prompt: make it dance.
        images: ["${{ jobs.window.output }}", "${{ jobs['look-noir.1'].output }}"]
        resolution: 720p
    """)
    assert list(EDITORS.iter_errors(document)) == []


def jobs(kind: str) -> list[Any]:
    """The cases whose parameters need no file and no long text."""
    found = []
    for file in sorted(CASES.glob(f"*/**/{kind}/*.yaml")):
        text = file.read_text(encoding="utf-8")
        if not any(
            word in text for word in ("{repeat:", "{picture:", "{data_uri:", "{clip:", "{sound:")
        ):
            operation = file.parent.parent.relative_to(CASES).as_posix()
            job = {"id": "a", "operation": operation, **yaml.safe_load(text)["parameters"]}
            found.append(pytest.param(job, id=f"{operation}/{file.stem}"))
    return found


@pytest.mark.parametrize("job", jobs("accept"))
def test_an_editor_accepts_what_the_documents_allow(job: dict[str, Any]) -> None:
    assert accepts(job)


LATER = ("-missing", "data-uri", "veo-3.1/image-url", "/compared-", "/text-3-letters")
"""Cases that an editor leaves to the runner: what may come from defaults, forms of media, numbers
that bound each other, and texts whose length depends on what is in them."""


@pytest.mark.parametrize(
    "job", [p for p in jobs("reject") if not any(word in str(p.id) for word in LATER)]
)
def test_an_editor_rejects_what_the_documents_forbid(job: dict[str, Any]) -> None:
    assert not accepts(job)


def test_an_editor_has_the_loosest_of_a_weighted_length() -> None:
    lip_sync = {"id": "a", "operation": "vidu/lip-sync", "video_url": "https://example.com/a.mp4"}
    assert accepts({**lip_sync, "text": "你好"})
    assert not accepts({**lip_sync, "text": "你"})
    assert accepts({**lip_sync, "text": "a" * 2000})
    assert not accepts({**lip_sync, "text": "a" * 2001})


def test_only_an_id_is_required_of_a_job() -> None:
    assert accepts({"id": "a"})
    assert not accepts({"operation": "vidu/reference2image"})


@pytest.mark.parametrize("name", ["seed", "aspect_ratio", "images", "model", "callback_url"])
def test_an_expression_may_replace_any_value(name: str) -> None:
    assert accepts({**IMAGE, name: "${{ vars.it }}"})


def test_an_expression_may_replace_takes_or_an_item_of_a_list() -> None:
    assert accepts({**VIDEO, "images": ["a.png", "${{ jobs.b.output }}"], "takes": "${{ vars.n }}"})


def test_null_unsets_a_default() -> None:
    assert accepts({**IMAGE, "seed": None})


def test_an_operation_accepts_its_own_parameters_only() -> None:
    assert not accepts({**IMAGE, "duration": 5})
    assert not accepts({**VIDEO, "payload": "x"})


def test_the_default_operation_applies_to_jobs_without_one() -> None:
    job = {"id": "a", "duration": 5}
    assert accepts(job, defaults={"operation": "modelverse/reference2video"})
    assert not accepts(job, defaults={"operation": "vidu/reference2image"})


def test_defaults_of_one_operation_are_checked_by_its_schema() -> None:
    assert accepts(IMAGE, defaults={"modelverse/reference2video": {"duration": 5}})
    assert not accepts(IMAGE, defaults={"modelverse/reference2video": {"duration": 50}})
    assert not accepts(IMAGE, defaults={"vidu/reference2image": {"duration": 5}})


def test_keys_with_the_prefix_x_are_allowed_anywhere() -> None:
    assert accepts({**IMAGE, "x-a": 1}, **{"x-b": 2, "run": {"x-c": 3}, "defaults": {"x-d": 4}})


def test_a_misspelt_key_is_rejected() -> None:
    assert not accepts({**IMAGE, "promt": "a"})
    assert not accepts(IMAGE, run={"concurency": 3})


def test_an_editor_knows_the_values_of_each_operation_alone() -> None:
    assert accepts({"id": "a", "operation": "vidu/img2video", "resolution": "540p"})
    assert not accepts({**IMAGE, "resolution": "540p"})


def test_a_blank_operation_is_the_default_one() -> None:
    job = {"id": "a", "operation": None, "duration": 5}
    assert accepts(job, defaults={"operation": "modelverse/reference2video"})
    assert not accepts(job, defaults={"operation": "vidu/reference2image"})


@pytest.mark.parametrize("operation", [None, "${{ vars.what }}"])
def test_any_parameter_fits_an_operation_that_is_not_known(operation: str | None) -> None:
    job = {"id": "a", "operation": operation}
    assert accepts({**job, "duration": 5, "upscale_resolution": "4K"})
    assert not accepts({**job, "promt": "a"})


def test_defaults_of_one_operation_have_no_id_and_no_operation() -> None:
    for key in ("id", "operation"):
        assert not accepts(IMAGE, defaults={"modelverse/reference2video": {key: "a"}})


def test_an_editor_offers_no_null_for_a_key_of_a_job() -> None:
    definitions = manifest_schema(load_operations())["$defs"]
    # An editor offers the types that the alternatives of a key name.
    named = {key: rule for key, rule in definitions.items() if "." not in key and "anyOf" in rule}
    assert len(named) > 100
    rules = [*named.values(), *definitions["job"]["properties"].values()]
    assert not any({"type": "null"} in rule.get("anyOf", []) for rule in rules)


def test_each_operation_has_a_title_of_its_own() -> None:
    definitions = manifest_schema(load_operations())["$defs"]
    titles = [definitions[name.replace("/", ".")]["title"] for name in load_operations()]
    assert titles == list(load_operations())


def test_the_rules_of_equal_parameters_stand_once() -> None:
    text = manifest_text(load_operations())
    assert len(text.encode()) < 310_000
    definitions = json.loads(text)["$defs"]
    durations = [json.dumps(d) for key, d in definitions.items() if key.startswith("duration")]
    users = [each for each in load_operations().values() if "duration" in each.schema["properties"]]
    assert len(durations) == len(set(durations)) < len(users)


def test_every_parameter_is_described_with_its_default() -> None:
    definitions = manifest_schema(load_operations())["$defs"]
    parameters = definitions["modelverse.reference2video"]["properties"]
    duration = definitions[parameters["duration"]["$ref"].rpartition("/")[2]]
    assert "seconds" in duration["description"]
    assert duration["default"] == 5


NEW_JOB = {"model": "viduq2", "start": ["a.png"]}


def test_a_schema_file_is_all_that_a_new_operation_needs(
    added_operation: Operation,
) -> None:
    operation = added_operation
    assert defaults_of(operation, NEW_JOB) == {"seconds": 4, "off_peak": False}
    assert defaults_of(operation, {"model": "viduq2-pro"})["seconds"] == 8
    assert to_wire(operation, {**NEW_JOB, "seconds": 6}) == {
        "model": "viduq2",
        "frames": {"start": ["a.png"]},
        "duration": "6",
        "kind": "start-end",
    }
    editors = jsonschema.Draft202012Validator(
        manifest_schema({**load_operations(), operation.name: operation})
    )
    job = {"id": "a", "operation": "vidu/start-end2video", **NEW_JOB}
    assert editors.is_valid({"version": 1, "jobs": [job]})
    assert not editors.is_valid({"version": 1, "jobs": [{**job, "prompt": "a"}]})
    assert not editors.is_valid({"version": 1, "jobs": [{**job, "seconds": "1"}]})
