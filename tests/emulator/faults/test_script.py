from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from jsonschema import Draft202012Validator

from runner.emulator.api.errors import REASONS
from runner.emulator.api.routes import add_routes
from runner.emulator.faults import script
from runner.emulator.faults.actions import ACTIONS, TASK_CHANGES
from runner.emulator.faults.script import FAULTS, KINDS, SELECTORS, parse_faults
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
