from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from runner.model.values import (
    Deferred,
    JobOutput,
    map_leaves,
    references,
    resolve,
    same,
    substitute,
    walk,
    with_integers,
    without_nulls,
)
from tests.builders import ANY_JSON

OUTPUT = JobOutput(job="a", attribute="output")
URL = JobOutput(job="b", attribute="url")


def test_a_walk_yields_each_leaf_with_its_path() -> None:
    value = {"a": [1, {"b": None}], "c": ("x",), "d": {}}
    assert list(walk(value)) == [(("a", 0), 1), (("a", 1, "b"), None), (("c", 0), "x")]


def test_leaves_are_mapped_in_a_copy() -> None:
    value = {"a": [1, (2,)]}
    assert map_leaves(value, lambda path, leaf: (path, leaf)) == {
        "a": [(("a", 0), 1), [(("a", 1, 0), 2)]]
    }
    assert value == {"a": [1, (2,)]}


def test_references_are_found_at_any_depth_in_order() -> None:
    value = {"p": Deferred(parts=("x", URL)), "images": [Deferred(parts=(OUTPUT,)), "c.png"]}
    assert list(references(value)) == [(("p",), URL), (("images", 0), OUTPUT)]


def test_a_reference_alone_keeps_the_type_of_what_it_stands_for() -> None:
    value = {"seed": Deferred(parts=(OUTPUT,)), "l": (1, Deferred(parts=("no ", URL)))}
    assert resolve(value, lambda part: 7 if part == OUTPUT else 8) == {"seed": 7, "l": [1, "no 8"]}


def test_equality_goes_into_lists_and_mappings() -> None:
    assert same({"a": [1, {"b": 2}]}, {"a": [1.0, {"b": 2}]})
    assert not same({"a": [1]}, {"a": [True]})
    assert not same({"a": 1}, {"b": 1})
    assert not same([1], [1, 2])
    assert not same([1], "1")


NEW = object()
TREES = st.dictionaries(st.text(), ANY_JSON, min_size=1)


@given(TREES, st.data())
def test_leaves_are_put_in_at_their_paths_and_nowhere_else(
    tree: dict[str, Any], data: st.DataObject
) -> None:
    before = list(walk(tree))
    paths = [path for path, _ in before]
    chosen = data.draw(st.sets(st.sampled_from(paths))) if paths else set()
    changed = substitute(tree, dict.fromkeys(chosen, NEW))
    expected = [(path, NEW if path in chosen else leaf) for path, leaf in before]
    assert repr(list(walk(changed))) == repr(expected)  # by text: NaN differs from itself
    assert repr(list(walk(tree))) == repr(before)


def test_whole_numbers_become_integers_at_any_depth() -> None:
    found = with_integers({"a": [{"b": 5.0, "c": 1.5}], "d": True, "e": "2.0"})
    assert repr(found) == "{'a': [{'b': 5, 'c': 1.5}], 'd': True, 'e': '2.0'}"


def test_null_unsets_keys_of_mappings_and_no_items_of_lists() -> None:
    value = {"a": None, "b": [None, {"c": None, "d": 1}], "e": {"f": None}}
    assert without_nulls(value) == {"b": [None, {"d": 1}], "e": {}}
