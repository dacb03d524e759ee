"""Values that an editor inserts in the form in which they are read back."""

from __future__ import annotations

import jsonschema
import pytest

from runner.documents.files import load
from runner.validation.quoted import quoted

RATIOS = {"enum": ["16:9", "auto", "2.5-a", "off"]}


def test_a_value_is_inserted_in_quotes_where_it_needs_them() -> None:
    snippets = quoted(RATIOS)["defaultSnippets"]
    assert [each["body"] for each in snippets] == ['"16:9"', "auto", "2.5-a", '"off"']
    assert [load(f"a: {each['body']}")["a"] for each in snippets] == RATIOS["enum"]
    assert [each["label"] for each in snippets] == RATIOS["enum"]


def test_the_same_values_are_accepted() -> None:
    validator = jsonschema.Draft202012Validator(quoted(RATIOS))
    assert all(map(validator.is_valid, RATIOS["enum"]))
    assert not any(map(validator.is_valid, ["16:10", "x16:9", "2x5-a", "", 969, None]))


def test_an_editor_names_the_values() -> None:
    assert quoted({"enum": ["1:1", "auto"]})["patternErrorMessage"] == (
        'Value is not accepted. Valid values: "1:1", "auto".'
    )


@pytest.mark.parametrize("rule", [{"enum": ["1080p", "2K"]}, {"enum": ["1:1", 5]}, {"enum": [5]}])
def test_other_values_stay_as_they_are(rule: dict[str, object]) -> None:
    assert quoted(rule) == rule


def test_a_default_that_would_be_misread_is_not_inserted() -> None:
    rule = {"anyOf": [{"type": "string", "default": "16:9"}, {"default": "2K"}]}
    assert quoted(rule) == {"anyOf": [{"type": "string"}, {"default": "2K"}]}
