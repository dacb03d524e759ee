from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from runner.model.needs import chain_lengths, cycles


def test_each_cycle_is_found_once_from_its_first_member() -> None:
    needs = {"a": ["b"], "b": ["c", "x"], "c": ["a"], "d": ["a"], "e": ["e"]}
    assert cycles(needs) == [["a", "b", "c", "a"], ["e", "e"]]


def test_a_long_chain_is_not_a_cycle() -> None:
    assert cycles({str(n): [str(n + 1)] for n in range(50_000)}) == []


graphs = st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 6), max_size=3))


@given(graphs)
def test_cycles_exist_exactly_where_no_order_does(graph: dict[int, list[int]]) -> None:
    needs = {str(key): [str(value) for value in values] for key, values in graph.items()}
    left = dict(needs)
    while free := [job for job, wants in left.items() if not set(wants) & left.keys()]:
        for job in free:
            del left[job]
    found = cycles(needs)
    assert bool(found) == bool(left)
    for cycle in found:
        assert cycle[0] == cycle[-1]
        assert all(after in needs[before] for before, after in pairwise(cycle))


def test_a_chain_is_as_long_as_its_longest_branch() -> None:
    needs = {"d": ["b", "c"], "b": ["a"], "c": []}
    own = {"a": 3.0, "b": 1.0, "c": 2.0, "d": 1.0}
    assert chain_lengths(needs, own.__getitem__) == {"a": 3, "b": 4, "c": 2, "d": 5}


def test_a_chain_may_be_longer_than_the_stack() -> None:
    lengths = chain_lengths({str(n): [str(n + 1)] for n in range(50_000)}, lambda _job: 1)
    assert lengths["0"] == 50_001
