from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.emulator.faults.choice import Choice
from runner.emulator.faults.reading import read_faults
from runner.emulator.faults.records import Asked, Match, Subject

SUBMIT = Asked(kind="vidu.submit")


def hits(asked: Asked, count: int, *entries: dict[str, Any]) -> list[int]:
    """Numbers of the requests (from 1) that any rule hits."""
    choice = Choice(read_faults([{"fault": "empty", **entry} for entry in entries]), 0)
    return [number for number in range(1, count + 1) if choice.rule(asked, number)]


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"nth": 2}, [2]),
        ({"nth": [1, 3]}, [1, 3]),
        ({"every": 3}, [3, 6]),
        ({"times": 2}, [1, 2]),
        ({"every": 2, "times": 2}, [2, 4]),
        ({"probability": 0}, []),
        ({"on": "vidu.credits"}, []),
        ({"on": ["vidu.credits", "vidu.submit"], "times": 1}, [1]),
    ],
)
def test_selectors_pick_requests(selectors: dict[str, Any], expected: list[int]) -> None:
    assert hits(SUBMIT, 6, selectors) == expected


def test_the_first_rule_that_applies_wins_and_all_count() -> None:
    entries = [{"fault": "empty", "nth": 1}, {"fault": "cut_after", "nth": [1, 2]}]
    choice = Choice(read_faults(entries), 0)
    found = [choice.rule(SUBMIT, 0) for _ in range(3)]
    assert [rule and rule.fault for rule in found] == ["empty", "cut_after", None]


def test_what_another_rule_took_does_not_use_up_times() -> None:
    assert hits(SUBMIT, 4, {"nth": 1}, {"times": 2}) == [1, 2, 3]


@given(st.floats(0, 1), st.integers(0, 2**32))
def test_dice_fall_the_same_way_for_the_same_seed(probability: float, seed: int) -> None:
    entry = {"probability": probability, "seed": seed}
    assert hits(SUBMIT, 20, entry) == hits(SUBMIT, 20, entry)


def test_a_window_opens_and_closes() -> None:
    choice = Choice(read_faults([{"fault": "outage", "from_s": 2, "for_s": 10}]), 5 * 10**9)
    found = [s for s in range(30) if choice.rule(SUBMIT, (5 + s) * 10**9)]
    assert found == list(range(2, 12))


def test_a_window_may_start_with_the_first_request() -> None:
    choice = Choice(read_faults([{"fault": "outage", "for_s": 3, "since": "first_request"}]), 0)
    assert [s for s in range(100, 110) if choice.rule(SUBMIT, s * 10**9)] == [100, 101, 102]


def test_counting_for_each_task_by_itself() -> None:
    choice = Choice(read_faults([{"fault": "empty", "nth": 2, "per": "task"}]), 0)
    found = [
        bool(choice.rule(Asked(kind="vidu.creations", subjects=(Subject(key=key),)), 0))
        for key in "aabbba"
    ]
    assert found == [False, True, False, True, False, False]


BOAT = Subject(
    key="1",
    prompt="A Boat at sea",
    model="viduq2",
    task_id="1",
    state="success",
    told=frozenset({"processing"}),
    age_s=4.0,
)


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        (Match(), True),
        (Match(prompt="boat"), True),
        (Match(prompt="cat"), False),
        (Match(model="viduq1"), False),
        (Match(task_id="1", state="success"), True),
        (Match(state="failed"), False),
        (Match(told="processing"), True),
        (Match(told="success"), False),
        (Match(younger_s=5), True),
        (Match(younger_s=4), False),
    ],
)
def test_a_match_picks_tasks(match: Match, *, fits: bool) -> None:
    assert BOAT.fits(match) is fits


def test_a_list_is_hit_when_any_row_is_meant_and_nothing_else_without_a_task() -> None:
    entry = {"fault": "empty", "match": {"prompt": "boat"}}
    choice = Choice(read_faults([entry]), 0)
    rows = (Subject(key="2", prompt="cat"), BOAT)
    assert choice.rule(Asked(kind="vidu.list", subjects=rows), 0)
    assert not choice.rule(Asked(kind="vidu.credits"), 0)
