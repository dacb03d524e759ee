"""Forms of a text in the words of `x-expected`."""

from __future__ import annotations

import jsonschema
import pytest

from runner.validation.explained import explained
from runner.validation.shape import part

FORMS = {
    "x-expected": "a length",
    "default": "5m",
    "anyOf": [
        {"type": "number", "minimum": 0},
        {"type": "string", "pattern": "^[0-9]+$"},
        {"type": "string", "pattern": "^[0-9]+m$"},
    ],
}


def test_several_forms_become_one() -> None:
    assert explained(FORMS) == {
        "x-expected": "a length",
        "default": "5m",
        "type": ["number", "string"],
        "minimum": 0,
        "pattern": "(^[0-9]+$)|(^[0-9]+m$)",
        "patternErrorMessage": "Expected a length.",
    }


@pytest.mark.parametrize("value", [0, 1.5, -1, "5", "5m", "5x", "", "-1", "1h30m", None, True, []])
def test_the_same_durations_are_accepted(value: object) -> None:
    rule = part("manifest")["properties"]["run"]["properties"]["timeout"]
    found = jsonschema.Draft202012Validator(explained(rule)).is_valid(value)
    assert found == jsonschema.Draft202012Validator(rule).is_valid(value)


@pytest.mark.parametrize(
    "others", [[{"type": "null"}], [{"type": "object"}], [{"type": "number"}] * 2, []]
)
def test_other_alternatives_stay_as_they_are(others: list[object]) -> None:
    forms = [*others, {"type": "string", "minLength": 1}]
    assert explained({"x-expected": "a", "anyOf": forms})["anyOf"] == forms


def test_a_rule_without_words_stays_as_it_is() -> None:
    rule = {key: value for key, value in FORMS.items() if key != "x-expected"}
    assert explained({"properties": {"a": rule}}) == {"properties": {"a": rule}}
