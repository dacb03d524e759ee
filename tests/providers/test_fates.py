"""The table of "paying once", row by row."""

from __future__ import annotations

from typing import Any

import pytest

from runner.model.requests import INCOMPLETE, Billed, Creation, ErrorClass, Fate, Reach, TaskState
from runner.providers import fates
from runner.providers.fates import ApiError, ErrorCodeInfo
from tests.builders import answered

REFUSED = ErrorCodeInfo(class_=ErrorClass.INPUT)
STOPPED = ErrorCodeInfo(class_=ErrorClass.AUTH, fate=Fate.STOPPED)
BUSY = ErrorCodeInfo(class_=ErrorClass.TRANSIENT, fate=Fate.BUSY)
DOUBT = ErrorCodeInfo(class_=ErrorClass.TRANSIENT, fate=Fate.AMBIGUOUS)


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        (Reach.NOT_SENT, Fate.NOT_SENT),
        (Reach.UNTRUSTED, Fate.WRONG_ADDRESS),
        (Reach.SENT, Fate.AMBIGUOUS),
    ],
)
def test_without_an_answer_the_reach_decides(reach: Reach, expected: Fate) -> None:
    assert fates.fate(reach, 200, has_task=True, code=REFUSED) is expected


@pytest.mark.parametrize(
    ("status", "task_id", "code", "expected"),
    [
        (200, "t1", None, Fate.SUBMITTED),
        (201, "t1", REFUSED, Fate.SUBMITTED),
        (200, None, REFUSED, Fate.REFUSED),
        (200, None, STOPPED, Fate.STOPPED),
        (200, None, BUSY, Fate.BUSY),
        (200, None, DOUBT, Fate.AMBIGUOUS),
        (200, None, None, Fate.AMBIGUOUS),
        (204, None, None, Fate.AMBIGUOUS),
        (301, None, None, Fate.WRONG_ADDRESS),
        (304, "t1", None, Fate.WRONG_ADDRESS),
        (308, None, REFUSED, Fate.WRONG_ADDRESS),
        (404, None, None, Fate.WRONG_ADDRESS),
        (404, None, REFUSED, Fate.WRONG_ADDRESS),
        (405, None, None, Fate.WRONG_ADDRESS),
        (429, None, None, Fate.BUSY),
        (429, None, REFUSED, Fate.BUSY),
        (429, None, STOPPED, Fate.STOPPED),
        (400, None, BUSY, Fate.BUSY),
        (400, None, None, Fate.REFUSED),
        (400, "t1", None, Fate.REFUSED),
        (400, None, REFUSED, Fate.REFUSED),
        (400, None, STOPPED, Fate.STOPPED),
        (400, None, DOUBT, Fate.AMBIGUOUS),
        (401, None, None, Fate.STOPPED),
        (401, None, REFUSED, Fate.STOPPED),
        (402, None, None, Fate.STOPPED),
        (403, None, None, Fate.REFUSED),
        (403, None, REFUSED, Fate.REFUSED),
        (407, None, None, Fate.NOT_SENT),
        (413, None, None, Fate.REFUSED),
        (422, None, None, Fate.REFUSED),
        (408, None, REFUSED, Fate.AMBIGUOUS),
        (409, None, BUSY, Fate.AMBIGUOUS),
        (499, None, None, Fate.AMBIGUOUS),
        (500, None, None, Fate.AMBIGUOUS),
        (500, None, REFUSED, Fate.AMBIGUOUS),
        (503, "t1", BUSY, Fate.AMBIGUOUS),
        (504, None, None, Fate.AMBIGUOUS),
        (101, None, None, Fate.AMBIGUOUS),
        (600, None, None, Fate.AMBIGUOUS),
        (0, None, None, Fate.AMBIGUOUS),
    ],
)
def test_an_answer_decides_by_status_and_code(
    status: int, task_id: str | None, code: ErrorCodeInfo | None, expected: Fate
) -> None:
    assert fates.fate(Reach.ANSWERED, status, has_task=task_id is not None, code=code) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, ErrorClass.AUTH),
        (402, ErrorClass.QUOTA),
        (403, ErrorClass.AUTH),
        (429, ErrorClass.QUOTA),
        (408, ErrorClass.TRANSIENT),
        (500, ErrorClass.TRANSIENT),
        (0, ErrorClass.TRANSIENT),
        (302, ErrorClass.PROVIDER),
        (404, ErrorClass.PROVIDER),
        (400, ErrorClass.INPUT),
        (422, ErrorClass.INPUT),
    ],
)
def test_an_unknown_code_is_classed_by_status(status: int, expected: ErrorClass) -> None:
    assert fates.error_class(status, None) is expected


