"""Defaults under jobs: mappings merge, lists replace, null unsets."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from runner.expansion.job_template import Defaults, merge_defaults

values: st.SearchStrategy[Any] = st.recursive(
    st.integers() | st.text() | st.lists(st.integers()),
    lambda inner: st.dictionaries(st.text(max_size=2), inner, max_size=4),
    max_leaves=8,
)
mappings = st.dictionaries(st.text(max_size=2), values, max_size=4)


def test_mappings_merge_deeply_and_lists_replace() -> None:
    merged = merge_defaults({"a": {"x": 1, "y": 2}, "l": [1, 2]}, {"a": {"y": 3}, "l": [9]})
    assert merged == {"a": {"x": 1, "y": 3}, "l": [9]}


def test_null_unsets_at_any_depth() -> None:
    assert merge_defaults({"a": 1, "b": {"c": 1, "d": 2}}, {"a": None, "b": {"c": None}}) == {
        "b": {"d": 2}
    }


def test_null_without_a_default_leaves_nothing() -> None:
    assert merge_defaults({}, {"a": None, "b": {"c": None}}) == {"b": {}}


def test_a_mapping_replaces_what_is_none() -> None:
    assert merge_defaults({"a": 1}, {"a": {"b": 2}}) == {"a": {"b": 2}}


def test_the_operation_s_defaults_lie_over_the_general_ones() -> None:
    defaults = Defaults({"a": 1, "b": 1, "x/y": {"b": 2, "a": None}, "x/z": {"b": 3}})
    assert defaults.of("x/y") == {"b": 2}
    assert defaults.of("x/z") == {"a": 1, "b": 3}
    assert defaults.of("other") == {"a": 1, "b": 1}


def test_defaults_that_are_no_mapping_are_none() -> None:
    assert Defaults([1]).of("a") == {}
    assert Defaults({"x/y": 3}).of("x/y") == {}


@given(mappings, mappings)
def test_merging_twice_is_merging_once(one: Any, two: Any) -> None:
    assert merge_defaults(merge_defaults(one, two), two) == merge_defaults(one, two)


@given(mappings)
def test_merging_with_nothing_changes_nothing(one: Any) -> None:
    assert merge_defaults(one, {}) == one
    assert merge_defaults({}, one) == one


@given(mappings, mappings)
def test_merging_leaves_its_arguments_alone(one: Any, two: Any) -> None:
    before = repr((one, two))
    merge_defaults(one, two)
    assert repr((one, two)) == before
