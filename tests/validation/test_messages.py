from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.model.jobs import Draft
from runner.model.operations import Operation
from runner.validation.jobs import check_job
from runner.validation.messages import explain
from runner.validation.schema import Subject

GOOD = {"model": "viduq2", "start": ["a.png"]}


@pytest.mark.parametrize(
    ("parameters", "messages"),
    [
        (GOOD, []),
        ({**GOOD, "mode": "fast"}, ['mode "fast" is new']),
        ({**GOOD, "seconds": 1}, None),
        ({**GOOD, "seconds": 3}, ["seconds 3 is not a multiple of 2"]),
        ({**GOOD, "off_peak": True}, ["end is missing (off_peak needs it)"]),
        ({**GOOD, "style": "ab"}, ["style has 2 characters, but at least 3 are needed"]),
        (
            {**GOOD, "style": "ABC"},
            ['style "ABC" does not match the pattern ^[a-z]+$'],
        ),
        ({**GOOD, "amount": 3}, ["amount 3 is out of range (less than 3)"]),
        ({**GOOD, "tags_of_style": ["a", "a"]}, ['tags_of_style has "a" more than once']),
        ({**GOOD, "extra": {"a": 1}}, ["extra has 1 entry, but at least 2 are needed"]),
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
def test_each_keyword_has_its_message(
    added_operation: Operation, parameters: Any, messages: list[str] | None
) -> None:
    draft = Draft(
        entry=0, id="a", operation=added_operation.name, parameters=parameters, base=Path()
    )
    found = [f.message for f in check_job(draft, added_operation)]
    if messages is None:
        messages = ["seconds 1 is out of range (at least 2)", "seconds 1 is not a multiple of 2"]
    assert found == messages


BY_MODEL = {
    "properties": {"model": True, "size": True, "tone": True},
    "allOf": [
        {
            "if": {"properties": {"model": {"const": "a"}}},
            "then": {"properties": {"size": {"enum": [1]}}},
        },
        {
            "if": {"properties": {"model": {"const": "b"}}},
            "then": {"properties": {"size": False, "tone": False}},
        },
    ],
}


def test_the_models_that_offer_a_value_are_named_once() -> None:
    def branch(models: list[str], sizes: list[str]) -> Any:
        return {
            "if": {"properties": {"model": {"enum": models}}},
            "then": {"properties": {"size": {"enum": sizes}}},
        }

    rules = [branch(["a"], ["S"]), branch(["b", "c"], ["M", "L"]), branch(["c", "d"], ["M"])]
    schema = {"properties": {"model": True, "size": True}, "allOf": rules}

    def hint(model: str, size: str) -> str | None:
        value = {"model": model, "size": size}
        return explain(Subject(schema=schema, value=value, owner="vidu/x", noun="parameter"))[
            0
        ].hint

    assert hint("a", "M") == "b, c and d offer it"
    assert hint("b", "S") == "a offers it"
    # Offered by this model too, but not under every condition that holds.
    assert hint("c", "L") == "b offers it"


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        (
            {"model": "b", "size": 1, "tone": 2},
            ["size 1 is not allowed (b)", "tone 2 is not allowed (b)"],
        ),
        ({"model": "a", "size": "2"}, ['size "2" is not offered by a (1)']),
    ],
)
def test_what_a_model_lacks_is_reported_with_its_own_value(value: Any, messages: list[str]) -> None:
    subject = Subject(schema=BY_MODEL, value=value, owner="vidu/x", noun="parameter")
    assert [finding.message for finding in explain(subject)] == messages


@pytest.mark.parametrize(
    ("noun", "message"),
    [
        ({"x-expected": "items with videos"}, "cast has 2 items with videos, but at most 1"),
        ({}, "cast has 2 such items, but at most 1"),
    ],
)
def test_too_many_items_of_one_sort_are_counted(noun: dict[str, str], message: str) -> None:
    counted = {"contains": {"required": ["videos"]}, "minContains": 0, "maxContains": 1, **noun}
    cast: list[dict[str, list[str]]] = [{"videos": []}, {"images": []}, {"videos": []}]
    subject = Subject(
        schema={"properties": {"cast": counted}}, value={"cast": cast}, owner="a job", noun="key"
    )
    assert [found.message for found in explain(subject)] == [f"{message} are allowed"]
