"""References to other jobs' results: what they become, and circles among them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.expansion import resolve
from runner.expansion.references import JobResults, cycles, references
from runner.model import Deferred, JobOutput

OUTPUT = JobOutput(job="a", attribute="output")
URL = JobOutput(job="b", attribute="url")


def test_each_part_of_a_result_can_be_named() -> None:
    job: Any = JobResults()["a"]
    assert job["output"].parts == (OUTPUT,)
    assert job["url"].parts == (JobOutput(job="a", attribute="url"),)
    assert job["seed"].parts == (JobOutput(job="a", attribute="seed"),)
    assert job["outputs"][2].parts == (JobOutput(job="a", attribute="output", index=2),)


def test_other_parts_are_unknown_and_the_known_ones_listed() -> None:
    job = JobResults()["a"]
    with pytest.raises(KeyError):
        job["file"]
    assert list(job) == ["output", "outputs", "url", "seed"]
    assert len(job) == 4


@pytest.mark.parametrize("index", [-1, 100, slice(0, 1)])
def test_an_output_is_named_by_its_number(index: Any) -> None:
    outputs: Any = JobResults()["a"]["outputs"]
    assert len(outputs) == 100
    with pytest.raises(IndexError):
        outputs[index]


def test_any_id_is_good_until_all_are_known() -> None:
    jobs: Any = JobResults()
    assert "whatever" in jobs
    assert (list(jobs), len(jobs)) == ([], 0)
    with pytest.raises(KeyError):
        jobs[3]


def test_a_reference_finds_the_composed_id() -> None:
    job: Any = JobResults()["cafe\u0301"]
    assert job["seed"].parts[0].job == "caf\u00e9"


def test_references_are_found_at_any_depth_in_order() -> None:
    value = {"p": Deferred(parts=("x", URL)), "images": [Deferred(parts=(OUTPUT,)), "c.png"]}
    assert list(references(value)) == [(("p",), URL), (("images", 0), OUTPUT)]


def test_a_reference_alone_keeps_the_type_of_what_it_stands_for() -> None:
    value = {"seed": Deferred(parts=(OUTPUT,)), "l": (1, Deferred(parts=("no ", URL)))}
    assert resolve(value, lambda part: 7 if part == OUTPUT else 8) == {"seed": 7, "l": [1, "no 8"]}


def test_a_circle_is_told_with_its_path() -> None:
    needs = {"a": ["b"], "b": ["c", "x"], "c": ["a"], "d": ["a"], "e": ["e"]}
    assert cycles(needs) == [["a", "b", "c", "a"], ["e", "e"]]


def test_a_long_chain_is_no_circle_and_no_stack_overflow() -> None:
    assert cycles({str(n): [str(n + 1)] for n in range(50_000)}) == []


graphs = st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 6), max_size=3))


@given(graphs)
def test_circles_are_found_exactly_where_no_order_exists(graph: dict[int, list[int]]) -> None:
    needs = {str(key): [str(value) for value in values] for key, values in graph.items()}
    left = dict(needs)
    while free := [job for job, wants in left.items() if not set(wants) & left.keys()]:
        for job in free:
            del left[job]
    found = cycles(needs)
    assert bool(found) == bool(left)
    for ring in found:
        assert ring[0] == ring[-1]
        assert all(after in needs[before] for before, after in pairwise(ring))
