"""Vidu's lists and cancellations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import Secret
from runner.model.requests import Account, Reach, Reply, TaskState
from runner.providers import vidu_tasks
from runner.providers.base import ListFailure, TaskPage, TaskStates
from tests.builders import ANY_JSON, answered

ACCOUNT = Account(
    provider="vidu",
    base_url="https://api.vidu.cn",
    auth="token",
    key=Secret("vda_1"),
    key_env="VIDU_API_KEY",
)


def test_a_request_names_each_task_and_spells_pager_both_ways() -> None:
    asked = vidu_tasks.list_tasks(ACCOUNT, task_ids=["a", "b&c"])
    parts = urlsplit(asked.url)
    assert (asked.method, parts.path) == ("GET", "/ent/v2/tasks")
    assert parse_qs(parts.query) == {
        "task_ids": ["a", "b&c"],
        "pager.pagesz": ["100"],
        "paper.pagesz": ["100"],
    }


def test_a_request_since_a_time_is_in_utc_with_a_token() -> None:
    noon = datetime(2026, 11, 20, 20, tzinfo=timezone(timedelta(hours=8)))
    asked = vidu_tasks.list_tasks(ACCOUNT, since=noon, page="t/+=")
    assert parse_qs(urlsplit(asked.url).query) == {
        "created_at.from": ["2026-11-20T12:00:00.000Z"],
        "pager.pagesz": ["100"],
        "paper.pagesz": ["100"],
        "pager.page_token": ["t/+="],
        "paper.page_token": ["t/+="],
    }


def page_of(body: Any, **headers: str) -> TaskPage:
    page = vidu_tasks.read_list(answered(200, body, **headers))
    assert isinstance(page, TaskPage)
    return page


def failure_of(reply: Reply) -> ListFailure:
    page = vidu_tasks.read_list(reply)
    assert isinstance(page, ListFailure)
    return page


ROW = {
    "id": "t1",
    "state": "success",
    "model": "viduq2",
    "prompt": "猫",
    "credits": 6,
    "payload": "tag",
    "created_at": "2026-01-20T07:08:12.262592985Z",
    "creations": [{"id": "c", "url": "https://f/1.png"}],
}


def test_a_page_has_tasks_a_next_page_and_the_providers_clock() -> None:
    body = {"tasks": [ROW], "next_page_token": "n1"}
    page = page_of(body, date="Tue, 20 Jan 2026 07:10:00 GMT")
    (task,) = page.tasks
    assert (task.status.task_id, task.status.state) == ("t1", TaskState.SUCCEEDED)
    assert (task.status.urls, task.status.credits, task.status.tag) == (
        ("https://f/1.png",),
        6,
        "tag",
    )
    assert (task.model, task.prompt) == ("viduq2", "猫")
    assert task.created_at == datetime(2026, 1, 20, 7, 8, 12, 262592, UTC)
    assert (page.next_page, page.unreadable) == ("n1", 0)
    assert page.answered_at == datetime(2026, 1, 20, 7, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"id": "t1", "creations": ROW["creations"]}, TaskState.SUCCEEDED),
        ({"id": "t1", "creations": []}, TaskState.UNKNOWN),
        ({"id": 1}, TaskState.UNKNOWN),
        ({"id": "t1", "state": "failed"}, TaskState.FAILED),
    ],
)
def test_a_row_without_a_state_is_done_if_it_has_creations(row: Any, state: TaskState) -> None:
    (task,) = page_of({"tasks": [row]}).tasks
    assert task.status.state is state


@pytest.mark.parametrize(
    ("body", "tasks", "unreadable"),
    [
        ({"tasks": []}, 0, 0),
        ({"next_page_token": ""}, 0, 0),
        ({"tasks": None, "next_page_token": ""}, 0, 0),
        ({"items": [ROW]}, 1, 0),
        ({"tasks": [ROW], "others": []}, 1, 0),
        ({"tasks": [ROW, {}, None, {"id": ""}]}, 1, 3),
    ],
)
def test_rows_that_cannot_be_read_are_counted(body: Any, tasks: int, unreadable: int) -> None:
    page = page_of(body)
    assert (len(page.tasks), page.unreadable) == (tasks, unreadable)
    assert page.next_page is None


@pytest.mark.parametrize(
    ("status", "body", "missing", "key_refused"),
    [
        (404, b"", True, False),
        (405, b"", True, False),
        (401, b"", False, True),
        (400, {"reason": "Unauthorized"}, False, True),
        (500, b"", False, False),
        (200, {}, False, False),
        (200, {"a": [], "b": []}, False, False),
        (200, b"<html>", False, False),
        (200, {"reason": "BadRequest", "message": "no"}, False, False),
        (200, {"code": 13, "message": "no", "details": []}, False, False),
        (200, {"reason": "InternalServiceFailure", "tasks": []}, False, False),
        (200, {"error": "no", "next_page_token": ""}, False, False),
    ],
)
def test_an_error_is_not_an_empty_page(
    status: int, body: Any, missing: bool, key_refused: bool
) -> None:
    failure = failure_of(answered(status, body))
    assert failure.error
    assert (failure.missing, failure.key_refused) == (missing, key_refused)
    assert failure.permanent == (missing or key_refused)


@pytest.mark.parametrize(
    ("rows", "fields", "next_page", "may_continue"),
    [
        (1, {"next_page_token": 7}, "7", False),
        (1, {"pager": {"next_page_token": "n1"}}, "n1", False),
        (1, {"next_page_token": {"token": "n1"}}, None, True),
        (1, {"next_page_token": "n" * 4097}, None, True),
        (1, {}, None, False),
        (10, {}, None, True),
        (100, {}, None, True),
        (10, {"next_page_token": ""}, None, False),
        (10, {"next_page_token": 0}, None, False),
        (10, {"pager": {"next_page_token": ""}}, None, False),
    ],
)
def test_a_page_is_the_last_only_if_the_answer_shows_it(
    rows: int, fields: Any, next_page: str | None, may_continue: bool
) -> None:
    tasks = [ROW | {"id": f"t{n}"} for n in range(rows)]
    page = page_of({"tasks": tasks, **fields})
    assert (page.next_page, page.may_continue) == (next_page, may_continue)


def test_no_answer_is_a_failure() -> None:
    assert failure_of(Reply(reach=Reach.SENT, error="cut")).error == "no_answer: cut"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1768892892, datetime(2026, 1, 20, 7, 8, 12, tzinfo=UTC)),
        ("2026-01-20T15:08:12+08:00", datetime(2026, 1, 20, 7, 8, 12, tzinfo=UTC)),
        ("2026-01-20T07:08:12", None),
        ("soon", None),
        (2**62, None),
        (None, None),
        ([], None),
    ],
)
def test_a_creation_time_needs_a_zone(value: Any, expected: datetime | None) -> None:
    row = {"id": "t1", "created_at": value}
    assert page_of({"tasks": [row]}).tasks[0].created_at == expected


def test_a_task_is_cancelled_by_a_post_to_it() -> None:
    sent = vidu_tasks.cancel(ACCOUNT, "t/1")
    assert (sent.method, sent.url) == ("POST", "https://api.vidu.cn/ent/v2/tasks/t%2F1/cancel")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {}, ""),
        (204, b"", ""),
        (
            400,
            {"reason": "BadRequest", "message": "scheduled"},
            "no longer be cancelled: scheduled",
        ),
        (404, {"reason": "TaskNotFound", "message": "m"}, "TaskNotFound: m"),
        (500, b"", "http_500"),
    ],
)
def test_a_refused_cancellation_has_its_reason(status: int, body: Any, error: str) -> None:
    found = vidu_tasks.read_cancel(answered(status, body))
    assert error in found.error
    assert bool(error) == bool(found.error)
    assert not found.throttled


def test_a_cancellation_can_be_throttled() -> None:
    body = {"reason": "TooManyRequests", "message": "m"}
    assert vidu_tasks.read_cancel(answered(429, body)).throttled


@pytest.mark.parametrize(
    ("reply", "retriable"),
    [
        (answered(429, {"reason": "SystemThrottling", "message": "m"}), True),
        (answered(500, {"reason": "InternalServiceFailure", "message": "m"}), True),
        (answered(408, b""), True),
        (Reply(reach=Reach.NOT_SENT, error="refused"), True),
        (Reply(reach=Reach.SENT, error="cut"), True),
        (Reply(reach=Reach.UNTRUSTED, error="certificate"), False),
        (answered(400, {"reason": "BadRequest", "message": "m"}), False),
        (answered(401, b""), False),
        (answered(404, {"reason": "TaskNotFound", "message": "m"}), False),
    ],
)
def test_a_cancellation_is_retriable_if_nothing_was_decided(
    reply: Reply, *, retriable: bool
) -> None:
    assert vidu_tasks.read_cancel(reply).retriable is retriable


def test_a_cancellation_has_the_time_to_wait() -> None:
    reply = answered(429, b"", retry_after="7")
    assert vidu_tasks.read_cancel(reply).retry_after_s == 7


@given(st.dictionaries(st.sampled_from(["tasks", "next_page_token", "pager"]), ANY_JSON))
def test_no_answer_raises(body: dict[str, Any]) -> None:
    reply = answered(200, body)
    vidu_tasks.read_list(reply)
    vidu_tasks.read_cancel(reply)


@given(st.lists(st.dictionaries(st.sampled_from([*ROW]), ANY_JSON, max_size=5), max_size=5))
def test_no_row_raises(rows: list[dict[str, Any]]) -> None:
    reply = answered(200, {"tasks": rows})
    page, found = vidu_tasks.read_list(reply), vidu_tasks.read_states(reply)
    assert isinstance(page, TaskPage)
    assert isinstance(found, TaskStates)
    assert len(page.tasks) + page.unreadable == len(rows)
    assert len(found.active) + len(found.ended) <= len(rows)


def states(*rows: dict[str, Any], **more: Any) -> TaskStates:
    found = vidu_tasks.read_states(answered(200, {"tasks": list(rows), **more}))
    assert isinstance(found, TaskStates)
    return found


def test_active_tasks_are_listed_by_id() -> None:
    page = states({"id": "1", "state": "processing"}, {"id": "2", "state": "Queueing"}, {"id": "3"})
    assert page.active == {"1", "2", "3"}
    assert not page.ended


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"state": "success", "creations": [{"url": "https://a/b.png"}]}, TaskState.SUCCEEDED),
        ({"creations": [{"url": "https://a/b.png"}]}, TaskState.SUCCEEDED),
        ({"status": "success"}, TaskState.UNKNOWN),
        ({"state": "failed", "err_code": "x"}, TaskState.FAILED),
    ],
)
def test_ended_tasks_come_with_their_status(row: dict[str, Any], state: TaskState) -> None:
    page = states({"id": "1", **row})
    assert page.ended["1"].state is state
    assert not page.active


def test_states_have_a_next_page() -> None:
    assert states(next_page_token="t").next_page == "t"  # noqa: S106 - a page, no secret


@pytest.mark.parametrize(("status", "permanent"), [(404, True), (401, True), (500, False)])
def test_states_that_cannot_be_read_are_a_failure(status: int, permanent: bool) -> None:
    failure = vidu_tasks.read_states(answered(status, {}))
    assert isinstance(failure, ListFailure)
    assert failure.permanent is permanent


@pytest.mark.parametrize("name", ["remains", "remaining_credits"])
def test_the_balance_shows_the_places_of_all_credits(name: str) -> None:
    rows = [{"type": "metered", "concurrency_limit": 5}, {"concurrency_limit": "20"}, {}, 7]
    assert vidu_tasks.read_load(answered(200, {name: rows})).places == 25
    assert vidu_tasks.load(ACCOUNT).url.endswith("/ent/v2/credits?show_detail=false")


def test_the_balance_shows_credits_and_what_is_in_use() -> None:
    rows = [
        {"type": "test", "credit_remain": "7", "current_concurrency": 1, "queue_count": 0},
        {"type": "metered", "credit_remain": 90, "current_concurrency": 2, "queue_count": 3},
    ]
    load = vidu_tasks.read_load(answered(200, {"remains": rows}))
    assert (load.credits, load.in_use, load.waiting) == (97, 3, 3)


def test_an_account_that_pays_by_the_place_has_no_credits_to_count() -> None:
    rows = [{"type": "concurrent", "credit_remain": 0, "concurrency_limit": 20}]
    load = vidu_tasks.read_load(answered(200, {"remains": rows}))
    assert (load.places, load.credits) == (20, None)
    assert vidu_tasks.read_load(answered(200, {"remains": [{}]})).credits is None


@pytest.mark.parametrize(
    "reply",
    [
        answered(404, {"reason": "NotFound"}),
        answered(200, {"remains": [{"concurrency_limit": 0}]}),
        answered(200, {"remains": 5}),
        answered(200, []),
    ],
)
def test_a_balance_without_places_shows_none(reply: Reply) -> None:
    assert vidu_tasks.read_load(reply).places is None


def test_a_documented_row_has_neither_payload_nor_code() -> None:
    row = {
        "id": "1",
        "key_id": "77",
        "type": "reference2image",
        "template": "",
        "model": "viduq2",
        "prompt": "",
        "images": [],
        "duration": 0,
        "resolution": "2K",
        "aspect_ratio": "16:9",
        "state": "failed",
        "credits": 0,
        "created_at": "2026-11-20T12:00:00.123456789Z",
        "creations": [],
    }
    (found,) = page_of({"tasks": [row], "next_page_token": ""}).tasks
    assert (found.prompt, found.key_id, found.status.tag) == (None, "77", None)
    assert found.details == {"resolution": "2K", "aspect_ratio": "16:9"}
    assert found.status.state is TaskState.FAILED


def test_tasks_that_wait_are_among_the_active_ones() -> None:
    rows = [{"id": str(n), "state": s} for n, s in enumerate(["created", "queueing", "processing"])]
    states = vidu_tasks.read_states(answered(200, {"tasks": rows}))
    assert isinstance(states, TaskStates)
    assert (set(states.active), set(states.waiting)) == ({"0", "1", "2"}, {"0", "1"})
