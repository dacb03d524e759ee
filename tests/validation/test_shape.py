"""The manifest's own keys as JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from runner.operations import load_operations
from runner.validation.shape import job_shape, manifest_shape, part


def accepts(schema: dict[str, Any], value: Any) -> bool:
    return Draft202012Validator(schema).is_valid(value)


def test_the_keys_of_a_manifest_are_closed_but_for_notes() -> None:
    shape, jobs = manifest_shape(load_operations()), [{"id": "x"}]
    assert accepts(shape, {"version": 1, "x-note": 1, "jobs": jobs})
    assert not accepts(shape, {"version": 1, "note": 1, "jobs": jobs})


@pytest.mark.parametrize(("name", "known"), [("vidu", True), ("other", False)])
def test_only_known_providers_may_be_configured(name: str, *, known: bool) -> None:
    providers = manifest_shape(load_operations())["properties"]["providers"]
    assert accepts(providers, {name: {"concurrency": 2}}) is known


def test_each_provider_has_a_description_of_its_own() -> None:
    shape = manifest_shape(load_operations())
    first, second = shape["properties"]["providers"]["properties"].values()
    assert first == second
    assert first is not second


@pytest.mark.parametrize(
    ("operation", "known"),
    [("a/b", True), (None, True), ("${{ vars.operation }}", True), ("a/c", False)],
)
def test_an_operation_is_a_known_one_or_an_expression(
    operation: str | None, *, known: bool
) -> None:
    assert accepts(job_shape(["a/b"]), {"id": "x", "operation": operation}) is known


def test_parameters_of_a_job_are_not_checked() -> None:
    job = {"id": "x", "operation": "a/b", "prompt": 5, "promt": []}
    assert accepts(job_shape(["a/b"]), job)


def test_what_one_caller_fills_in_no_other_sees() -> None:
    job_shape(["a/b"])["properties"].clear()
    part("snippets").clear()
    assert job_shape(["a/b"])["properties"]
    assert part("snippets")
