from __future__ import annotations

import json
from typing import Any

import pytest

from tests.validation.operation_file.builders import messages, only, picture

THEN = ("allOf", 0, "then", "properties", "size")


@pytest.mark.parametrize(
    ("path", "value", "hint"),
    [
        (("properties", "size", "default"), "2k", 'did you mean "2K"?'),
        (("properties", "note", "default"), "A", None),
        (("properties", "images", "items", "default"), 5, None),
        ((*THEN, "default"), "4K", "known: 2K"),
    ],
)
def test_a_default_its_own_rule_rejects(
    path: tuple[Any, ...], value: Any, hint: str | None
) -> None:
    message = f"the default {json.dumps(value)} is rejected by its own rule"
    assert only(picture(*path, to=value)) == (message, hint)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((*THEN, "enum"), ["2K", "2k"], 'size never is "2k": its own rule rejects it'),
        (
            ("allOf", 0, "if", "properties", "model"),
            {"const": "m3"},
            'model never is "m3": its own rule rejects it',
        ),
        (
            ("allOf", 0, "if", "properties", "model"),
            {"enum": ["m1", 1]},
            "model never is 1: its own rule rejects it",
        ),
        (
            ("x-warnings", 0, "if"),
            {"properties": {"size": {"not": {"const": "8K"}}}},
            'size never is "8K": its own rule rejects it',
        ),
    ],
)
def test_a_value_its_parameter_rejects(path: tuple[Any, ...], value: Any, message: str) -> None:
    assert messages(picture(*path, to=value)) == [message]


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("^[a", "unterminated character set at position 1"),
        ("(", "missing ), unterminated subpattern at position 0"),
        ("(?<n>a)", "unknown extension ?<n at position 1"),
        ("\\p{L}", "bad escape \\p at position 0"),
    ],
)
def test_a_pattern_that_is_no_regular_expression(pattern: str, reason: str) -> None:
    (message,) = messages(picture("properties", "note", "pattern", to=pattern))
    assert message.endswith(f" is not a regular expression: {reason}")


def test_a_pattern_of_pythons_own_syntax_is_reported() -> None:
    (message,) = messages(picture("properties", "note", "pattern", to="a\\Z"))
    assert "not a regular expression" in message


def test_a_pattern_of_keys_is_checked_too() -> None:
    (message,) = messages(picture("properties", "note", "patternProperties", to={"(": {}}))
    assert message.startswith('"(" is not a regular expression')


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("minLength", "maxLength"),
        ("minItems", "maxItems"),
        ("minContains", "maxContains"),
        ("minimum", "maximum"),
    ],
)
def test_limits_that_no_value_meets(low: str, high: str) -> None:
    schema = picture("properties", "more", to={low: 5, high: 3})
    schema["x-operation"]["wire"]["more"] = {"path": ["more"]}
    assert messages(schema) == [f"{low} 5 is above {high} 3: no value is accepted"]


def test_a_hint_for_a_keyword_that_is_not_there() -> None:
    message, hint = only(picture("properties", "images", "x-hints", to={"maxItem": "fewer"}))
    assert message == 'a hint for "maxItem", which is not beside x-hints, is never shown'
    assert hint == 'did you mean "maxItems"?'


def test_a_hint_for_a_missing_parameter_is_shown() -> None:
    assert messages(picture("properties", "size", "x-hints", to={"required": "2K"})) == []


def test_an_explanation_beside_nothing_is_reported() -> None:
    (message,) = messages(picture("properties", "size", "x-expected", to="a size"))
    assert message == (
        "x-expected is never shown: it has no pattern, anyOf, oneOf, not or maxContains beside it"
    )


def test_a_default_needs_a_condition_the_runner_can_test() -> None:
    message, hint = only(picture("allOf", 0, "if", "properties", "model", to={"pattern": "^m"}))
    assert message == (
        "the default of size has a condition with pattern: allOf[0].if.properties.model"
    )
    assert hint is not None
    assert "const, enum, minimum, maximum" in hint


def test_a_default_under_else_is_reported() -> None:
    (message,) = messages(picture("allOf", 0, "else", to={"properties": {"seed": {"default": 1}}}))
    assert message == "the default of seed under else is never applied"


def test_a_condition_is_a_mapping() -> None:
    (message,) = messages(picture("allOf", 0, "if", "properties", "model", to=True))
    assert message == "a condition about model must be a mapping, not true"
