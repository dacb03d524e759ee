"""YAML texts and the values they become."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from runner.documents.files import load
from runner.errors import Diagnostic, ManifestError


def test_anchors_and_aliases_stand_for_the_same_value() -> None:
    assert load("a: &x {k: [1, &y text]}\nb: *x\nc: *y\n") == {
        "a": {"k": [1, "text"]},
        "b": {"k": [1, "text"]},
        "c": "text",
    }


def test_a_redefined_anchor_applies_from_there_on() -> None:
    assert load("a: &x 1\nb: *x\nc: &x 2\nd: *x\n") == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_an_alias_of_a_text_may_be_a_key() -> None:
    assert load("a: &x name\n*x : 1\n") == {"a": "name", "name": 1}


def test_own_keys_win_over_merged_keys() -> None:
    value = load("b: &b {x: 1, y: 2}\nc: {y: 3, <<: *b}\nd: {<<: *b, y: 3}\n")
    assert value["c"] == value["d"] == {"x": 1, "y": 3}
    assert list(value["c"]) == ["x", "y"]


def test_of_several_merged_mappings_the_first_wins() -> None:
    assert load("a: &a {x: 1}\nb: {<<: [*a, {x: 2, z: 3}]}\n")["b"] == {"x": 1, "z": 3}


def test_a_merge_does_not_change_the_merged_mapping() -> None:
    value = load("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: {<<: *a}\n")
    assert value == {"a": {"x": 1}, "b": {"x": 1, "y": 2}, "c": {"x": 1}}


def test_a_quoted_merge_sign_is_an_ordinary_key() -> None:
    assert load('a: {"<<": 1}\n') == {"a": {"<<": 1}}


def test_a_key_of_several_words_or_lines_is_text() -> None:
    assert load("? a\n  b\n: 1\nc d: 2\n") == {"a b": 1, "c d": 2}


def test_an_empty_text_is_null() -> None:
    assert load("") is None


def test_an_explicit_start_and_directives_are_accepted() -> None:
    assert load("%YAML 1.2\n---\na: 1\n...\n") == {"a": 1}


def test_a_lone_surrogate_is_an_error() -> None:
    with pytest.raises(ManifestError) as caught:
        load("a: \ud800", path="results.yaml")
    assert "results.yaml:1:4: error: the control character U+D800" in str(
        caught.value.diagnostics[0]
    )


def test_errors_before_a_syntax_error_are_reported_too() -> None:
    with pytest.raises(ManifestError) as caught:
        load("a: 1\na: 2\nb: 16:9\nc: [1\nd: 2\n")
    assert [problem.location and problem.location.line for problem in caught.value.diagnostics] == [
        2,
        3,
        4,
    ]
    assert len(caught.value.diagnostics) == 3


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcd猫-", min_size=1, max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, True, False]), st.booleans())
def test_ordinary_documents_agree_with_pyyaml(value: Any, flow: bool | None, unicode: bool) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=unicode)
    assert load(text) == yaml.safe_load(text)


YAMLISH = st.text(
    alphabet=st.sampled_from(list("ab1: -?[]{},&*!|>'\"%@`#\n\n\t\\<=~.\r0猫\0")) | st.characters(),
    max_size=40,
)


@given(YAMLISH)
def test_every_text_becomes_a_value_or_located_errors(text: str) -> None:
    problems: list[Diagnostic] = []
    try:
        load(text)
    except ManifestError as error:
        problems = error.diagnostics
    assert all(
        problem.location and problem.location.line >= 1 and str(problem) for problem in problems
    )
