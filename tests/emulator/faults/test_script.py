from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from runner.emulator.api.errors import REASONS
from runner.emulator.api.routes import add_routes
from runner.emulator.faults import script
from runner.emulator.faults.actions import ACTIONS, TASK_CHANGES
from runner.emulator.faults.script import (
    FAULTS,
    KINDS,
    SELECTORS,
    Rule,
    RuleChooser,
    fits,
    parse_faults,
)
from runner.errors import UsageError

PAGE = Path(__file__).parents[3].joinpath("docs/emulator.md").read_text(encoding="utf-8")


def test_the_schema_is_a_schema_and_accepts_a_script() -> None:
    Draft202012Validator.check_schema(script._SCHEMA)
    whole = Draft202012Validator(script._SCHEMA)
    entry = {"on": ["files"], "fault": "truncate", "nth": 1, "bytes": 0}
    assert whole.is_valid([entry])
    assert whole.is_valid({"faults": [entry]})
    assert not whole.is_valid([{**entry, "delay_s": 1}])


def test_every_fault_has_an_action() -> None:
    assert {*ACTIONS, *TASK_CHANGES, "slow"} == set(FAULTS)


def test_no_parameter_is_named_like_a_selector() -> None:
    assert [name for name in FAULTS if SELECTORS.keys() & FAULTS[name]["properties"]] == []


def test_the_kinds_of_requests_are_the_names_of_routes() -> None:
    app = web.Application()
    add_routes(app)
    assert set(KINDS) == {route.name for route in app.router.routes()} - {None}
    for fault in FAULTS.values():
        assert set(fault.get("x-on", KINDS)) <= set(KINDS)


def test_the_page_describes_all_names_of_the_schema() -> None:
    described = set(re.findall(r"`([a-zA-Z_.]+)`", PAGE))
    assert {*FAULTS, *KINDS, *REASONS, *SELECTORS, "any"} - described == set()
    parameters = {key for fault in FAULTS.values() for key in fault["properties"]}
    assert {key for key in parameters if f"`{key}" not in PAGE} == set()


def test_a_script_is_a_list_or_a_mapping_with_faults() -> None:
    entries = [{"on": "vidu.submit", "fault": "cut_after"}]
    assert parse_faults(entries) == parse_faults({"faults": entries})
    assert parse_faults([]) == ()


def test_selectors_and_parameters_get_their_defaults() -> None:
    [rule] = parse_faults([{"fault": "outage"}])
    assert rule.on == set(KINDS)
    assert rule.values["status"] == 503
    assert (rule.every, rule.times, rule.probability, rule.per) == (1, None, 1, "request")


def test_without_a_target_a_fault_hits_all_it_can() -> None:
    [rule] = parse_faults([{"fault": "expired", "on": "any"}])
    assert rule.on == {"files"}


def test_a_whole_number_may_be_written_with_a_point() -> None:
    [rule] = parse_faults([{"fault": "truncate", "bytes": 10.0}])
    assert type(rule.values["bytes"]) is int


@pytest.mark.parametrize("value", [2, 2.5, "soon"])
def test_retry_after_is_a_number_of_seconds_or_a_text(value: Any) -> None:
    [rule] = parse_faults([{"fault": "error", "status": 429, "retry_after": value}])
    assert rule.values["retry_after"] == value


@pytest.mark.parametrize(
    "entry",
    [
        {"fault": "error", "reason": "OutOfFilm", "status": 418, "undocumented": True},
        {"fault": "fail_task", "err_code": "OutOfFilm", "undocumented": True},
    ],
)
def test_an_undocumented_code_must_be_marked(entry: dict[str, Any]) -> None:
    assert parse_faults([entry])
    with pytest.raises(UsageError, match='"OutOfFilm"'):
        parse_faults([{**entry, "undocumented": False}])


WRONG: list[tuple[Any, str]] = [
    ("cut_after", "a list"),
    ({"fault": "cut_after"}, "a list"),
    ({}, "a list"),
    (None, "a list"),
    (["cut_after"], "fault 1: an entry must be a mapping"),
    ([{}], "fault 1: `fault` is missing"),
    ([{"fault": "empty"}, {"fault": "cut_aftr"}], 'fault 2 .*no fault "cut_aftr"'),
    ([{"fault": ["cut"]}], "fault 1: there is no fault"),
    ([{"fault": "cut_after", "delay": 1}], r'fault 1 \(cut_after\): there is no key "delay"'),
    ([{"fault": "cut_after", "on": "vidu.sumbit"}], '`on` cannot be "vidu.sumbit"'),
    ([{"fault": "cut_after", "on": []}], "`on` cannot be"),
    ([{"fault": "expired", "on": "vidu.submit"}], "cannot hit vidu.submit"),
    ([{"fault": "expired", "on": "vidu.submit", "after": 1}], "cannot hit vidu.submit"),
    ([{"fault": "cut_after", "nth": 0}], "`nth` must be a whole number, 1 or more, not 0"),
    ([{"fault": "cut_after", "nth": [1, "2"]}], '`nth` must be a whole number, .* not "2"'),
    ([{"fault": "cut_after", "nth": 1, "every": 2}], "exclude each other"),
    ([{"fault": "cut_after", "times": True}], "`times` must be"),
    ([{"fault": "cut_after", "probability": 1.5}], "a number from 0 to 1"),
    ([{"fault": "cut_after", "from_s": -1}], "`from_s` must be a number of seconds"),
    ([{"fault": "cut_after", "per": "job"}], '`per` cannot be "job"'),
    ([{"fault": "cut_after", "since": "noon"}], '`since` cannot be "noon"'),
    ([{"fault": "cut_after", "match": "boat"}], "`match` must be a mapping"),
    ([{"fault": "cut_after", "match": {"promt": "boat"}}], 'no key "promt"'),
    ([{"fault": "cut_after", "match": {"prompt": 5}}], "`match.prompt` must be a text, not 5"),
    ([{"fault": "cut_after", "match": {"state": "done"}}], '`match.state` cannot be "done"'),
    ([{"fault": "error"}], "`status` or `reason` is missing"),
    ([{"fault": "error", "status": 99}], "a status from 200 to 599"),
    ([{"fault": "error", "status": 429, "reason": "TooManyRequest"}], "TooManyRequest"),
    ([{"fault": "error", "reason": "Own", "undocumented": True}], "`status` is missing"),
    ([{"fault": "error", "status": 429, "retry_after": -1}], "`retry_after` must be"),
    ([{"fault": "error", "status": 500, "when": "later"}], '`when` cannot be "later"'),
    ([{"fault": "slow"}], "`delay_s` is missing"),
    ([{"fault": "drop", "fields": []}], "a list of field names"),
    ([{"fault": "set", "fields": []}], "a mapping of field names"),
    ([{"fault": "wrong_length", "by": 0}], "other than 0"),
    ([{"fault": "not_json", "text": "x" * 90, "status": "x" * 90}], "…"),
    ([{"fault": "cut_before", "body": 1}], "true or false"),
    ([{"fault": "fail_task", "err_code": "Bad"}], 'no err_code "Bad"'),
]


