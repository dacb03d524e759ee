"""Vidu's lists, balances and cancellations."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import Secret
from runner.model import Account, Reach, Reply, TaskState
from runner.providers import vidu_tasks
from runner.providers.base import Balance, TaskStates
from runner.providers.registry import LISTERS, PROVIDERS

ACCOUNT = Account(
    provider="vidu",
    base_url="https://api.vidu.cn",
    auth="token",
    key=Secret("vda_1"),
    key_env="VIDU_API_KEY",
)


def answered(status: int, body: Any, **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(reach=Reach.ANSWERED, status=status, headers=headers, body=raw)


def test_a_lister_is_a_provider_with_a_list() -> None:
    assert LISTERS.keys() <= PROVIDERS.keys()


def test_the_question_after_tasks_names_each_and_spells_the_pager_both_ways() -> None:
    asked = vidu_tasks.list_tasks(ACCOUNT, task_ids=["a", "b&c"])
    parts = urlsplit(asked.url)
    assert (asked.method, parts.path) == ("GET", "/ent/v2/tasks")
    assert parse_qs(parts.query) == {
        "task_ids": ["a", "b&c"],
        "pager.pagesz": ["100"],
        "paper.pagesz": ["100"],
    }


def test_the_question_after_a_time_is_in_utc_and_follows_the_token() -> None:
    noon = datetime(2026, 11, 20, 20, tzinfo=timezone(timedelta(hours=8)))
    asked = vidu_tasks.list_tasks(ACCOUNT, since=noon, until=noon + timedelta(hours=1), page="t/+=")
    assert parse_qs(urlsplit(asked.url).query) == {
        "created_at.from": ["2026-11-20T12:00:00.000Z"],
        "created_at.to": ["2026-11-20T13:00:00.000Z"],
        "pager.pagesz": ["100"],
        "paper.pagesz": ["100"],
        "pager.page_token": ["t/+="],
        "paper.page_token": ["t/+="],
    }


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


def test_a_page_tells_of_its_tasks_its_next_page_and_the_providers_clock() -> None:
    body = {"tasks": [ROW], "next_page_token": "n1"}
    page = vidu_tasks.read_list(answered(200, body, date="Tue, 20 Jan 2026 07:10:00 GMT"))
    (task,) = page.tasks
    assert (task.status.task_id, task.status.state) == ("t1", TaskState.SUCCEEDED)
    assert (task.status.urls, task.status.credits, task.status.tag) == (
        ("https://f/1.png",),
        6,
        "tag",
    )
    assert (task.model, task.prompt) == ("viduq2", "猫")
    assert task.created_at == datetime(2026, 1, 20, 7, 8, 12, 262592, UTC)
    assert (page.next_page, page.unread, page.trouble) == ("n1", 0, "")
    assert page.at == datetime(2026, 1, 20, 7, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"id": "t1", "creations": ROW["creations"]}, TaskState.SUCCEEDED),
        ({"id": "t1", "creations": []}, TaskState.UNKNOWN),
        ({"id": 1}, TaskState.UNKNOWN),
        ({"id": "t1", "state": "failed"}, TaskState.FAILED),
    ],
)
def test_a_row_with_creations_is_done_and_one_without_state_says_nothing(
    row: Any, state: TaskState
) -> None:
    (task,) = vidu_tasks.read_list(answered(200, {"tasks": [row]})).tasks
    assert task.status.state is state


@pytest.mark.parametrize(
    ("body", "tasks", "unread"),
    [
        ({"tasks": []}, 0, 0),
        ({"next_page_token": ""}, 0, 0),
        ({"tasks": None, "next_page_token": ""}, 0, 0),
        ({"items": [ROW]}, 1, 0),
        ({"tasks": [ROW], "others": []}, 1, 0),
        ({"tasks": [ROW, {}, None, {"id": ""}]}, 1, 3),
    ],
)
def test_rows_that_cannot_be_read_are_counted(body: Any, tasks: int, unread: int) -> None:
    page = vidu_tasks.read_list(answered(200, body))
    assert (len(page.tasks), page.unread, page.trouble) == (tasks, unread, "")
    assert page.next_page is None


@pytest.mark.parametrize(
    ("status", "body", "missing", "fatal"),
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
def test_what_is_no_page_is_no_empty_page(
    status: int, body: Any, missing: bool, fatal: bool
) -> None:
    page = vidu_tasks.read_list(answered(status, body))
    assert page.trouble
    assert (page.missing, page.fatal) == (missing, fatal)


@pytest.mark.parametrize(
    ("rows", "said", "next_page", "endless"),
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
def test_a_page_is_the_last_one_only_where_that_is_told(
    rows: int, said: Any, next_page: str | None, endless: bool
) -> None:
    tasks = [ROW | {"id": f"t{n}"} for n in range(rows)]
    page = vidu_tasks.read_list(answered(200, {"tasks": tasks, **said}))
    assert (page.next_page, page.endless) == (next_page, endless)


def test_no_answer_is_no_page() -> None:
    assert vidu_tasks.read_list(Reply(reach=Reach.SENT, trouble="cut")).trouble


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
def test_a_time_of_creation_is_read_where_it_is_plain(
    value: Any, expected: datetime | None
) -> None:
    row = {"id": "t1", "created_at": value}
    assert vidu_tasks.read_list(answered(200, {"tasks": [row]})).tasks[0].created_at == expected


def test_a_task_is_cancelled_by_a_post_to_it() -> None:
    sent = vidu_tasks.cancel(ACCOUNT, "t/1")
    assert (sent.method, sent.url) == ("POST", "https://api.vidu.cn/ent/v2/tasks/t%2F1/cancel")


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, {}, ""),
        (204, b"", ""),
        (400, {"reason": "BadRequest", "message": "scheduled"}, "past cancelling: scheduled"),
        (404, {"reason": "TaskNotFound", "message": "m"}, "TaskNotFound: m"),
        (500, b"", "http_500"),
    ],
)
def test_why_a_task_was_not_cancelled_is_told(status: int, body: Any, why: str) -> None:
    found = vidu_tasks.read_cancel(answered(status, body))
    assert why in found.trouble
    assert bool(why) == bool(found.trouble)
    assert not found.throttled


def test_too_many_wishes_to_cancel_are_told_as_such() -> None:
    body = {"reason": "TooManyRequests", "message": "m"}
    assert vidu_tasks.read_cancel(answered(429, body)).throttled


@pytest.mark.parametrize(
    ("reply", "passing"),
    [
        (answered(429, {"reason": "SystemThrottling", "message": "m"}), True),
        (answered(500, {"reason": "InternalServiceFailure", "message": "m"}), True),
        (answered(408, b""), True),
        (Reply(reach=Reach.NOT_SENT, trouble="refused"), True),
        (Reply(reach=Reach.SENT, trouble="cut"), True),
        (Reply(reach=Reach.UNTRUSTED, trouble="certificate"), False),
        (answered(400, {"reason": "BadRequest", "message": "m"}), False),
        (answered(401, b""), False),
        (answered(404, {"reason": "TaskNotFound", "message": "m"}), False),
    ],
)
def test_a_wish_to_cancel_is_worth_repeating_where_nothing_was_decided(
    reply: Reply, *, passing: bool
) -> None:
    assert vidu_tasks.read_cancel(reply).passing is passing


def test_how_long_to_wait_before_cancelling_again_is_told() -> None:
    reply = answered(429, b"", **{"retry-after": "7"})
    assert vidu_tasks.read_cancel(reply).retry_after_s == 7


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {
                "remains": [
                    {
                        "type": "general",
                        "credit_remain": 90,
                        "concurrency_limit": 5,
                        "current_concurrency": 2,
                        "queue_count": 1,
                    },
                    {"type": "image", "credit_remain": "10"},
                ],
                "packages": [],
            },
            Balance(credits=100, concurrency_limit=5, in_flight=2, queued=1),
        ),
        ({"general_remains": 7, "exclusive_remains": 3}, Balance(credits=10)),
        ({"general_remains": {"credit_remain": 7.0}}, Balance(credits=7)),
        ({"remains": [{"credit_remain": None}]}, Balance()),
        ({"remains": []}, None),
        ({"remains": "many"}, None),
        ({}, None),
        (b"<html>", None),
    ],
)
def test_a_balance_is_the_sum_of_its_kinds(body: Any, expected: Balance | None) -> None:
    assert vidu_tasks.read_balance(answered(200, body)) == expected


def test_a_refused_question_tells_no_balance() -> None:
    assert vidu_tasks.read_balance(answered(401, {"remains": 5})) is None
    assert vidu_tasks.balance(ACCOUNT).url == "https://api.vidu.cn/ent/v2/credits"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["tasks", "remains", "next_page_token", "pager"]), JSON))
def test_no_answer_raises(body: dict[str, Any]) -> None:
    reply = answered(200, body)
    vidu_tasks.read_list(reply)
    vidu_tasks.read_balance(reply)
    vidu_tasks.read_cancel(reply)


@given(st.lists(st.dictionaries(st.sampled_from([*ROW]), JSON, max_size=5), max_size=5))
def test_no_row_raises(rows: list[dict[str, Any]]) -> None:
    reply = answered(200, {"tasks": rows})
    page, states = vidu_tasks.read_list(reply), vidu_tasks.read_states(reply)
    assert len(page.tasks) + page.unread == len(rows)
    assert len(states.under_way) + len(states.over) <= len(rows)


def states(*rows: dict[str, Any], **more: Any) -> TaskStates:
    return vidu_tasks.read_states(answered(200, {"tasks": list(rows), **more}))


def test_tasks_that_have_not_ended_are_told_by_their_ids_alone() -> None:
    page = states({"id": "1", "state": "processing"}, {"id": "2", "state": "Queueing"}, {"id": "3"})
    assert page.under_way == {"1", "2", "3"}
    assert not page.over


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"state": "success", "creations": [{"url": "https://a/b.png"}]}, TaskState.SUCCEEDED),
        ({"creations": [{"url": "https://a/b.png"}]}, TaskState.SUCCEEDED),
        ({"status": "success"}, TaskState.UNKNOWN),
        ({"state": "failed", "err_code": "x"}, TaskState.FAILED),
    ],
)
def test_tasks_that_have_ended_or_say_so_are_told_with_what_came_of_them(
    row: dict[str, Any], state: TaskState
) -> None:
    page = states({"id": "1", **row})
    assert page.over["1"].state is state
    assert not page.under_way


def test_the_next_page_is_told_with_the_states() -> None:
    assert states(next_page_token="t").next_page == "t"  # noqa: S106 - a page, no secret


@pytest.mark.parametrize(("code", "hopeless"), [(404, True), (401, True), (500, False)])
def test_why_there_are_no_states_is_told(code: int, hopeless: bool) -> None:
    page = vidu_tasks.read_states(answered(code, {}))
    assert page.trouble
    assert page.hopeless is hopeless
