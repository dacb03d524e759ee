"""YAML texts and the values they are read as."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from runner.documents import load
from runner.documents.scalars import read_plain
from runner.errors import Diagnostic, ManifestError

PLAIN = {
    "cat": "cat",
    "一只猫": "一只猫",
    "12": 12,
    "-3": -3,
    "+4": 4,
    "0": 0,
    "1.5": 1.5,
    ".5": 0.5,
    "1.": 1.0,
    "1.0e+3": 1000.0,
    "0x1F": 31,
    "0b11": 3,
    "123456789012345678901234567890": 123456789012345678901234567890,
    "true": True,
    "False": False,
    "null": None,
    "~": None,
    "": None,
    "2026-01-01": "2026-01-01",
    "2026-01-01T10:00:00Z": "2026-01-01T10:00:00Z",
    "1e3": "1e3",
    "08": "08",
    "0o17": "0o17",
    "0:30": "0:30",
    "16:90": "16:90",
    "y": "y",
    "=": "=",
    "<<": "<<",
    ".": ".",
    "0x_": "0x_",
    "1２": "1２",
    "n1": "n1",
    "1080p": "1080p",
}


@pytest.mark.parametrize(("text", "value"), PLAIN.items())
def test_a_plain_scalar_is_read_as_yaml_1_1_has_it(text: str, value: Any) -> None:
    read = load(f"a: {text}\n")["a"]
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("!!float 3", 3.0),
        ("!!bool true", True),
        ("!!null ''", None),
        ("!!timestamp 2026-01-01", "2026-01-01"),
        ("!!seq [1]", [1]),
        ("!!map {a: 1}", {"a": 1}),
        ('"12"', "12"),
        ("'no'", "no"),
        ('"\\u732b\\x41"', "猫A"),
    ],
)
def test_quotes_and_known_tags_decide_the_type(text: str, value: Any) -> None:
    assert load(f"a: {text}\n")["a"] == value


def test_anchors_and_aliases_stand_for_the_same_value() -> None:
    assert load("a: &x {k: [1, &y text]}\nb: *x\nc: *y\n") == {
        "a": {"k": [1, "text"]},
        "b": {"k": [1, "text"]},
        "c": "text",
    }


def test_an_anchor_defined_anew_counts_from_there_on() -> None:
    assert load("a: &x 1\nb: *x\nc: &x 2\nd: *x\n") == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_an_alias_of_a_text_may_be_a_key() -> None:
    assert load("a: &x name\n*x : 1\n") == {"a": "name", "name": 1}


def test_own_keys_win_over_merged_ones_wherever_the_merge_stands() -> None:
    value = load("b: &b {x: 1, y: 2}\nc: {y: 3, <<: *b}\nd: {<<: *b, y: 3}\n")
    assert value["c"] == value["d"] == {"x": 1, "y": 3}
    assert list(value["c"]) == ["x", "y"]


def test_of_several_merged_mappings_the_first_wins() -> None:
    assert load("a: &a {x: 1}\nb: {<<: [*a, {x: 2, z: 3}]}\n")["b"] == {"x": 1, "z": 3}


def test_a_merge_leaves_the_merged_mapping_alone() -> None:
    value = load("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: {<<: *a}\n")
    assert value == {"a": {"x": 1}, "b": {"x": 1, "y": 2}, "c": {"x": 1}}


def test_a_quoted_merge_sign_is_an_ordinary_key() -> None:
    assert load('a: {"<<": 1}\n') == {"a": {"<<": 1}}


def test_a_key_of_several_words_or_lines_is_text() -> None:
    assert load("? a\n  b\n: 1\nc d: 2\n") == {"a b": 1, "c d": 2}


def test_an_empty_text_is_null() -> None:
    assert load("") is None


def test_an_explicit_start_and_directives_are_heeded() -> None:
    assert load("%YAML 1.2\n---\na: 1\n...\n") == {"a": 1}


def test_a_lone_surrogate_in_a_text_is_told() -> None:
    with pytest.raises(ManifestError) as caught:
        load("a: \ud800", path="results.yaml")
    assert "results.yaml:1:4: error: the control character U+D800" in str(
        caught.value.diagnostics[0]
    )


def test_all_errors_before_a_syntax_error_are_told_with_it() -> None:
    with pytest.raises(ManifestError) as caught:
        load("a: 1\na: 2\nb: 16:9\nc: [1\nd: 2\n")
    assert [problem.location and problem.location.line for problem in caught.value.diagnostics] == [
        2,
        3,
        4,
    ]
    assert len(caught.value.diagnostics) == 3


@given(st.text(alphabet="0123456789_+-.:eExXbBafnoyYNtT~", max_size=12))
def test_plain_scalars_agree_with_pyyaml_or_are_told(text: str) -> None:
    theirs = _pyyaml(text)
    if theirs is None:
        return
    ours = read_plain(text)
    if ours.error is None:
        assert ours.value == theirs[0]
        assert type(ours.value) is type(theirs[0])


def _pyyaml(text: str) -> tuple[Any] | None:
    """PyYAML's value of a plain scalar; None where it has none that JSON knows."""
    loader: Any = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    if tag.endswith(("timestamp", "merge", "value")):
        return (text,)
    try:
        return (loader.construct_object(yaml.ScalarNode(tag, text)),)
    except ValueError:
        return None
    finally:
        loader.dispose()


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
def test_no_text_whatever_ends_in_anything_but_a_value_or_told_problems(text: str) -> None:
    problems: list[Diagnostic] = []
    try:
        load(text)
    except ManifestError as error:
        problems = error.diagnostics
    assert all(
        problem.location and problem.location.line >= 1 and str(problem) for problem in problems
    )
