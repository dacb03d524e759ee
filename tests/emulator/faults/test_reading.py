from __future__ import annotations

import math
from typing import Any

import pytest

from runner.emulator.faults.acting import ACTS
from runner.emulator.faults.catalogue import FAULTS
from runner.emulator.faults.reading import read_faults
from runner.emulator.faults.records import ROUTES
from runner.emulator.options import Options
from runner.errors import UsageError


def test_every_fault_that_can_be_written_can_be_acted_out() -> None:
    assert set(ACTS) == set(FAULTS)


def test_a_fault_hits_only_requests_that_exist() -> None:
    for fault in FAULTS.values():
        assert set(fault.kinds) <= set(ROUTES.values())


def test_a_script_is_a_list_or_stands_under_its_name() -> None:
    entries = [{"on": "vidu.submit", "fault": "cut_after"}]
    assert read_faults(entries) == read_faults({"faults": entries}) == read_faults(tuple(entries))
    assert read_faults([]) == ()


def test_selectors_and_values_get_their_defaults() -> None:
    [rule] = read_faults([{"fault": "outage"}])
    assert rule.on == set(ROUTES.values())
    assert rule.values == {"status": 503, "cut": False}
    assert (rule.every, rule.times, rule.probability, rule.per_task) == (1, None, 1.0, False)


def test_without_a_target_a_fault_hits_all_it_can() -> None:
    [rule] = read_faults([{"fault": "expired", "on": "any"}])
    assert rule.on == {"files"}


def test_a_status_comes_from_the_reason() -> None:
    for reason, status in (("TooManyRequests", 429), ("Unauthorized", 401), ("timeout", 408)):
        [rule] = read_faults([{"fault": "error", "reason": reason}])
        assert rule.values["status"] == status


@pytest.mark.parametrize("seconds", [2, 2.5])
def test_retry_after_may_be_seconds_or_any_text(seconds: float) -> None:
    written = [
        {"fault": "error", "status": 429, "retry_after": value} for value in (seconds, "soon")
    ]
    assert [rule.values["retry_after"] for rule in read_faults(written)] == [str(seconds), "soon"]


def test_a_code_that_no_document_has_must_be_meant() -> None:
    told = {"reason": "OutOfFilm", "status": 418, "undocumented": True}
    assert read_faults([{"fault": "error", **told}])[0].values["reason"] == "OutOfFilm"
    doom = {"on": "vidu.submit", "err_code": "OutOfFilm", "undocumented": True}
    assert read_faults([{"fault": "fail_task", **doom}])[0].values["err_code"] == "OutOfFilm"


WRONG: list[tuple[Any, str]] = [
    ("cut_after", "a list"),
    ({"fault": "cut_after"}, "a list"),
    ({}, "a list"),
    (None, "a list"),
    (["cut_after"], "fault 1: an entry is a mapping"),
    ([{}], "fault 1: `fault` is missing"),
    ([{"fault": "empty"}, {"fault": "cut_aftr"}], 'fault 2 .*no fault "cut_aftr"'),
    ([{"fault": ["cut"]}], "no fault"),
    ([{"fault": "cut_after", "delay": 1}], r'fault 1 \(cut_after\): there is no key "delay"'),
    ([{"fault": "cut_after", "on": "vidu.sumbit"}], 'no request "vidu.sumbit"'),
    ([{"fault": "cut_after", "on": []}], "names no request"),
    ([{"fault": "expired", "on": "vidu.submit"}], "cannot hit vidu.submit"),
    ([{"fault": "cut_after", "nth": 0}], "`nth` must be a whole number from 1"),
    ([{"fault": "cut_after", "nth": [1, "2"]}], "`nth` must be"),
    ([{"fault": "cut_after", "nth": 1, "every": 2}], "exclude each other"),
    ([{"fault": "cut_after", "times": True}], "`times` must be"),
    ([{"fault": "cut_after", "probability": 1.5}], "a number from 0 to 1"),
    ([{"fault": "cut_after", "from_s": math.nan}], "`from_s` must be"),
    ([{"fault": "cut_after", "per": "job"}], "one of task, request"),
    ([{"fault": "cut_after", "since": "noon"}], "one of start, first_request"),
    ([{"fault": "cut_after", "match": "boat"}], "`match` must be a mapping"),
    ([{"fault": "cut_after", "match": {"promt": "boat"}}], 'no key of match "promt"'),
    ([{"fault": "cut_after", "match": {"prompt": 5}}], "`match.prompt` must be a text, not 5"),
    ([{"fault": "cut_after", "match": {"state": "done"}}], "`match.state` must be one of"),
    ([{"fault": "error"}], "`status` or `reason` is missing"),
    ([{"fault": "error", "status": 99}], "a whole number from 200 to 599"),
    ([{"fault": "error", "status": 429, "reason": "TooManyRequest"}], "TooManyRequest"),
    ([{"fault": "error", "reason": "Own", "undocumented": True}], "`status` is missing"),
    ([{"fault": "error", "status": 429, "retry_after": -1}], "`retry_after` must be"),
    ([{"fault": "error", "status": 500, "when": "later"}], "one of before, after"),
    ([{"fault": "slow"}], "`delay_s` is missing"),
    ([{"fault": "drop", "fields": []}], "a list of field names"),
    ([{"fault": "set", "fields": []}], "a mapping of field names"),
    ([{"fault": "wrong_length", "by": 0}], "other than 0"),
    ([{"fault": "not_json", "text": "x" * 90, "status": "x" * 90}], "…"),
    ([{"fault": "cut_before", "body": 1}], "true or false"),
    ([{"fault": "fail_task", "err_code": "Bad"}], 'no err_code "Bad"'),
]


@pytest.mark.parametrize(("script", "told"), WRONG, ids=[str(case)[:50] for case, _ in WRONG])
def test_what_makes_no_sense_is_told_with_its_entry(script: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Options(faults=script)


@pytest.mark.parametrize(
    ("entry", "nearest"),
    [
        ({"fault": "cut_aftr"}, "cut_after"),
        ({"fault": "slow", "delay": 1}, "delay_s"),
        ({"fault": "cut_after", "on": "vidu.sumbit"}, "vidu.submit"),
        ({"fault": "error", "reason": "ToManyRequests"}, "TooManyRequests"),
    ],
)
def test_the_nearest_known_name_is_told(entry: dict[str, Any], nearest: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_faults([entry])
    assert f'did you mean "{nearest}"?' in (caught.value.hint or "")
