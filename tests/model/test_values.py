from __future__ import annotations

from runner.model.values import Deferred, JobOutput, map_leaves, references, resolve, same, walk

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
