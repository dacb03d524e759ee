"""What all operations of ModelVerse share: the two objects of a body, and how they are refused."""

from __future__ import annotations

from typing import Any

import pytest

from runner.emulator.api.fields import Fields
from runner.emulator.operations.modelverse import operation_of
from tests.emulator.operations.modelverse.conftest import (
    FAMILY_SAMPLES,
    SAMPLES,
    refusal,
    request_body,
)

ALL = {**SAMPLES, **FAMILY_SAMPLES}
WRONG: list[tuple[str, Any, str]] = [
    ("model", None, "model is missing"),
    ("model", ["viduq2"], "model must be a string"),
    ("model", "kling-v9", "model must be one of"),
    ("input", None, "input is missing"),
    ("input", [], "input must be an object"),
    ("parameters", None, "parameters is missing"),
    ("parameters", "vidu", "parameters must be an object"),
    ("parameters.vidu_type", None, "parameters.vidu_type is missing"),
    ("parameters.vidu_type", 3, "parameters.vidu_type must be a string"),
    ("parameters.vidu_type", "multiframe", "parameters.vidu_type must be one of text2video"),
]


@pytest.mark.parametrize("operation", FAMILY_SAMPLES)
@pytest.mark.parametrize(("name", "value", "message"), WRONG[:7])
def test_a_wrong_frame_is_refused_with_other_models(
    submit: Any, operation: str, name: str, value: Any, message: str
) -> None:
    assert message in refusal(submit({name: value}, operation))


@pytest.mark.parametrize("operation", SAMPLES)
@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_a_wrong_frame_is_refused(
    submit: Any, operation: str, name: str, value: Any, message: str
) -> None:
    assert message in refusal(submit({name: value}, operation))


@pytest.mark.parametrize("operation", ALL)
def test_null_counts_as_absent(address: str, ask: Any, operation: str) -> None:
    body = request_body(operation, {})
    table = operation_of(Fields(values=body))
    for name, parent in table.parents.items():
        body[parent].setdefault(name, None)
    assert ask("POST", f"{address}/v1/tasks/submit", body, key="k").status == 200


PLACES = [
    (operation, name, parent)
    for operation in ALL
    for name, parent in operation_of(Fields(values=request_body(operation, {}))).parents.items()
]


@pytest.mark.parametrize(("operation", "name", "parent"), PLACES)
def test_a_field_in_the_wrong_object_is_refused(
    submit: Any, operation: str, name: str, parent: str
) -> None:
    value = ALL[operation].get(parent, {}).get(name, 1)
    other = "parameters" if parent == "input" else "input"
    for wrong in (f"{other}.{name}", name):
        message = refusal(submit({wrong: value}, operation))
        assert message == f"{wrong}: its place is {parent}.{name}"


def test_a_model_of_another_operation_is_refused(submit: Any) -> None:
    assert "model must be one of viduq2" in refusal(submit({"model": "viduq2-pro"}, "text2video"))
    assert "model must be one of viduq3-pro" in refusal(submit({"model": "viduq2"}, "img2video"))
