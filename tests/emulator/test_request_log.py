from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from runner.emulator.requests import context_of

SUBMIT = "/ent/v2/reference2image"
SAMPLE = {"model": "viduq2", "prompt": "猫"}


def submissions(url: str, ask: Any) -> Any:
    return ask("GET", url + "/_emulator/requests", key=None).json["submissions"]


def test_submissions_are_logged_with_their_outcome(start: Any, ask: Any) -> None:
    url = start(concurrency=1, over_limit="refuse")
    task_id = ask("POST", url + SUBMIT, SAMPLE).json["task_id"]
    ask("POST", url + SUBMIT, SAMPLE)
    ask("POST", url + SUBMIT, {})
    ask("POST", url + SUBMIT, SAMPLE, key=None)
    rows = submissions(url, ask)
    assert [(row["outcome"], row["status"]) for row in rows] == [
        ("accepted", 200),
        ("QuotaExceeded", 429),
        ("FieldLacking", 400),
        ("Unauthorized", 401),
    ]
    assert rows[0]["task_id"] == task_id
    assert rows[0]["digest"] == rows[1]["digest"]
    assert re.fullmatch("[0-9a-f]{64}", rows[0]["digest"])


def test_requests_are_counted_by_kind(url: str, ask: Any) -> None:
    for _ in range(2):
        ask("POST", url + SUBMIT, SAMPLE)
    ask("GET", url + "/nothing")
    counts = ask("GET", url + "/_emulator/requests", key=None).json["requests"]
    assert counts["POST /ent/v2/reference2image"] == 2
    assert counts["GET *"] == 1


def test_middlewares_see_the_task_and_their_answer_is_logged(start: Any, ask: Any) -> None:
    @web.middleware
    async def lose_the_answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        return web.Response(status=504) if context_of(request).submission.task_id else response

    url = start(middlewares=(lose_the_answer,))
    assert ask("POST", url + SUBMIT, SAMPLE).status == 504
    [row] = submissions(url, ask)
    assert (row["outcome"], row["status"]) == ("accepted", 504)


def test_a_cut_connection_is_logged_too(start: Any, ask: Any) -> None:
    @web.middleware
    async def cut(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method == "POST" and request.transport:
            request.transport.abort()
            raise ConnectionResetError
        return await handler(request)

    url = start(middlewares=(cut,))
    with pytest.raises(ConnectionError):
        ask("POST", url + SUBMIT, SAMPLE)
    [row] = submissions(url, ask)
    assert row["task_id"] is None