@pytest.mark.parametrize(("script", "message"), WRONG, ids=[str(case)[:50] for case, _ in WRONG])
def test_an_error_names_the_entry_and_what_is_wrong(script: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_faults(script)


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ({"fault": "cut_aftr"}, 'did you mean "cut_after"?'),
        ({"fault": "slow", "delay": 1}, 'did you mean "delay_s"?'),
        ({"fault": "cut_after", "on": "vidu.sumbit"}, 'did you mean "vidu.submit"?'),
        ({"fault": "cut_after", "on": ["any", "file"]}, 'did you mean "files"?'),
        ({"fault": "cut_after", "match": {"promt": "x"}}, 'did you mean "prompt"?'),
        ({"fault": "cut_after", "per": "job"}, "known: task, request"),
        ({"fault": "expired", "on": "vidu.submit"}, "it hits files"),
        (
            {"fault": "error", "reason": "ToManyRequests"},
            'did you mean "TooManyRequests"? (`undocumented: true` allows any)',
        ),
    ],
)
def test_a_hint_says_what_to_try(entry: dict[str, Any], hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_faults([entry])
    assert caught.value.hint == hint


def chooser(*entries: dict[str, Any], start_ns: int = 0) -> RuleChooser:
    """The chooser of a script; entries without a fault get one."""
    return RuleChooser(parse_faults([{"fault": "empty", **entry} for entry in entries]), start_ns)


def choose(
    rules: RuleChooser, now_s: int = 0, *, kind: str = "vidu.submit", task: str = ""
) -> Rule | None:
    """The rule that hits a request; no task meets any condition."""
    return rules.choose(kind, task, lambda _: False, now_s * 10**9)


def hits(count: int, *entries: dict[str, Any]) -> list[int]:
    """Numbers of the submissions, from 1, that any rule hits."""
    rules = chooser(*entries)
    return [n for n in range(1, count + 1) if choose(rules)]


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
    found = [choose(rules) for _ in range(3)]
    assert [rule and rule.fault for rule in found] == ["empty", "cut_after", None]


def test_a_hit_of_another_rule_does_not_use_up_times() -> None:
    assert hits(4, {"nth": 1}, {"times": 2}) == [1, 2, 3]


@given(st.floats(0, 1), st.integers(0, 2**32))
def test_equal_seeds_hit_the_same_requests(probability: float, seed: int) -> None:
    entry = {"probability": probability, "seed": seed}
    assert hits(20, entry) == hits(20, entry)


def test_a_window_opens_and_closes() -> None:
    rules = chooser({"from_s": 2, "for_s": 10}, start_ns=5 * 10**9)
    found = [s for s in range(30) if choose(rules, 5 + s)]
    assert found == list(range(2, 12))


def test_a_window_may_start_with_the_first_request() -> None:
    rules = chooser({"for_s": 3, "since": "first_request"})
    found = [s for s in range(100, 110) if choose(rules, s)]
    assert found == [100, 101, 102]


def test_requests_may_be_counted_for_each_task() -> None:
    rules = chooser({"nth": 2, "per": "task"})
    found = [choose(rules, kind="vidu.creations", task=task) for task in "aabbba"]
    assert [rule is not None for rule in found] == [False, True, False, True, False, False]


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({}, True),
        ({"prompt": "boat"}, True),
        ({"prompt": "cat"}, False),
        ({"prompt": "boat", "state": "success"}, True),
        ({"state": "failed"}, False),
        ({"succeeded": True}, True),
        ({"younger_s": 5}, True),
        ({"younger_s": 4}, False),
    ],
)
def test_a_match_picks_tasks(match: dict[str, Any], *, expected: bool) -> None:
    assert fits(match, "A Boat at sea", "success", 4.0, succeeded=True) is expected


@pytest.mark.parametrize("match", [{"succeeded": True}, {"younger_s": 5}, {"state": "created"}])
def test_a_submission_has_only_a_prompt(match: dict[str, Any]) -> None:
    assert fits({"prompt": "boat"}, "boat")
    assert not fits(match, "boat")


def test_a_rule_with_a_match_asks_whether_any_task_meets_it() -> None:
    rules = chooser({"match": {"prompt": "boat"}})
    assert rules.choose("vidu.list", "", lambda match: match == {"prompt": "boat"}, 0)
    assert not choose(rules, kind="vidu.credits")
