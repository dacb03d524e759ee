from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.emulator.faults.matching import RuleChooser, Subject
from runner.emulator.faults.script import Match, parse_faults

BOAT = Subject(key="1", prompt="A Boat at sea", state="success", succeeded=True, age_s=4.0)


def chooser(*entries: dict[str, Any], start_ns: int = 0) -> RuleChooser:
    """The chooser of a script; entries without a fault get one."""
    return RuleChooser(parse_faults([{"fault": "empty", **entry} for entry in entries]), start_ns)


def hits(count: int, *entries: dict[str, Any]) -> list[int]:
    """Numbers of the submissions, from 1, that any rule hits."""
    rules = chooser(*entries)
    return [n for n in range(1, count + 1) if rules.choose("vidu.submit", (), n)]


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
    assert hits(6, selectors) == expected


def test_the_first_rule_that_applies_wins_and_all_count() -> None:
    rules = chooser({"nth": 1}, {"fault": "cut_after", "nth": [1, 2]})
    found = [rules.choose("vidu.submit", (), 0) for _ in range(3)]
    assert [rule and rule.fault for rule in found] == ["empty", "cut_after", None]


def test_a_hit_of_another_rule_does_not_use_up_times() -> None:
    assert hits(4, {"nth": 1}, {"times": 2}) == [1, 2, 3]


@given(st.floats(0, 1), st.integers(0, 2**32))
def test_equal_seeds_hit_the_same_requests(probability: float, seed: int) -> None:
    entry = {"probability": probability, "seed": seed}
    assert hits(20, entry) == hits(20, entry)


def test_a_window_opens_and_closes() -> None:
    rules = chooser({"from_s": 2, "for_s": 10}, start_ns=5 * 10**9)
    found = [s for s in range(30) if rules.choose("vidu.submit", (), (5 + s) * 10**9)]
    assert found == list(range(2, 12))


def test_a_window_may_start_with_the_first_request() -> None:
    rules = chooser({"for_s": 3, "since": "first_request"})
    found = [s for s in range(100, 110) if rules.choose("vidu.submit", (), s * 10**9)]
    assert found == [100, 101, 102]


def test_requests_may_be_counted_for_each_task() -> None:
    rules = chooser({"nth": 2, "per": "task"})
    found = [rules.choose("vidu.creations", [Subject(key=key)], 0) for key in "aabbba"]
    assert [rule is not None for rule in found] == [False, True, False, True, False, False]


def test_a_list_counts_as_one_request() -> None:
    rules = chooser({"nth": 2, "per": "task"})
    found = [rules.choose("vidu.list", [Subject(key=key)], 0) for key in "ab"]
    assert [rule is not None for rule in found] == [False, True]


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        (Match(), True),
        (Match(prompt="boat"), True),
        (Match(prompt="cat"), False),
        (Match(prompt="boat", state="success"), True),
        (Match(state="failed"), False),
        (Match(succeeded=True), True),
        (Match(younger_s=5), True),
        (Match(younger_s=4), False),
    ],
)
def test_a_match_picks_tasks(match: Match, *, fits: bool) -> None:
    assert BOAT.fits(match) is fits


@pytest.mark.parametrize("match", [Match(succeeded=True), Match(younger_s=5)])
def test_a_submission_has_neither_age_nor_success(match: Match) -> None:
    assert not Subject(key="1").fits(match)


def test_a_list_is_hit_when_any_row_matches() -> None:
    rules = chooser({"match": {"prompt": "boat"}})
    assert rules.choose("vidu.list", [Subject(key="2", prompt="cat"), BOAT], 0)


def test_a_match_hits_no_request_without_a_task() -> None:
    assert not chooser({"match": {"prompt": "boat"}}).choose("vidu.credits", (), 0)