def test_a_documented_code_is_classed_by_its_table() -> None:
    assert fates.error_class(500, REFUSED) is ErrorClass.INPUT


NO_ERROR = ApiError(code="unreadable", message="HTTP 200", info=None)


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"<html>", "text/html; charset=utf-8", "a page that is not the API's (text/html)"),
        (b"<html>", "", "a page that is not the API's"),
        (b"<html>", "x\x1b[31m/y", "a page that is not the API's"),
        (b" ", "application/json", "an empty answer"),
        ({}, "application/json", "out a readable message"),
    ],
)
def test_an_answer_that_is_not_the_apis_is_named_so(
    body: Any, content_type: str, message: str
) -> None:
    reply = answered(200, body, content_type=content_type)
    assert fates.api_error(reply, None, None, {}, {}).message == (
        f"HTTP 200 with{'' if message.startswith('out') else ' '}{message}"
    )


def test_a_task_is_submitted_whatever_error_came_with_it() -> None:
    error = ApiError(code="BadRequest", message="no", info=REFUSED)
    found = fates.read_submission(
        answered(200, {}, x_request_id="r-1"), error, task_id="t1", trace_id=None, seed=7
    )
    assert (found.fate, found.task_id, found.seed) == (Fate.SUBMITTED, "t1", 7)
    assert (found.error, found.trace_id) == (None, "r-1")


def test_the_trace_id_of_the_body_goes_before_the_header() -> None:
    reply = answered(200, {}, x_request_id="r-1")
    found = fates.read_submission(reply, NO_ERROR, task_id=None, trace_id="r-2")
    assert found.trace_id == "r-2"


def test_an_answer_without_a_task_may_have_been_billed() -> None:
    found = fates.read_submission(answered(200, {}), NO_ERROR, task_id=None, trace_id=None)
    assert found.fate is Fate.AMBIGUOUS
    assert found.error is not None
    assert found.error.billed is Billed.UNKNOWN


@pytest.mark.parametrize("found", [(), (None, ""), ("t1",), ("t2", "t1")])
def test_an_answer_with_the_task_or_without_an_id_is_kept(found: tuple[str | None, ...]) -> None:
    assert fates.other_task("t1", *found) is None


def test_an_answer_about_another_task_is_unknown() -> None:
    status = fates.other_task("t1", "t2", "t3")
    assert status is not None
    assert (status.task_id, status.state) == ("t1", TaskState.UNKNOWN)
    assert status.detail == "the answer is about another task, t2"


def _marked(*urls: str) -> list[Creation]:
    return [Creation(watermarked_url=url) for url in urls]


def test_all_clean_urls_are_no_shortfall() -> None:
    found = fates.results(["u1", "u2"], _marked("w1", "w2"))
    assert (found.urls, found.shortfall) == (("u1", "u2"), None)


def test_one_marked_result_of_two_is_a_shortfall() -> None:
    found = fates.results(["u1", None], _marked("w1", "w2"))
    assert found.urls == ("u1", "w2")
    assert found.shortfall is not None
    assert found.shortfall.message == "the provider offers 1 of 2 results only with its watermark"


def test_a_result_without_any_url_is_a_shortfall() -> None:
    found = fates.results(["u1", None])
    assert found.urls == ("u1",)
    assert found.shortfall is not None
    assert found.shortfall.code == INCOMPLETE


def test_no_url_at_all_is_nothing_to_take() -> None:
    assert fates.results([None]) == fates.Results()
