"""Defaults, and one job's values interpolated from its template."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.expansion.expand import Expansion
from runner.expansion.job_template import Defaults, merge_defaults
from tests.builders import drafts_by_id, hints, reported

Expand = Callable[..., Expansion]


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


def test_a_mapping_replaces_a_value_of_another_type() -> None:
    assert merge_defaults({"a": 1}, {"a": {"b": 2}}) == {"a": {"b": 2}}


def test_an_operation_s_defaults_override_the_general_ones() -> None:
    defaults = Defaults({"a": 1, "b": 1, "x/y": {"b": 2, "a": None}, "x/z": {"b": 3}})
    assert defaults.of("x/y") == {"b": 2}
    assert defaults.of("x/z") == {"a": 1, "b": 3}
    assert defaults.of("other") == {"a": 1, "b": 1}


def test_defaults_that_are_not_a_mapping_are_ignored() -> None:
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
def test_merging_does_not_change_its_arguments(one: Any, two: Any) -> None:
    before = repr((one, two))
    merge_defaults(one, two)
    assert repr((one, two)) == before


def test_takes_count_on_from_an_explicit_seed(expanded: Expand) -> None:
    jobs = """
jobs:
  - {id: a, takes: 3, seed: 41}
  - {id: b, takes: 2, seed: 0}
  - {id: c, takes: 2}
  - {id: d, takes: 1, seed: 9}
"""
    found = drafts_by_id(expanded(jobs))
    seeds = {id_: draft.parameters.get("seed") for id_, draft in found.items()}
    assert seeds == {
        "a.1": 41, "a.2": 42, "a.3": 43, "b.1": 0, "b.2": 0, "c.1": None, "c.2": None, "d.1": 9
    }  # fmt: skip
    assert [draft.take for draft in found.values()] == [1, 2, 3, 1, 2, 1, 2, 1]
    assert all(draft.has_takes for draft in found.values())
    assert not drafts_by_id(expanded("jobs: [{id: a}]"))["a"].has_takes


def test_more_takes_than_jobs_are_allowed_is_an_error(expanded: Expand) -> None:
    found = expanded("jobs: [{id: a, takes: 1000001}]")
    assert reported(found) == ["3:23 takes must be a whole number from 1 to 1,000,000"]


@pytest.mark.parametrize(
    ("id_", "message"),
    [
        ("${{ jobs.a.seed }}", "an id cannot contain another job's result"),
        ("${{ vars.flag }}", "the id must be text"),
        ("${{ vars.list }}", "the id must be text"),
    ],
)
def test_an_id_must_evaluate_to_text(expanded: Expand, id_: str, message: str) -> None:
    found = expanded(f"vars: {{flag: true, list: [1]}}\njobs: [{{id: '{id_}'}}]")
    assert reported(found) == [f"4:13 {message}"]


def test_takes_as_text_get_a_filter_as_hint(expanded: Expand) -> None:
    jobs = "jobs: [{id: '${{ row.n }}', foreach: r.csv, takes: '${{ row.n }}'}]"
    found = expanded(jobs, files={"r.csv": "n\n2\n"})
    assert hints(found) == ["${{ ... | int }} makes a number of text"]


def test_takes_cannot_count_on_from_another_job_s_seed(expanded: Expand) -> None:
    found = expanded("jobs: [{id: a}, {id: b, takes: 2, seed: '${{ jobs.a.seed }}'}]")
    assert reported(found) == ["3:41 takes cannot count on from another job's seed"]


def test_tags_must_evaluate_to_a_list_of_texts(expanded: Expand) -> None:
    found = expanded("""vars: {l: [1], x: x}
jobs:
  - {id: a, tags: [x, "${{ vars.l }}"]}
  - {id: b, tags: "${{ vars.x }}"}
  - {id: c, tags: "${{ vars.l }}"}
""")
    assert reported(found) == ["5:23 a tag must be text", "6:19 tags must be a list"]
    assert found.drafts[0].tags == ("1",)


def test_null_inside_of_a_list_is_absent_also_by_an_expression(expanded: Expand) -> None:
    jobs = """
vars: {none: null}
jobs:
  - id: a
    subjects: [{name: x, voice: null, images: [null]}, {name: y, voice: "${{ vars.none }}"}]
"""
    assert drafts_by_id(expanded(jobs))["a"].parameters["subjects"] == [
        {"name": "x", "images": [None]},
        {"name": "y"},
    ]
