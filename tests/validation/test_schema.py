"""Why a value does not match its schema, without what follows from something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from runner.validation.schema import Subject, Violation, violations_of

SCHEMA = {
    "type": "object",
    "properties": {
        "model": {"enum": ["old", "new"]},
        "ratio": {"type": "string", "enum": ["1:1", "16:9", "21:9"]},
        "duration": {"type": "integer", "minimum": 1, "maximum": 16},
        "images": {"type": "array", "maxItems": 7},
        "voice": {"type": "string"},
        "takes": {
            "anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}, {"type": "string"}]
        },
    },
    "allOf": [
        {
            "if": {"properties": {"model": {"const": "old"}}, "required": ["model"]},
            "then": {
                "properties": {
                    "ratio": {"enum": ["1:1", "16:9"]},
                    "voice": False,
                    "duration": {"maximum": 4},
                }
            },
            "else": {"properties": {"images": {"maxItems": 3}}},
        },
        {
            "if": {"properties": {"duration": {"minimum": 9}}, "required": ["duration"]},
            "then": {"required": ["images"]},
        },
    ],
}


def found(value: Mapping[str, Any]) -> list[Violation]:
    subject = Subject(schema=SCHEMA, value=value, owner="vidu/test", noun="parameter")
    return violations_of(subject)


def named(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The name and the keyword of each violation."""
    return [(each.name, each.keyword) for each in found(value)]


def test_a_value_that_matches_violates_nothing() -> None:
    assert found({"model": "new", "ratio": "21:9", "duration": 3, "takes": None}) == []


def test_a_wrong_type_hides_what_follows_from_it() -> None:
    assert named({"model": "new", "ratio": 21}) == [("ratio", "type")]


def test_a_condition_hides_the_general_rule() -> None:
    (violation,) = found({"model": "old", "duration": 20, "images": []})
    assert (violation.keyword, violation.limit) == ("maximum", 4)


@pytest.mark.parametrize(
    ("value", "condition", "by_condition"),
    [
        ({"model": "old", "ratio": "21:9"}, "old", "by old"),
        ({"model": "new", "duration": 9}, "duration 9", "with duration 9"),
        ({"model": "new", "ratio": "2:1"}, None, None),
        ({"images": [1, 2, 3, 4]}, None, None),
    ],
)
def test_a_violation_has_the_values_under_which_it_applies(
    value: dict[str, Any], condition: str | None, by_condition: str | None
) -> None:
    (violation,) = found(value)
    assert (violation.condition, violation.by_condition) == (condition, by_condition)


def test_a_forbidden_parameter_is_reported_at_its_own_path() -> None:
    (violation,) = found({"model": "old", "voice": "deep"})
    assert (violation.path, violation.condition) == (("voice",), "old")


def test_of_alternatives_the_plain_value_counts() -> None:
    assert named({"takes": 0}) == [("takes", "minimum")]


def test_the_whole_value_has_the_name_of_its_owner() -> None:
    (violation,) = found({"duration": 9})
    assert (violation.name, violation.path, violation.limit) == ("vidu/test", (), ["images"])
